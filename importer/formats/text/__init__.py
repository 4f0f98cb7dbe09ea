"""Delimited text: CSV, TSV and their kin, in any encoding, packed or not."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

_READER = "importer.formats.text.delimited:iter_delimited_chunks"
_TABLE = (
    "comma, semicolon, tab or pipe between cells; title and comment lines above the header and a units row below "
    "it are skipped; UTF-8, UTF-16 and UTF-32 with or without a mark; other encodings are guessed, with a warning"
)

FORMATS = (
    InputFormat("csv", (".csv", ".txt"), _READER, _TABLE, is_packable=True),
    InputFormat(
        "tsv", (".tsv", ".tab"), _READER, "as `csv`, with tabs between cells if there are any", is_packable=True
    ),
)
