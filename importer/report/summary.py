"""What a run or a check came to, in few numbers: counts, and issues grouped by code with their first places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.codes import CODES
from importer.model import GOOD_STATUSES, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from importer.model import Issue

FIRST = 3
"""Issues of one code that a summary shows; files show all."""

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}

NEXT_STEPS: Mapping[Status, str] = {
    Status.CREATED: "",
    Status.UPDATED: "",
    Status.UNCHANGED: "",
    Status.CONFLICT: "correct the row, or import with --on-existing update (--allow-remove, if a stack would shrink)",
    Status.INVALID: "correct the cells that are named and import again; rows that are in are not stored twice",
    Status.REFUSED: "read the server's words in the report and correct the row, or retry --only refused",
    Status.FAILED: "resume",
    Status.UNCONFIRMED: "resume: it looks first whether the row is stored; never send it by hand",
    Status.NOT_SENT: "resume; if a layer below it was held back, correct that one first",
}
"""Status -> what the user does next."""

REHEARSED = ("valid; would be sent", "none; the import itself sends it")
"""Meaning and next step of a row that isn't sent because nothing was to be."""

MEANINGS: Mapping[Status, str] = {
    Status.CREATED: "stored in this run",
    Status.UPDATED: "was there, changed on request",
    Status.UNCHANGED: "already there with the same content",
    Status.CONFLICT: "already there with other content, left alone",
    Status.INVALID: "failed validation, not sent",
    Status.REFUSED: "the server refused it",
    Status.FAILED: "retries spent, known not to be stored",
    Status.UNCONFIRMED: "may be stored, could not be checked",
    Status.NOT_SENT: "not sent",
}
"""Status -> what it means, in a phrase."""


@dataclass(slots=True)
class IssueGroup:
    """The issues of one code: how many, and the first of them."""

    code: str
    severity: Severity
    count: int = 0
    first: list[Issue] = field(default_factory=list)

    @property
    def meaning(self) -> str:
        """What was found, from the catalogue."""
        return CODES[self.code].meaning

    @property
    def remedy(self) -> str:
        """What the user does about it, from the catalogue."""
        return CODES[self.code].remedy


def group_issues(
    issues: Iterable[Issue], *, first: int = FIRST, counts: Mapping[str, int] | None = None
) -> list[IssueGroup]:
    """Return issues grouped by code, errors before warnings before notes, the most frequent first.

    Args:
        issues: any number of issues; only the first few of each code are kept.
        first: how many of each code are kept.
        counts: code -> how many there are, where the issues are the first of them only.
    """
    groups: dict[str, IssueGroup] = {}
    for issue in issues:
        group = groups.setdefault(issue.code, IssueGroup(issue.code, issue.severity))
        group.count += 1
        if len(group.first) < first:
            group.first.append(issue)
    for group in groups.values() if counts else ():
        group.count = (counts or {})[group.code]
    return sorted(groups.values(), key=lambda group: (_ORDER[group.severity], -group.count, group.code))


def count_words(count: int, noun: str) -> str:
    """Return a number with its noun: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def state_verdict(counts: Mapping[Status, int], *, is_rehearsal: bool = False) -> str:
    """Return the result of a run in one sentence, or two."""
    rows = sum(counts.values())
    if is_rehearsal:
        invalid = counts.get(Status.INVALID, 0)
        rest = f"; {invalid:,} can't be sent as written" if invalid else ""
        return f"Nothing was sent: {rows - invalid:,} of {count_words(rows, 'row')} would be sent{rest}."
    good = sum(counts.get(status, 0) for status in GOOD_STATUSES)
    if good == rows:
        return f"All {count_words(rows, 'row')} are in." if rows != 1 else "The one row is in."
    unfinished = {status: count for status, count in counts.items() if count and status not in GOOD_STATUSES}
    parts = [f"{count:,} {status.value.replace('_', ' ')}" for status, count in unfinished.items()]
    verb = "is" if good == 1 else "are"
    return f"{good:,} of {count_words(rows, 'row')} {verb} in; {rows - good:,} to look at ({', '.join(parts)})."
