"""The turn of a run at an address: one at a time, and only where nobody else can interfere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from importer.errors import BusyError, SettingsError
from importer.settings import SendSettings
from importer.tasks.one_run import take_turn
from tests.helpers.api import API

if TYPE_CHECKING:
    from pathlib import Path

SEND = SendSettings()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "layer-importer"


def test_an_address_has_one_turn_at_a_time(tmp_path: Path) -> None:
    """The second is refused with the first one's run file, another address isn't, and afterwards it is free."""
    with take_turn(API, SEND) as turn:
        with pytest.raises(BusyError, match="reading its inputs"), take_turn(API, SEND):
            pass
        turn.name_run(tmp_path / "r")
        with pytest.raises(BusyError, match=str(tmp_path / "r")), take_turn(replace(API, url=API.url.upper()), SEND):
            pass
        with take_turn(replace(API, url="http://127.0.0.1:10"), SEND):
            pass
        with take_turn(API, SendSettings(allow_parallel=True)):
            pass
    with take_turn(API, SEND):
        pass


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://127.0.0.1:8765", "http://localhost:8765"),
        ("http://[::1]:8765/", "http://127.0.0.1:8765"),
        ("https://api.example.com", "https://API.example.com.:443/"),
    ],
)
def test_two_ways_to_write_an_address_are_one_turn(one: str, other: str) -> None:
    """Whatever this machine is called by, or how an address is written, it is one server."""
    with (
        take_turn(replace(API, url=one), SEND),
        pytest.raises(BusyError, match="allow-parallel"),
        take_turn(replace(API, url=other), SEND),
    ):
        pass


def test_a_folder_of_others_isnt_used(folder: Path) -> None:
    """Where others can write, or stand in the place, no turn is given: they could keep it, or give it twice."""
    folder.mkdir(mode=0o700)
    folder.chmod(0o777)
    with pytest.raises(SettingsError, match="others can write"), take_turn(API, SEND):
        pass
    folder.rmdir()
    folder.symlink_to(folder.parent)
    with pytest.raises(SettingsError, match="can't be used"), take_turn(API, SEND):
        pass


@pytest.mark.parametrize("note", ["", "[]", "{", '{"pid": "x"}', "\x00" * 10_000])
def test_a_note_that_cant_be_read_keeps_nobody_from_being_refused(folder: Path, note: str) -> None:
    """What stands in the note is for people; the lock alone decides."""
    with take_turn(API, SEND):
        next(folder.glob("*.lock")).with_suffix(".json").write_text(note)
        with pytest.raises(BusyError), take_turn(API, SEND):
            pass
