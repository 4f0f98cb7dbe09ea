"""What a cell of an OpenDocument spreadsheet shows, and what is odd about it.

Source: OpenDocument 1.3 part 3, 6.1 (text), 19.385 (office:value-type).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from importer.formats.workbook.calamine_values import CELL_BOOLEAN, CELL_DATE, explain_error, show_number
from importer.issues import Problem

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_LITERAL = re.compile(r"[^0-9.,]*(?P<digits>[0-9]+)[^0-9.,]*")


def read_cell(cell: ET.Element) -> tuple[str | None, Problem | None]:
    """Return the text that a cell shows, None for an empty one, and what is odd about it."""
    shown = "\n".join(_read_paragraph(part) for part in cell if part.tag == _TEXT + "p")
    kind = cell.get(_OFFICE + "value-type")
    if cell.get(_CALCEXT + "value-type") == "error" or (kind == "string" and shown.startswith("Err:")):
        return shown, explain_error(shown)
    if kind in {"float", "percentage", "currency"}:
        value = cell.get(_OFFICE + "value", "")
        if kind != "percentage":
            shown = _show_value(value, shown, is_number=kind == "float")
        return _show_per_cent(value, shown) if kind == "percentage" else shown, None
    if kind == "date":
        date = cell.get(_OFFICE + "date-value", shown)
        return _explain_date(date)
    if kind == "time":
        return shown, Problem(CELL_DATE, f"This cell contains a time ({shown}).")
    if kind == "boolean":
        said = f"This cell contains the truth value {shown} instead of a text."
        return shown, Problem(CELL_BOOLEAN, said)
    return shown or None, None


def _explain_date(date: str) -> tuple[str, Problem]:
    text = date.removesuffix("T00:00:00").replace("T", " ")
    match = re.fullmatch(r"-?\d+-(\d\d)-(\d\d)(?:T.*)?", date)
    meant = f"{int(match[1])}-{int(match[2])}" if match else None
    made = f", perhaps made from {meant} by a spreadsheet" if meant else ""
    said = f"This cell contains a date or time ({text}){made}."
    return text, Problem(CELL_DATE, said, meant)


def _show_per_cent(value: str, shown: str) -> str:
    """Return a number that shows as per cent with all of its digits: ``20%`` for 0.2."""
    try:
        return f"{Decimal(value).scaleb(2).normalize():f}%"
    except InvalidOperation:
        return shown


def _show_value(value: str, shown: str, *, is_number: bool) -> str:
    """Return the shown text of a number where it shows all of the number, else the number's shortest text."""
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return shown
    if is_number and _PLAIN.fullmatch(shown) and Decimal(shown) == exact:
        return shown
    literal = _LITERAL.fullmatch(shown)
    if is_number and literal is not None and Decimal(literal["digits"]) == abs(exact):
        return shown
    return show_number(float(exact))


def _read_paragraph(element: ET.Element) -> str:
    """Return a paragraph's characters; spaces, tabs and line breaks are elements of their own in OpenDocument."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == _TEXT + "s":
            parts.append(" " * min(int(child.get(_TEXT + "c", "1")), 1000))
        elif child.tag == _TEXT + "tab":
            parts.append("\t")
        elif child.tag == _TEXT + "line-break":
            parts.append("\n")
        elif child.tag != _OFFICE + "annotation":
            parts.append(_read_paragraph(child))
        parts.append(child.tail or "")
    return "".join(parts)
