"""Tables in memory: DataFrames and lists of dicts that a program hands over."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

FORMATS = (
    InputFormat(
        "table",
        (),
        "importer.formats.memory.tables:iter_table_chunks",
        "DataFrames and lists of dicts given to the library: texts as they are, numbers in their shortest form "
        "(`1` for 1.0), None and NaN as empty cells, truth values and dates as the same issues as in a workbook",
    ),
)
