"""Parquet and Feather: typed columns as the texts that mean the same."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

_READER = "importer.formats.arrow.read:iter_arrow_chunks"
_TYPED = "typed columns as the texts that mean the same"

FORMATS = (
    InputFormat("parquet", (".parquet",), _READER, _TYPED, extra="parquet"),
    InputFormat("feather", (".feather", ".arrow"), _READER, _TYPED, extra="parquet"),
)
