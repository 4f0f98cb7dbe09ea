"""A wrapper around the command that kills its own process at the n-th pass of a labelled step of the protocol.

``python crash_points.py LABEL N ARGUMENTS...``. It lives in the tests alone: the shipped code has no crash points.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from importer import run
from importer import server as api
from importer.cli.app import app
from importer.submit import shared

if TYPE_CHECKING:
    from collections.abc import Callable

LABELS = (
    "before-intent",
    "after-intent",
    "after-send",
    "before-answer",
    "after-answer",
    "staging",
    "planning",
    "settling",
)
"""Where a process can die, in the order of the protocol."""


class Bomb:
    """Kills the process at its n-th touch."""

    def __init__(self, passes: int) -> None:
        self._left = passes

    def touch(self) -> None:
        """Count down; at the end die as by ``kill -9``."""
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def wrap(owner: Any, name: str, *, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:  # noqa: ANN401
    """Put a touch before or after a function."""
    original = getattr(owner, name)

    def wrapped(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        if before is not None:
            before()
        result = original(*arguments, **options)
        if after is not None:
            after()
        return result

    setattr(owner, name, wrapped)


def plant_in_journal(journal: Any, kind: type[run.Entry], bomb: Bomb, *, is_before: bool) -> None:  # noqa: ANN401
    """Put the bomb before or after the commit of a group that has an entry of a kind."""
    original = journal._commit_group  # the step itself

    def commit(self: Any, connection: Any, group: Any) -> None:  # noqa: ANN401
        has_kind = any(isinstance(entry, kind) for ticket in group for entry in ticket.entries)
        if has_kind and is_before:
            bomb.touch()
        original(self, connection, group)
        if has_kind and not is_before:
            bomb.touch()

    journal._commit_group = commit


def plant(label: str, bomb: Bomb) -> None:
    """Put the bomb at a labelled step."""
    if label in {"before-intent", "after-intent", "before-answer", "after-answer"}:
        kind = run.Intent if "intent" in label else run.End
        for journal in (run.Journal, run.CrewJournal):
            plant_in_journal(journal, kind, bomb, is_before=label.startswith("before"))
    elif label == "after-send":
        for name in ("post_layer", "create_target", "replace_stack", "patch_layer"):
            wrap(api.Client, name, before=None, after=bomb.touch)
    elif label == "staging":
        wrap(run.Stager, "stage_chunk", before=None, after=bomb.touch)
    elif label == "planning":
        wrap(run.Journal, "write", before=None, after=bomb.touch)
    else:
        wrap(shared.Shared, "write", before=None, after=bomb.touch)


if __name__ == "__main__":
    plant(sys.argv[1], Bomb(int(sys.argv[2])))
    app(sys.argv[3:], prog_name="layer-importer")
