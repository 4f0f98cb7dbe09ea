"""Progress of a running import, as a watcher of its events: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING, Protocol, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from importer.events import (
    Advanced,
    Event,
    ListingRead,
    Paused,
    Phase,
    RowEnded,
    RowsRead,
    SubmitStarted,
)
from importer.model import GOOD_STATUSES
from importer.report.escape import escape_text
from importer.report.screen.event_words import PHASES, describe_event
from importer.report.screen.rate import Rate
from importer.report.screen.summary import count_words, word_attention

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import ProgressColumn, Task, TaskID

LINE_SECONDS = 5.0
"""Seconds between two plain progress lines at the least."""


class ProgressWatcher(Protocol):
    """A watcher that is also a context manager around what it watches."""

    def __call__(self, event: Event) -> None:
        """Take one event."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(self, *exc: object) -> None:
        """End."""


def choose_watcher(console: Console, *, is_ci: bool, quiet: bool = False) -> ProgressWatcher:
    """Return what shows progress on a console: bars on a terminal, lines when piped, notices only in CI.

    Args:
        console: where to show it.
        is_ci: this is a CI job, whose log would fill with progress.
        quiet: show nothing at all.
    """
    if quiet:
        return LineWatcher(console, every=None, notices=False)
    if is_ci:
        return LineWatcher(console, every=None)
    if console.is_terminal:
        return BarWatcher(console)
    return LineWatcher(console, every=LINE_SECONDS)


class LineWatcher:
    """Writes plain lines: phases and notices as they come, progress every few seconds.

    Args:
        console: where to write.
        every: seconds between two progress lines; None for none at all.
        notices: whether phases, pauses and notices are written.
        every_row: every row's end is a line of its own.
        clock: seconds that never jump, for tests.
    """

    def __init__(
        self,
        console: Console,
        *,
        every: float | None,
        notices: bool = True,
        every_row: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._every, self._notices, self._clock = console, every, notices, clock
        self._every_row = every_row
        self._last = clock()
        self._rate = Rate(clock)
        self._rows = self._done = self._bad = 0
        self._phase, self._advanced = Phase("plan", 0), 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing; lines need no end."""

    def __call__(self, event: Event) -> None:
        """Write what an event has to say, if it is time for it."""
        match event:
            case SubmitStarted(rows):
                self._rows, self._done = rows, 0
                self._rate.begin()
            case RowEnded(outcome):
                self._done += 1
                self._rate.add(outcome)
                self._bad += outcome.status not in GOOD_STATUSES
            case Phase():
                self._phase, self._advanced = event, 0
            case Advanced(count):
                self._advanced += count
        if self._every_row and isinstance(event, RowEnded):
            self._write(describe_event(event))
        elif isinstance(event, RowsRead | RowEnded | ListingRead | Phase | Advanced):
            now = self._clock()
            if self._every is not None and now - self._last >= self._every:
                self._last = now
                self._write(self._state_progress(event))
        elif self._notices:
            self._write(describe_event(event))

    def _write(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)

    def _state_progress(self, event: RowsRead | RowEnded | ListingRead | Phase | Advanced) -> str:
        if isinstance(event, ListingRead | Phase):
            return describe_event(event)
        if isinstance(event, Advanced):
            words, unit = PHASES[self._phase.name]
            return f"{words}: {self._advanced:,} of {count_words(self._phase.total, unit)}"
        if isinstance(event, RowsRead):
            return f"{count_words(event.rows, 'row')} read"
        bad = f", {word_attention(self._bad)}" if self._bad else ""
        speed = self._rate.describe(self._rows - self._done)
        return f"{self._done:,} of {count_words(self._rows, 'row')}{bad}{f'; {speed}' if speed else ''}"


class BarWatcher:
    """Draws a live bar with rows, rate and time left; pauses and notices are lines above it.

    Args:
        console: where to draw.
        clock: seconds that never jump, for tests.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._rate = clock, Rate(clock)
        columns: tuple[ProgressColumn, ...] = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(style="bright_black", complete_style="green", finished_style="green", pulse_style="cyan"),
            MofNCompleteColumn(),
            RateColumn(self._rate),
            NoteColumn(clock),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._reading = self._sending = self._progress.add_task("reading", total=None, note="", until=0.0)
        self._bad = 0
        self._sent_started = False
        self._phase: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take the bar away and leave the lines."""
        self._progress.stop()

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Take the bar away for a while."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case RowsRead(_, rows):
                self._progress.update(self._reading, completed=rows)
            case Phase(name, total):
                self._end_phase()
                self._progress.update(self._reading, visible=False)
                self._phase = self._progress.add_task(PHASES[name][0], total=total, note="", until=0.0)
            case Advanced(count) if self._phase is not None:
                self._progress.update(self._phase, advance=count)
            case SubmitStarted(rows):
                self._end_phase()
                self._rate.begin()
                if not self._sent_started:
                    self._progress.update(self._reading, visible=False)
                    self._sending = self._progress.add_task("sending", total=rows, note="", until=0.0)
                    self._sent_started = True
                self._print(describe_event(event))
            case RowEnded(outcome):
                self._bad += outcome.status not in GOOD_STATUSES
                self._rate.add(outcome)
                note = f"{word_attention(self._bad)}" if self._bad else ""
                self._progress.update(self._sending, advance=1, note=note, until=0.0)
            case Paused(seconds, reason):
                self._progress.update(self._sending, note=escape_text(reason), until=self._clock() + seconds)
                self._print(describe_event(event))
            case ListingRead():
                self._progress.update(self._sending, note=describe_event(event), until=0.0)
            case Advanced():
                pass
            case _:
                self._print(describe_event(event))

    def _end_phase(self) -> None:
        if self._phase is not None:
            self._progress.remove_task(self._phase)
            self._phase = None

    def refresh(self) -> None:
        """Draw the bar now; by itself it is drawn ten times a second."""
        self._progress.refresh()

    def _print(self, text: str) -> None:
        self._progress.console.print(Text(text))


class NoteColumn(TextColumn):
    """What needs attention, or why the run waits and for how many seconds still.

    Args:
        clock: seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__("")
        self._clock = clock

    def render(self, task: Task) -> Text:
        """Return the note of a task; a pause counts down until it is over."""
        left = task.fields["until"] - self._clock()
        note = task.fields["note"]
        if task.fields["until"]:
            note = f"waiting {math.ceil(left):,} s: {note}" if left > 0 else ""
        return Text(note, style="yellow")


class RateColumn(TextColumn):
    """Rows a second and time left of the task that has a total."""

    def __init__(self, rate: Rate) -> None:
        super().__init__("")
        self._rate = rate

    def render(self, task: Task) -> Text:
        """Return both, or nothing as long as neither is known."""
        left = None if task.total is None else int(task.total - task.completed)
        return Text("" if left is None else self._rate.describe(left), style="cyan")
