"""The log file of a command: standard logging, one line a record, without the key and without control characters."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import IO, TYPE_CHECKING

from importer.cli.terminal import tell
from importer.errors import UsageError
from importer.events import (
    Advanced,
    Event,
    ListingRead,
    Notice,
    Paused,
    Phase,
    RowEnded,
    RowsRead,
    SettlementStarted,
    SubmitStarted,
)
from importer.machine.files import open_private
from importer.report.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.settings import Secret

ROOM = "importer"
"""The logger above all of the package's own."""
_LOG = logging.getLogger(__name__)


class OneLineFormatter(logging.Formatter):
    """Writes a record in one line of printable characters, with every secret replaced."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self._secrets: list[Secret] = []

    def hide(self, secret: Secret) -> None:
        """Replace a secret in all that is written from now on."""
        self._secrets.append(secret)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's name
        """Return the time in UTC, ISO 8601 with milliseconds."""
        del datefmt
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is part of it."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret.reveal(), "***")
        return escape_text(text)


class LogHandler(logging.StreamHandler[IO[str]]):
    """Writes to the log file; says once if that fails, and never what it was about to write."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(stream)
        self._is_told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Say that a record is lost; logging's own way would show it with the key."""
        del record
        if not self._is_told:
            self._is_told = True
            tell("The log file can't be written any more. The run continues.")


@contextlib.contextmanager
def keep_log(path: Path | None, *, verbose: bool = False) -> Iterator[OneLineFormatter]:
    """Write the package's log to a file while the block runs, and give its formatter.

    At level INFO there are requests, pauses and decisions, but no cell's text; DEBUG, when verbose, has more.

    Raises:
        UsageError: the file can't be written.
    """
    formatter = OneLineFormatter()
    if path is None:
        yield formatter
        return
    handler = LogHandler(_open_private(path))
    handler.setFormatter(formatter)
    logger = logging.getLogger(ROOM)
    level, logger.propagate = logger.level, False
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.addHandler(handler)
    try:
        yield formatter
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = True
        with contextlib.suppress(OSError):
            handler.stream.close()


def _open_private(path: Path) -> IO[str]:
    """Open a log file for appending, readable by its owner only; a symbolic link isn't followed."""
    try:
        descriptor = open_private(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    except OSError as error:
        raise UsageError(f"The log file {path} can't be written ({error.strerror}). Name another place.") from error
    return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def log_event(event: Event) -> None:  # noqa: C901  # one a kind of event
    """Log an event: at INFO what happened to which row by its number, at DEBUG also the words, which may hold cells."""
    match event:
        case RowsRead(_, rows):
            _LOG.debug("%d rows read", rows)
        case SubmitStarted(rows, stacks):
            _LOG.info("sending %d rows in %d stacks", rows, stacks)
        case RowEnded(outcome):
            _LOG.info("row %d: %s, record %s", outcome.seq, outcome.status.value, outcome.record_id)
            if outcome.message:
                _LOG.debug("row %d: %s", outcome.seq, outcome.message)
        case Paused(seconds, reason):
            _LOG.info("pause of %.1f s", seconds)
            _LOG.debug("why: %s", reason)
        case SettlementStarted(rows, wait):
            _LOG.info("settling %d rows in doubt, after %.1f s", rows, wait)
        case ListingRead(records, size):
            _LOG.debug("listing: %d records, %d bytes so far", records, size)
        case Phase(name, total):
            _LOG.info("%s of %d begins", name, total)
        case Advanced(count):
            _LOG.debug("%d more done", count)
        case Notice(text):
            _LOG.info("%s", text)
