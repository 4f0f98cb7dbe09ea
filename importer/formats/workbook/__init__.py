"""Workbooks: XLSX, XLS, XLSB and ODS, each cell as its sheet shows it."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

_ROOM = "importer.formats.workbook"
_SHEETS = (
    "all sheets with known headers, or the one given with `--sheet`; merged cells count for all their rows; hidden "
    "rows, columns and sheets are read, with a note; numbers are read as the sheet shows them (1 with the format "
    "`000` is `001`)"
)

FORMATS = tuple(
    InputFormat(
        name,
        suffixes,
        f"{_ROOM}.{home}:iter_{name}_chunks",
        _SHEETS,
        sheets=f"{_ROOM}.{home}:list_{name}_sheets",
    )
    for name, suffixes, home in (
        ("xlsx", (".xlsx", ".xlsm"), "xlsx.book"),
        ("ods", (".ods",), "ods.book"),
        ("xls", (".xls",), "binary.xls"),
        ("xlsb", (".xlsb",), "binary.xlsb"),
    )
)
