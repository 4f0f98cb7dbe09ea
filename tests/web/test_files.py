"""What is dropped on the page: kept under its own name, never over another file, bounded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import openpyxl
import pytest

from importer.errors import UsageError
from importer.web import workplace
from importer.web.workplace import Workplace, check_name
from tests.web.conftest import SHEET

if TYPE_CHECKING:
    from tests.web.conftest import Client


BAD_NAMES = ["", ".csv", "..", ".hidden.csv", "a.exe", "a", "x\n.csv", "\x00.csv", "n" * 300 + ".csv"]


def list_names() -> list[str]:
    """Return the names of all files of the folder."""
    return sorted(path.name for path in Path().iterdir())


def put(client: Client, name: str, data: bytes) -> tuple[int, dict[str, str]]:
    """Upload a file."""
    answer = client.ask("PUT", f"/api/files/{quote(name, safe='')}", data, headers={"content-type": None})
    return answer.status, answer.json


def test_files_of_the_folder_are_listed_by_ids(client: Client) -> None:
    """Only what can be imported is listed; mappings, run files and hidden files aren't."""
    for name in ("b.xlsx", "a.mapping.yaml", ".hidden.csv", "~$b.xlsx", "notes.md", "old.run.sqlite"):
        Path(name).write_bytes(b"x")
    Path("sub.csv").mkdir()
    names = [file["name"] for file in client.ask("GET", "/api/files").json["files"]]
    assert names == ["a.csv", "b.xlsx"]


def test_a_dropped_file_is_kept(client: Client) -> None:
    """It gets its own name, and nobody else may read it."""
    status, file = put(client, "growth log ü.csv", b"layer_id\n1\n")
    assert (status, file["name"]) == (200, "growth log ü.csv")
    assert Path("growth log ü.csv").read_bytes() == b"layer_id\n1\n"
    assert Path("growth log ü.csv").stat().st_mode & 0o077 == 0
    assert not list(Path().glob(".*.part"))


def test_the_same_file_is_that_file(client: Client) -> None:
    """A file that the folder has, byte for byte, isn't copied; another of its name gets a number."""
    (own,) = client.ask("GET", "/api/files").json["files"]
    assert put(client, "a.csv", SHEET.encode())[1]["id"] == own["id"]
    assert put(client, "a.csv", b"layer_id\n1\n")[1]["name"] == "a-2.csv"
    assert put(client, "a.csv", b"layer_id\n1\n")[1]["name"] == "a-2.csv"
    assert Path("a.csv").read_text() == SHEET
    assert list_names() == ["a-2.csv", "a.csv"]


@pytest.mark.parametrize("name", ["../../evil.csv", "..\\evil.csv", "/etc/evil.csv", "C:\\x\\evil.csv"])
def test_a_name_can_not_leave_the_folder(name: str) -> None:
    """Only what is after the last slash is the name."""
    assert check_name(name) == "evil.csv"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_say_nothing_are_refused(client: Client, name: str) -> None:
    """A file that can't be read, or that would be hidden, isn't kept."""
    with pytest.raises(UsageError):
        check_name(name)
    if name not in {"", ".."}:
        assert put(client, name, b"x")[0] == 422
    assert list_names() == ["a.csv"]


def test_an_upload_is_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large is refused as it comes, and leaves nothing."""
    monkeypatch.setattr(workplace, "MAX_UPLOAD", 100_000)
    status, said = put(client, "big.csv", b"x" * 200_000)
    assert status == 422
    assert "larger than" in said["error"]
    assert list_names() == ["a.csv"]


def test_a_file_that_went_away_is_told(client: Client) -> None:
    """An id of no file is refused in words."""
    answer = client.ask("POST", "/api/drafts", {"files": ["0" * 20]})
    assert answer.status == 422
    assert "isn't in the folder any more" in answer.json["error"]


def test_a_folder_that_can_not_be_used_is_refused(tmp_path: Path) -> None:
    """There must be a folder."""
    with pytest.raises(UsageError, match="There is no folder"):
        Workplace(tmp_path / "none")


def test_first_rows_of_a_workbook_come_before_the_whole(client: Client) -> None:
    """The first rows are those that the opened file shows; a file without more rows than that has none."""
    book = openpyxl.Workbook()
    for name in ("notes", "MBE"):
        sheet = book.create_sheet(name)
        sheet.append(["sample_name", "layer_id", "composition_string", "orientation"])
        for row in range(900):
            sheet.append([name, row + 1, "GaAs", 1])
            sheet.cell(row + 2, 4).number_format = "000"
    del book["Sheet"]
    book.save("a.xlsx")
    listed = {each["name"]: each["id"] for each in client.ask("GET", "/api/files").json["files"]}
    assert client.ask("GET", f"/api/files/{listed['a.xlsx']}/sheets").json == {"sheets": ["notes", "MBE"]}
    assert client.ask("GET", f"/api/files/{listed['a.csv']}/sheets").json == {"sheets": []}
    for sheet in ("notes", "MBE"):
        found = client.ask("GET", f"/api/files/{listed['a.xlsx']}/first?sheet={sheet}").json
        opened = client.ask("POST", "/api/drafts", {"files": [listed["a.xlsx"]], "sheet": sheet}).json
        assert opened["sheet"] == sheet
        window = client.ask("GET", f"/api/drafts/{opened['id']}/rows?table=0&first=0&last={len(found['rows'])}").json
        assert len(found["rows"]) > 100
        assert found["rows"] == window["rows"]
        assert [each["header"] for each in found["columns"]] == [
            each["header"] for each in opened["tables"][0]["columns"]
        ]
    assert client.ask("GET", f"/api/files/{listed['a.csv']}/first").json["rows"][0][2] == ["A", "1", "batio3", "001"]
    Path("b.xlsx").write_bytes(b"PK\x03\x04 no book")
    (broken,) = [each for each in client.ask("GET", "/api/files").json["files"] if each["name"] == "b.xlsx"]
    assert client.ask("GET", f"/api/files/{broken['id']}/first").json == {}
    assert client.ask("GET", f"/api/files/{broken['id']}/sheets").status == 422


def test_a_name_that_is_no_text_hides_no_other_file(client: Client) -> None:
    """A file with such a name is listed as well as it can be, and opening it says what to do."""
    Path(os.fsdecode(b"w\xff.csv")).write_text(SHEET)
    listed = {each["name"]: each["id"] for each in client.ask("GET", "/api/files").json["files"]}
    assert set(listed) == {"a.csv", "w\ufffd.csv"}
    answer = client.ask("POST", "/api/drafts", {"files": [listed["w\ufffd.csv"]]})
    assert answer.status == 422
    assert "Rename the file" in answer.json["error"]
