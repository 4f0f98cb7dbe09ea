"""Progress for machines: one JSON object a line for each event."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Self

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.errors import ImporterError
    from importer.events import Event
    from importer.model import RunPlace, Status


class JsonLinesWatcher:
    """Writes each event as a line: ``{"event": "row-ended", "outcome": {...}}``; keys are the event's own."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing; every line was handed over when it came."""

    def __call__(self, event: Event) -> None:
        """Write an event."""
        self._write({"event": name_event(event), **asdict(event)})

    def tell_table(self, found: Mapping[str, object]) -> None:
        """Write what was found of a whole table or file: source, sheet and issues."""
        self._write({"event": "table-checked", **found})

    def tell_failure(self, error: ImporterError) -> None:
        """Write the last line of what was stopped before there was a run."""
        self._write({"event": "failed", "message": str(error), "exit_code": error.exit_code})

    def tell_end(
        self, run: RunPlace, *, counts: Mapping[Status, int], exit_code: int, next_command: str | None
    ) -> None:
        """Write the last line: what the run came to."""
        self._write(
            {
                "event": "run-ended",
                "run": str(run),
                "counts": {status.value: count for status, count in counts.items()},
                "exit_code": exit_code,
                "next": next_command,
            }
        )

    def _write(self, found: Mapping[str, object]) -> None:
        self._stream.write(orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE))
        self._stream.flush()


def name_event(event: Event) -> str:
    """Return an event's kebab-case name: ``RowEnded`` is ``row-ended``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(event).__name__).lower()
