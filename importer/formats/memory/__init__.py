"""Tables in memory: DataFrames and lists of dicts that a program hands over."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

FORMATS = (
    InputFormat(
        "table",
        (),
        "importer.formats.memory.tables:iter_table_chunks",
        "DataFrames and lists of dicts that a program hands to the library: texts as they are, numbers shortest (`1` "
        "for 1.0), None and NaN as empty cells, truth values and dates as the issues that they are in a workbook",
    ),
)
