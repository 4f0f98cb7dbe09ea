"""Corrected copies of delimited texts: what was named changes, every other byte stays."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.chunks import Source
from importer.copies import Deletion, Edit, write_copy
from importer.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def copy_bytes(folder: Path, data: bytes, edits: list[Edit], *deleted: int, name: str = "growths.csv") -> bytes:
    """Return the bytes of a corrected copy of a file of some bytes."""
    path, to = folder / name, folder / f"fixed.{name}"
    path.write_bytes(data)
    to.unlink(missing_ok=True)
    write_copy(
        Source(str(path), path, "tsv" if ".tsv" in name else "csv"),
        to,
        edits=edits,
        deleted=[Deletion(row) for row in deleted],
    )
    return to.read_bytes()


MARK = codecs.BOM_UTF8
HEADER = b"Sample,Layer,Composition\r\n"


@pytest.mark.parametrize(
    ("data", "edit", "meant"),
    [
        (HEADER + b"A,1,batio3\r\n", Edit(2, 2, "batio3", "BaTiO3"), HEADER + b"A,1,BaTiO3\r\n"),
        (HEADER + b"A,1,batio3", Edit(2, 2, "batio3", "BaTiO3"), HEADER + b"A,1,BaTiO3"),
        (HEADER + b'"A","1","x ""y"""\r\n', Edit(2, 2, 'x "y"', 'a "b"'), HEADER + b'"A","1","a ""b"""\r\n'),
        (HEADER + b"A,1,x\r\n", Edit(2, 2, "x", "a,b"), HEADER + b'A,1,"a,b"\r\n'),
        (HEADER + b"A,1,x\r\n", Edit(2, 2, "x", ""), HEADER + b"A,1,\r\n"),
        (HEADER + b"A,1,\r\n", Edit(2, 2, None, "x"), HEADER + b"A,1,x\r\n"),
        (HEADER + b'A,1,"x\ny"\r\nB,1,z\n', Edit(4, 2, "z", "w"), HEADER + b'A,1,"x\ny"\r\nB,1,w\n'),
        (HEADER + b'A,1,"x\ny",\r\n'[:-3] + b"\r\n", Edit(2, 2, "x\ny", "z"), HEADER + b'A,1,"z"\r\n'),
        (MARK + HEADER + b"A,1,x\n", Edit(1, 0, "Sample", "ID"), MARK + b"ID" + HEADER[6:] + b"A,1,x\n"),
        (b"Growth log\n\n" + HEADER + b"A,1,x\n", Edit(4, 2, "x", "y"), b"Growth log\n\n" + HEADER + b"A,1,y\n"),
        (b"Sample,Layer\rA,1\rB,2\r", Edit(2, 0, "A", "C"), b"Sample,Layer\rC,1\rB,2\r"),
    ],
)  # fmt: skip
def test_an_edit_changes_its_cell_alone(tmp_path: Path, data: bytes, edit: Edit, meant: bytes) -> None:
    """Line ends, marks, quotes and title lines stay as they are, and a text is quoted where it must be."""
    assert copy_bytes(tmp_path, data, [edit]) == meant


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_encodings_stay(tmp_path: Path, encoding: str) -> None:
    """A text is written in the encoding of its file, whose mark stays."""
    data = "Sample,Layer,Composition\r\nGröße,1,x\r\nB,2,y\r\n".encode(encoding)
    meant = "Sample,Layer,Composition\r\nLänge,1,x\r\nB,2,y\r\n".encode(encoding)
    assert copy_bytes(tmp_path, data, [Edit(2, 0, "Größe", "Länge")]) == meant


def test_an_encoding_that_was_guessed_takes_ascii_alone(tmp_path: Path) -> None:
    """Where the encoding is only guessed, a special character isn't written in it; others are, bytes kept."""
    data = HEADER + "Größe,1,x\r\nB,2,y\r\n".encode("cp1252")
    assert copy_bytes(tmp_path, data, [Edit(3, 2, "y", "z")]) == data.replace(b",y", b",z")
    with pytest.raises(UsageError, match="encoding is only guessed"):
        copy_bytes(tmp_path, data, [Edit(3, 2, "y", "µ")])


def test_an_encoding_without_the_character_refuses_it(tmp_path: Path) -> None:
    """A character that the file's encoding lacks is told, never replaced."""
    path = tmp_path / "growths.csv"
    path.write_bytes(HEADER + "Größe,1,x\r\n".encode("cp1252"))
    source = Source(str(path), path, "csv", encoding="cp1252")
    with pytest.raises(UsageError, match="can't be written in cp1252"):
        write_copy(source, tmp_path / "fixed.csv", edits=[Edit(2, 2, "x", "Ω")])
    assert not (tmp_path / "fixed.csv").exists()
    write_copy(source, tmp_path / "fixed.csv", edits=[Edit(2, 2, "x", "µ")])
    assert (tmp_path / "fixed.csv").read_bytes().endswith(b"Gr\xf6\xdfe,1,\xb5\r\n")


def test_a_deleted_row_leaves_blank_lines(tmp_path: Path) -> None:
    """The rows below a deleted one keep their numbers, also below one of several lines."""
    data = HEADER + b'A,1,"x\r\ny"\r\nB,1,z\r\nTotal,,'
    assert copy_bytes(tmp_path, data, [], 2, 5) == HEADER + b"\r\n\r\nB,1,z\r\n"


def test_a_packed_file_stays_packed(tmp_path: Path) -> None:
    """A copy of a packed file is packed where its name says so."""
    made = copy_bytes(tmp_path, gzip.compress(HEADER + b"A,1,x\n"), [Edit(2, 2, "x", "y")], name="growths.csv.gz")
    assert gzip.decompress(made) == HEADER + b"A,1,y\n"


@pytest.mark.parametrize(
    ("edits", "deleted", "said"),
    [
        ([Edit(2, 2, "other", "y")], [], "holds 'x', not 'other'"),
        ([Edit(2, 7, None, "y")], [], "there is no cell H2"),
        ([Edit(9, 0, "x", "y")], [], "in no row of a table"),
        ([], [1], "row 1 is the header"),
        ([Edit(2, 0, "A", "#A")], [], None),
        ([Edit(1, 0, "Sample", "#Sample")], [], "differently"),
    ],
)
def test_what_would_not_read_as_meant_is_refused(
    tmp_path: Path, edits: list[Edit], deleted: list[int], said: str | None
) -> None:
    """Edits of other cells and texts, and copies that would be read otherwise, leave no file."""
    data = HEADER + b"A,1,x\r\nB,2,y\r\n"
    if said is None:
        assert copy_bytes(tmp_path, data, edits, *deleted) == data.replace(b"A,1", b"#A,1")
        return
    with pytest.raises(UsageError, match=said):
        copy_bytes(tmp_path, data, edits, *deleted)
    assert not (tmp_path / "fixed.growths.csv").exists()


def test_the_original_and_what_is_there_are_never_written_over(tmp_path: Path) -> None:
    """A copy is a new file, of the same kind."""
    path = tmp_path / "growths.csv"
    path.write_bytes(HEADER + b"A,1,x\n")
    source = Source(str(path), path, "csv")
    (tmp_path / "old.csv").write_text("mine")
    for to in (path, tmp_path / "old.csv", tmp_path / "new.xlsx"):
        with pytest.raises(UsageError):
            write_copy(source, to, edits=[Edit(2, 2, "x", "y")])
    assert path.read_bytes() == HEADER + b"A,1,x\n"
    assert (tmp_path / "old.csv").read_text() == "mine"


CELLS = st.text(alphabet=st.sampled_from('aZ1,;" \n\t|#é'), max_size=6)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
    place=st.tuples(st.integers(0, 7), st.integers(0, 2)),
    now=CELLS | st.just("a\r"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\r\n", "\n"]),
    mark=st.sampled_from([b"", codecs.BOM_UTF8]),
)
def test_any_edit_of_any_table(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    place: tuple[int, int],
    now: str,
    quoting: int,
    end: str,
    mark: bytes,
) -> None:
    """Whatever cells hold, one edit changes one cell, and all other rows' bytes stay; or nothing is written."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]  # a member of the enum
    writer.writerow(["Sample", "Layer", "Composition"])
    parts = []
    for row in rows:
        parts.append(text.tell())
        writer.writerow(row)
    whole = text.getvalue()
    at, column = place[0] % len(rows), place[1]
    before, behind = whole[: parts[at]], whole[parts[at + 1] :] if at + 1 < len(rows) else ""
    edit = Edit(1 + len(re.findall(r"\r\n|\r|\n", before)), column, rows[at][column], now)
    try:
        made = copy_bytes(tmp_path_factory.mktemp("copy"), mark + whole.encode(), [edit])
    except UsageError:
        return
    meant = [list(row) for row in rows]
    meant[at][column] = now
    assert list(csv.reader(io.StringIO(made.removeprefix(mark).decode(), newline="")))[1:] == meant
    assert made.startswith(mark + before.encode())
    assert made.endswith(behind.encode())
