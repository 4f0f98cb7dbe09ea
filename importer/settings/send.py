"""Bounds and waits of the submitter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from importer.errors import SettingsError
from importer.settings.option import Option, take_values

_OPENING = frozenset({"import", "apply", "resume", "retry"})
_SENDING = _OPENING | {"work"}


class InDoubt(StrEnum):
    """What becomes of a row that a settlement has shown to be absent from the server."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """Bounds and waits of the submitter; every time in seconds.

    Attributes:
        workers: requests in flight at once, one stack each.
        connect_timeout: longest wait for a connection.
        read_timeout: longest wait for the next bytes of an answer.
        deadline: longest time for one request as a whole; the read timeout starts again with every byte.
        list_timeout: longest time for reading the server's whole list, all of its pages.
        attempts: requests begun for one row at the most, over all its rounds.
        reach_wait: longest time spent on reaching a server that this run has never reached.
        first_wait: upper end of the first back-off; it doubles with each attempt, with full jitter.
        max_wait: upper end of any back-off, and the longest Retry-After that is waited for.
        total_wait: longest time spent on retrying one row in one go.
        retry_budget: retries that the whole run may have under way before successes earn it more.
        settle: longest time that the server may still be working on a request that we gave up on.
        settle_rounds: settlements of one row at the most, before it is given up.
        in_doubt: what to do with unconfirmed rows that the server doesn't have.
        give_up_after: time in which nothing succeeds, over all workers, after which the run stops.
        shutdown_wait: longest wait for requests in flight after an interrupt.
        rate: requests a second at the most, None for no bound.
        canary: stacks that are sent first, read back and compared before the rest goes; None for one, if there are
            more than twenty, 0 for none.
        max_failed: rows that may end as failed, refused or conflict before the run stops: a count (``20``) or a
            part of the rows that are to be sent (``5%``); None for no bound.
        final_check: compare all answers with the stored list at the end of the run.
        trust_list: take the stored list for whole where it looks like the first page of a longer one.
        allow_parallel: send even while another run on this machine sends to the same address.
        dry_run: go the same way up to the request, but send nothing.
    """

    PANEL: ClassVar[str] = "Send"

    workers: int = Option(
        "--workers", "Requests sent at the same time.", commands=_SENDING, metavar="N", in_file=True
    ).with_default(8)
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 120.0
    list_timeout: float = Option(
        "--list-timeout", "How long reading the whole stored list may take.", metavar="SECONDS", in_file=True
    ).with_default(900.0)
    reach_wait: float = 30.0
    attempts: int = 20
    first_wait: float = 0.5
    max_wait: float = 120.0
    total_wait: float = 600.0
    retry_budget: int = 500
    settle: float = Option(
        "--settle",
        "How long the server may keep processing a request that timed out.",
        commands=_SENDING,
        metavar="SECONDS",
        in_file=True,
    ).with_default(30.0)
    settle_rounds: int = 3
    in_doubt: InDoubt = Option(
        "--in-doubt",
        "Rows in doubt that the server turns out not to have: resend or hold them.",
        commands=_SENDING,
        in_file=True,
    ).with_default(InDoubt.RESEND)
    give_up_after: float = 600.0
    shutdown_wait: float = 30.0
    rate: float | None = Option(
        "--rate",
        "Send at most N requests a second, e.g. 2.5. Default: no limit.",
        commands=_OPENING,
        metavar="N",
        in_file=True,
    ).with_default(None)
    canary: int | None = Option(
        "--canary",
        "Send N stacks first and read them back before sending the rest. Default: 1 if there are more than 20.",
        commands=_OPENING,
        metavar="N",
        in_file=True,
    ).with_default(None)
    max_failed: str | None = Option(
        "--max-failed",
        "Stop when more rows than this fail, e.g. 20 or 5%. Default: no limit.",
        commands=_SENDING,
        metavar="N|P%",
        in_file=True,
    ).with_default(None)
    final_check: bool = Option(
        "--final-check/--no-final-check",
        "Compare all answers with the stored list at the end. Default: yes.",
        commands=_SENDING,
        in_file=True,
    ).with_default(True)
    trust_list: bool = Option(
        "--trust-list", "Trust that the stored list is complete, even if it looks like one page of a longer list."
    ).with_default(False)
    allow_parallel: bool = Option(
        "--allow-parallel",
        "Write even while another run on this machine writes to the same address. They must have no sample in common.",
        commands=_SENDING | {"undo"},
    ).with_default(False)
    dry_run: bool = Option(
        "--dry-run", "Do everything except sending. Needs no key.", commands=frozenset({"import"})
    ).with_default(False)

    def __post_init__(self) -> None:
        """Take what programs give, and refuse settings that would make a run endless or idle."""
        take_values(self)
        if not 1 <= self.workers <= 256:  # noqa: PLR2004  # the bound is stated in the message
            raise SettingsError(f"--workers takes a number from 1 to 256, not {self.workers}.")
        timeouts = ("connect_timeout", "read_timeout", "deadline", "list_timeout")
        for name in (*timeouts, "total_wait", "shutdown_wait"):
            if not 0 < getattr(self, name) <= 86_400:  # noqa: PLR2004  # a day, stated in the message
                raise SettingsError(f"{name} takes seconds above 0 and up to 86400, not {getattr(self, name)}.")
        for name in ("settle", "reach_wait", "first_wait", "max_wait", "give_up_after"):
            if not 0 <= getattr(self, name) <= 86_400:  # noqa: PLR2004  # a day, stated in the message
                raise SettingsError(f"{name} takes seconds from 0 to 86400, not {getattr(self, name)}.")
        for name in ("attempts", "settle_rounds"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} takes a whole number from 1, not {getattr(self, name)}.")
        if self.rate is not None and not 0.01 <= self.rate <= 100_000:  # noqa: PLR2004  # stated in the message
            raise SettingsError(f"--rate takes requests a second from 0.01 to 100000, not {self.rate}.")
        if self.canary is not None and self.canary < 0:
            raise SettingsError(f"--canary takes a whole number from 0, not {self.canary}.")
        self.count_allowed_failures(0)

    def describe(self) -> dict[str, str | int | float]:
        """Return the settings as plain values, for the record; those that aren't set are left out."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in found.items() if value is not None and name != "dry_run"}

    def count_allowed_failures(self, rows: int) -> int | None:
        """Return how many of so many rows may fail before the run stops; None for no bound.

        Raises:
            SettingsError: ``max_failed`` is neither a count nor a percentage.
        """
        if self.max_failed is None:
            return None
        match = re.fullmatch(r"([0-9]{1,9})(?:(\.[0-9]{1,6})?(%))?", self.max_failed.strip())
        if match is None or (match[3] and float(match[1] + (match[2] or "")) > 100):  # noqa: PLR2004  # a whole
            raise SettingsError(
                f"--max-failed takes a count such as 20 or a share such as 5%, not {self.max_failed!r}."
            )
        number = float(match[1] + (match[2] or ""))
        return int(rows * number / 100) if match[3] else int(number)
