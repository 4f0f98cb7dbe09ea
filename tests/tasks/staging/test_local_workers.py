"""Processes of this machine do each task, also when some of them die, and none outlives what it was started for."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from importer.cluster import TaskDiedError, open_pool
from importer.cluster.local import MOST_DEATHS
from importer.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def do(function: Callable[[Any], Any], arguments: Iterable[Any], *, stop: threading.Event | None = None) -> list[Any]:
    """Return what two processes return, none of which is left afterwards."""
    tasks = ((f"task-{number}", argument) for number, argument in enumerate(arguments))
    try:
        with open_pool("local:2") as workers:
            return list(workers.iter_ends(function, tasks, stop=stop or threading.Event()))
    finally:
        assert not multiprocessing.active_children()


def test_each_task_is_done_once() -> None:
    """Tasks are taken as they are needed, and every one has its end, however many there are."""
    assert sorted(do(abs, range(-300, 0))) == list(range(1, 301))
    assert do(abs, []) == []


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    """What it was at is done by another one."""
    died = str(tmp_path / "died")
    ends = f"(open({died!r}, 'x'), __import__('os')._exit(9))"
    dies = f"'again' if __import__('os').path.exists({died!r}) else {ends}"
    assert sorted(do(eval, ["'a'", dies, "'b'", "'c'"])) == ["a", "again", "b", "c"]


def test_a_task_that_ends_every_process() -> None:
    """It is given up after some deaths, by its name."""
    with pytest.raises(TaskDiedError, match=f"{MOST_DEATHS} processes ended, the last one with 7") as told:
        do(os._exit, [7])
    assert told.value.key == "task-0"


@pytest.mark.parametrize(
    ("function", "argument", "words"),
    [(math.sqrt, -1, "math domain error"), (eval, "lambda: 1", "pickle"), (eval, "", "invalid syntax")],
    ids=["raised", "unsendable", "not-a-word"],
)
def test_an_error_is_told(function: Callable[[Any], Any], argument: object, words: str) -> None:
    """A task that breaks, or whose answer can't be sent, stops all; it isn't tried again."""
    with pytest.raises(TaskDiedError, match=words):
        do(function, [argument])


def test_stopping() -> None:
    """Once it is stopped, nothing more is begun."""
    stop = threading.Event()
    stop.set()
    assert do(abs, iter(int, 1), stop=stop) == []


def test_processes_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that end while they start aren't started again and again; what a script needs is told."""
    monkeypatch.setattr("importer.cluster.local.serve", os._exit)
    with pytest.raises(SettingsError, match=r"needs `if __name__ == \"__main__\":`"):
        do(abs, [1])
