"""Encodings and packings: every one of them gives the same text, and what can't be known is said."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from typing import TYPE_CHECKING

import pytest
import zstandard

from importer import ReadSettings, validate
from importer.errors import InputError, InputLimitError, UsageError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.text.encodings import guess_encoding

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk

TEXT = "layer_id,formula,d [Å],Größe\n1,SrTiO3,40 °C,für\n2,BaTiO3,5 µm,übrig\n"


def read_file(path: Path) -> list[RawChunk]:
    """Return the chunks of a file."""
    return list(iter_raw_chunks(find_sources([path])[0]))


def list_cells(chunks: list[RawChunk]) -> list[list[str]]:
    """Return header and cells."""
    rows: list[list[str]] = [row for chunk in chunks for row in chunk.frame.to_numpy(dtype=object).tolist()]
    return [list(chunks[0].header), *rows]


EXPECTED = [line.split(",") for line in TEXT.splitlines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings_are_known(tmp_path: Path, encoding: str) -> None:
    """Text in any Unicode encoding, with a mark or without, is read without a word."""
    (tmp_path / "a.csv").write_bytes(TEXT.encode(encoding))
    chunks = read_file(tmp_path / "a.csv")
    assert list_cells(chunks) == EXPECTED
    assert chunks[0].table_issues == ()


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp1252", "Windows-1252"), ("latin_1", "Windows-1252"), ("mac_roman", "Mac Roman")]
)
def test_single_byte_encodings_are_guessed_and_said(tmp_path: Path, encoding: str, name: str) -> None:
    """Text of older programs is read right, and the guess is named with a text to judge it by."""
    (tmp_path / "a.csv").write_bytes(TEXT.encode(encoding))
    chunks = read_file(tmp_path / "a.csv")
    assert list_cells(chunks) == EXPECTED
    (issue,) = chunks[0].table_issues
    assert issue.code == "encoding-guessed"
    assert name in issue.message
    assert "Å" in (issue.value or "")


def test_guess_holds_for_the_whole_file(tmp_path: Path) -> None:
    """A file whose first special character comes late is judged by it all the same."""
    text = "layer_id,formula\n" + "1,SrTiO3\n" * 300_000 + "2,für Å\n"
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
    assert list_cells(read_file(tmp_path / "a.csv"))[-1] == ["2", "für Å"]


def test_yaml_in_an_older_encoding(tmp_path: Path) -> None:
    """YAML is read in a guessed encoding too."""
    (tmp_path / "a.yaml").write_bytes("sample_name: Größe in Å\nlayers: [{formula: BaTiO3}]\n".encode("cp1252"))
    (chunk,) = read_file(tmp_path / "a.yaml")
    assert chunk.frame.iloc[0, 0] == "Größe in Å"
    assert [issue.code for issue in chunk.table_issues] == ["encoding-guessed"]


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst", "zip"])
def test_packed_text_is_unpacked(tmp_path: Path, suffix: str) -> None:
    """Each packing gives the text that was packed; a cut-off file is an error."""
    data = TEXT.encode()
    path = tmp_path / f"a.csv.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("growths.csv", data)
    else:
        packed = {"gz": gzip.compress(data), "bz2": bz2.compress(data), "xz": lzma.compress(data)}
        path.write_bytes(packed.get(suffix) or zstandard.compress(data))
    assert list_cells(read_file(path)) == EXPECTED
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(InputError):
        read_file(path)


def test_zip_tells_its_members_format(tmp_path: Path) -> None:
    """A zip is what its one member is; several members are an error."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("growths.tsv", TEXT.replace(",", "\t"))
    assert find_sources([path])[0].format == "tsv"
    assert list_cells(read_file(path)) == EXPECTED
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("more.tsv", "x")
    with pytest.raises(InputError, match="contains 2 files"):
        read_file(path)


def test_packed_bomb_is_refused(tmp_path: Path) -> None:
    """A small file that unpacks to hundreds of megabytes is refused on the way."""
    path = tmp_path / "a.csv.xz"
    path.write_bytes(lzma.compress(b"layer_id,formula\n" + b"1,BaTiO3\n" * 12_000_000, preset=0))
    with pytest.raises(InputLimitError, match="times its size"):
        read_file(path)


@pytest.mark.parametrize(
    "head", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7", b"PAR1", b"\x89PNG", b"\x01\x02\x03\xff"]
)
def test_binary_under_a_texts_name_is_told(tmp_path: Path, head: bytes) -> None:
    """A workbook, PDF or the like under a text's name is an error that says so."""
    (tmp_path / "a.csv").write_bytes(head + bytes(100))
    with pytest.raises(InputError, match="isn't plain text"):
        read_file(tmp_path / "a.csv")


def test_web_page_under_a_texts_name_is_told(tmp_path: Path) -> None:
    """The page that a portal sends instead of a file is told as that."""
    (tmp_path / "a.csv").write_bytes(b"\n<!DOCTYPE html><html><body>Log in, please</body></html>")
    with pytest.raises(InputError, match="web page"):
        read_file(tmp_path / "a.csv")


def test_damaged_utf16_is_an_error(tmp_path: Path) -> None:
    """A byte too few, after which all characters would be others, ends in a message."""
    data = TEXT.encode("utf-16")
    for damaged in (data[:-1], data[:40] + data[41:], data[:30] + b"\x00\xdc" + data[30:]):
        (tmp_path / "a.csv").write_bytes(damaged)
        with pytest.raises(InputError, match="damaged"):
            read_file(tmp_path / "a.csv")


def test_utf16_without_a_mark_among_other_letters(tmp_path: Path) -> None:
    """A letter whose code ends in a zero byte doesn't hide that the text is UTF-16."""
    text = "layer_id,formula\n1,ĀĀ\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        (tmp_path / "a.csv").write_bytes(text.encode(encoding))
        assert list_cells(read_file(tmp_path / "a.csv")) == [["layer_id", "formula"], ["1", "ĀĀ"]]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe für Å", "cp1252"),
        ("vzorek řád č. 3", "cp1250"),
        ("próbka łąka", "cp1250"),
        ("Плёнка-3", "cp1251"),
        ("ОБРАЗЕЦ 7", "cp1251"),
        ("試料番号 サンプル", "shift_jis"),
        ("薄膜一号 样品", "gb18030"),
        ("樣品編號", "big5"),
        ("시료번호", "euc_kr"),
    ],
)
def test_encodings_are_guessed_by_their_usual_characters(text: str, encoding: str) -> None:
    """Each encoding is told from the others by the characters that its texts are made of."""
    assert guess_encoding(text.encode(encoding) + b"\n") == encoding


def test_a_guess_stops_the_rows_that_it_touches(tmp_path: Path) -> None:
    """Special characters of a field that is sent stop their row until the encoding is given; others don't."""
    text = "sample_id,layer_id,formula,substrate,remark\n1,1,Fe,für Si,\n1,2,Pt,,für\n"
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("cp1252"))
    found = validate(path)
    assert found.valid == 1
    assert [issue.where.cell for issue in found.issues if issue.code == "encoding-unsure"] == ["D2"]
    assert validate(path, read=ReadSettings(encoding="cp1252")).valid == 2
    assert validate(path, read=ReadSettings(mapping={"encoding": "cp1252"})).valid == 2
    with pytest.raises(UsageError, match="isn't a known encoding"):
        validate(path, read=ReadSettings(encoding="martian"))


def test_a_given_encoding_that_is_wrong_is_told(tmp_path: Path) -> None:
    """Bytes that are no characters of the given encoding are errors of their rows."""
    path = tmp_path / "a.csv"
    path.write_bytes("sample_id,layer_id,formula,substrate\n1,1,Fe,für Si\n".encode("cp1252"))
    found = validate(path, read=ReadSettings(encoding="utf-8"))
    assert (found.valid, [issue.code for issue in found.issues]) == (0, ["undecodable-byte"])
