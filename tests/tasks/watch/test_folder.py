"""A watched folder: what settles is given out once, changed files again, by a clock that tests turn."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from importer.errors import BusyError, InputError
from importer.tasks.watch.folder import LOCK_NAME, SETTLE, hold_folder, iter_settled, name_report, name_run
from tests.helpers.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Turned(FakeClock):
    """A clock at whose waits something happens in the folder, step by step; then the watching is stopped."""

    def __init__(self, stop: threading.Event, *steps: Callable[[], object]) -> None:
        super().__init__()
        self._stop_event, self._steps = stop, list(steps)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Do the next step after so many seconds that a file would have settled meanwhile."""
        super().wait(condition, seconds + SETTLE)
        if self._steps:
            self._steps.pop(0)()
        else:
            self._stop_event.set()


def watch(
    folder: Path,
    *steps: Callable[[], object],
    settle: float = SETTLE,
    is_done: Callable[[Path], bool] = lambda _: False,
) -> Iterator[str]:
    """Return the names of what settles while the steps happen, and what is wrong with it."""
    stop = threading.Event()
    context = Context(clock=Turned(stop, *steps), stop=stop)
    found = iter_settled(folder, context=context, settle=settle, is_done=is_done)
    return (f"{settled.path.name}: {settled.fault}" if settled.fault else settled.path.name for settled in found)


def nothing() -> None:
    """Let time pass."""


def test_what_settles_is_given_once_and_changed_again(tmp_path: Path) -> None:
    """Files that were there, that come, and that change; lock and run files don't count."""
    (tmp_path / "a.csv").write_text("x")

    def come() -> None:
        (tmp_path / "b.csv").write_text("x")
        (tmp_path / "~$b.csv").write_text("x")
        (tmp_path / "b.csv.run.sqlite").touch()
        os.utime(tmp_path / "b.csv.run.sqlite", (0, 0))

    found = list(watch(tmp_path, nothing, come, nothing, lambda: (tmp_path / "a.csv").write_text("xy"), nothing))
    assert found == ["a.csv", "b.csv", "a.csv"]


def test_what_still_grows_is_waited_for(tmp_path: Path) -> None:
    """A file that changes at each look isn't given out until it has stopped."""
    (tmp_path / "a.csv").write_text("x")

    def grow() -> None:
        with (tmp_path / "a.csv").open("a") as file:
            file.write("x")

    assert list(watch(tmp_path, grow, grow, grow, nothing, nothing)) == ["a.csv"]
    assert list(watch(tmp_path, grow, grow, grow, settle=1_000)) == []


def test_what_was_imported_before_is_left(tmp_path: Path) -> None:
    """After a new start a file whose run file is newer, and has all answers, isn't imported again."""
    (tmp_path / "a.csv").write_text("x")
    os.utime(tmp_path / "a.csv", (1_000, 1_000))
    name_run(tmp_path / "a.csv").touch()
    assert list(watch(tmp_path, nothing, is_done=lambda _: True)) == []
    assert list(watch(tmp_path, nothing, is_done=lambda _: False)) == ["a.csv"]
    os.utime(tmp_path / "a.csv")
    os.utime(name_run(tmp_path / "a.csv"), (1_000, 1_000))
    assert list(watch(tmp_path, nothing, is_done=lambda _: True)) == ["a.csv"]


def test_a_file_that_another_program_has_to_itself_is_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: neither size nor time says when it is let go."""
    (tmp_path / "a.csv").write_text("x")
    can_open = [False]
    monkeypatch.setattr("importer.tasks.watch.folder._can_open", lambda _: can_open[0])
    found = list(watch(tmp_path, nothing, nothing, nothing, lambda: can_open.__setitem__(0, True), nothing, nothing))
    assert found == ["a.csv", "a.csv"]


def test_what_cant_be_looked_into_is_told_once_and_the_rest_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without permission, a link to nothing, and an original newer than its corrected copy."""
    for name in ("a.csv", "shut/b.csv", "c.csv", "c.corrected.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    os.utime(tmp_path / "c.corrected.csv", (1_000, 1_000))
    (tmp_path / "d.csv").symlink_to(tmp_path / "gone.csv")
    scan = os.scandir

    def refuse(place: str) -> object:
        if str(place).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    found = list(watch(tmp_path, nothing, nothing, nothing))
    assert [name for name in found if ":" not in name] == ["a.csv"]
    told = sorted(name for name in found if ":" in name)
    assert len(told) == 4
    assert [name.partition(":")[0] for name in told] == ["c.corrected.csv", "c.csv", "d.csv", "shut"]
    assert "isn't there" in told[2]
    assert "Permission denied" in told[3]


def test_an_empty_folder_is_watched_and_a_missing_one_told(tmp_path: Path) -> None:
    """Nothing yet is no error."""
    assert list(watch(tmp_path, nothing)) == []
    with pytest.raises(InputError, match="no folder"):
        list(watch(tmp_path / "typo"))


def test_a_second_watcher_is_refused(tmp_path: Path) -> None:
    """Two watchers would import each file twice; afterwards the folder is free, and nothing is left in it."""
    with hold_folder(tmp_path):
        with pytest.raises(BusyError, match=r"is watching .* already"), hold_folder(tmp_path):
            pass
        assert list(watch(tmp_path, nothing)) == []  # the lock is no input
    with hold_folder(tmp_path / "." / ""):
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no folder"), hold_folder(tmp_path / "typo"):
        pass


def test_a_lock_that_a_dead_watcher_left_keeps_nobody_out(tmp_path: Path) -> None:
    """The system has ended the lock with its process; the file alone means nothing."""
    (tmp_path / LOCK_NAME).touch()
    with hold_folder(tmp_path):
        pass


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("out/answers.html", "out/2024/a.csv.answers.html"),
        ("out/x.junit.xml", "out/2024/a.csv.x.junit.xml"),
        ("out/.csv", "out/2024/a.csv.csv"),
    ],
)
def test_reports_are_named_for_the_file_and_never_overwritten(tmp_path: Path, given: str, wanted: str) -> None:
    """Each run has its own, in the sub-folder of its file; a number keeps apart what would have the same name."""
    path = tmp_path / "in" / "2024" / "a.csv"
    first = tmp_path / wanted
    assert name_report(tmp_path / given, path, tmp_path / "in") == first
    first.parent.mkdir(parents=True)
    first.touch()
    again = name_report(tmp_path / given, path, tmp_path / "in")
    assert (again.parent, again != first, ".2." in again.name) == (first.parent, True, True)
