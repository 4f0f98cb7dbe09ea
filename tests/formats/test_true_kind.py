"""Files whose suffix lies: what they are is said, and what to do."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from importer import validate
from importer.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xls", b"sample_id,layer_id,formula\n1,1,Fe\n", "plain text. Rename it to .csv"),
        ("a.xlsx", b"sample_id,layer_id,formula\n1,1,Fe\n", "plain text. Rename it to .csv"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", r"a web page \(HTML\). Open it in a spreadsheet"),
        (
            "a.xls",
            b'<?xml?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "Excel 2003",
        ),
        ("a.xlsx", b"%PDF-1.7 ...", "a PDF"),
        ("a.csv", b"%PDF-1.7 ...", "a PDF"),
        ("a.ods", b"{\\rtf1 x}", "a rich text document"),
    ],
)
def test_a_suffix_that_lies_is_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Text, web pages, XML and PDF under a workbook's name are called what they are."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        validate(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "part", "said"),
    [
        ("a.xlsx", "word/document.xml", "a Word document. Copy its table"),
        ("a.csv", "word/document.xml", "a Word document. Copy its table"),
        ("a.csv", "xl/workbook.xml", "an XLSX workbook. Rename it to .xlsx"),
        ("a.xlsx", "b.csv", "a zip file. Unpack it"),
    ],
)
def test_packages_are_told_apart(tmp_path: Path, name: str, part: str, said: str) -> None:
    """A zip package is told by its parts."""
    with zipfile.ZipFile(tmp_path / name, "w") as package:
        package.writestr(part, "<a/>")
    with pytest.raises(InputError, match=said):
        validate(tmp_path / name)
