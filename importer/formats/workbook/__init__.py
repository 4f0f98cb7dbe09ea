"""Workbooks: XLSX, XLS, XLSB and ODS, each cell as its sheet shows it."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

_ROOM = "importer.formats.workbook"
_SHEETS = (
    "all sheets with known headers, or the one given with `--sheet`; merged cells count for all their rows; hidden "
    "rows and sheets are read, with a note; numbers are read as the sheet shows them (1 with the format `000` is "
    "`001`)"
)

FORMATS = (
    InputFormat("xlsx", (".xlsx", ".xlsm"), f"{_ROOM}.xlsx.book:iter_xlsx_chunks", _SHEETS),
    InputFormat("ods", (".ods",), f"{_ROOM}.ods.book:iter_ods_chunks", _SHEETS),
    InputFormat("xls", (".xls",), f"{_ROOM}.binary.xls:iter_xls_chunks", _SHEETS),
    InputFormat("xlsb", (".xlsb",), f"{_ROOM}.binary.xlsb:iter_xlsb_chunks", _SHEETS),
)
