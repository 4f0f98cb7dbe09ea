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


def watch(folder: Path, *steps: Callable[[], object], settle: float = SETTLE) -> Iterator[str]:
    """Return the names of what settles while the steps happen."""
    stop = threading.Event()
    context = Context(clock=Turned(stop, *steps), stop=stop)
    return (path.name for path in iter_settled(folder, context=context, settle=settle))


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
    """After a new start a file whose run file is newer isn't imported again."""
    (tmp_path / "a.csv").write_text("x")
    os.utime(tmp_path / "a.csv", (1_000, 1_000))
    name_run(tmp_path / "a.csv").touch()
    assert list(watch(tmp_path, nothing)) == []


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
