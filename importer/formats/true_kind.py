"""What a file truly is, where its suffix says otherwise, and what its owner can do about it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from importer.errors import InputError

if TYPE_CHECKING:
    from importer.chunks import Source

_HEAD = 8192
_SAVE = "Open it in a spreadsheet program and save it as XLSX or CSV"
_COPY = "Copy its table into a spreadsheet and save that as XLSX or CSV"
_PACKAGES = {
    "word/": ("a Word document", _COPY),
    "ppt/": ("a PowerPoint presentation", _COPY),
    "xl/workbook.bin": ("an XLSB workbook", "Rename it to .xlsb, or give --input-format xlsb"),
    "xl/": ("an XLSX workbook", "Rename it to .xlsx, or give --input-format xlsx"),
    "content.xml": ("an OpenDocument file", "If it is a spreadsheet, rename it to .ods, or give --input-format ods"),
    "Index/": ("a file of Apple Numbers or Pages", "Export it as XLSX or CSV"),
}
"""Beginning of a part's name in a zip package -> what the package is, and what to do."""
_MARKS = {
    b"%PDF": ("a PDF", "Export the table from the program that it was made with, or copy it into a spreadsheet"),
    b"{\\rtf": ("a rich text document", _COPY),
    b"\xd0\xcf\x11\xe0": ("a Word document or another file of an old Office program", _COPY),
}
_MARKUP = (
    b"<?xml",
    b"<workbook",
    b"<!doctype html",
    b"<html",
    b"<table",
    b"<meta",
    b"<head",
    b"<body",
    b"<div",
    b"<style",
)


def explain_true_kind(source: Source) -> InputError:
    """Return what is to be said of a file that isn't what its suffix, or ``--input-format``, says."""
    found = _find_kind(source)
    wanted = f"{source.name} isn't {_name_format(source.format)}, despite its name"
    if found is None:
        return InputError(f"{wanted}. Export it again as XLSX or CSV.")
    kind, remedy = found
    return InputError(f"{wanted}: it is {kind}. {remedy}.")


def _name_format(name: str) -> str:
    return {"csv": "plain text", "tsv": "plain text", "xls": "an old Excel workbook"}.get(
        name, f"an {name.upper()} workbook"
    )


def _find_kind(source: Source) -> tuple[str, str] | None:
    """Return what a file is and what to do, None where that can't be told."""
    try:
        with source.path.open("rb") as stream:
            head = stream.read(_HEAD)
        if head.startswith(b"PK\x03\x04"):
            return _find_package(source)
    except (OSError, zipfile.BadZipFile):
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000].lower()
    found = next((found for mark, found in _MARKS.items() if head.startswith(mark)), None)
    if found is None and start.startswith(_MARKUP):
        is_page = not start.startswith((b"<?xml", b"<workbook")) or b"<html" in start
        kind = "a web page (HTML)" if is_page else "an XML file"
        found = (kind + " of Excel 2003" if b"office:spreadsheet" in start else kind, _SAVE)
    if found is None and head and (b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))):
        found = ("plain text", "Rename it to .csv, or give --input-format csv")
    return found


def _find_package(source: Source) -> tuple[str, str] | None:
    with zipfile.ZipFile(source.path) as package:
        names = package.namelist()[:1000]
    for part, found in _PACKAGES.items():
        if any(name.startswith(part) for name in names):
            return found
    return "a zip file", "Unpack it, and name the file in it"
