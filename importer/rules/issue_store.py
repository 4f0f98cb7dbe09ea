"""The issues of a check as they come: all of them within a bound, or the first of each code and how many there were."""

from __future__ import annotations

import heapq
from collections import Counter
from itertools import count, islice
from typing import TYPE_CHECKING

from importer.errors import InputLimitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from importer.model import Issue

MAX_ISSUES = 4_000_000
"""Issues that a check holds, about 300 bytes each."""
MAX_HEADERS = 1_000
"""Headers with issues of their own that are told apart, in several tables."""
_BATCH = 10_000


class KeptIssues:
    """Collects issues in whatever order they come.

    Args:
        most: how many of each code are kept, those of the first rows; None for all.

    Attributes:
        counts: code -> how many there were, kept or not.
        headers: code and header -> how many tables had this issue of this header, at most `MAX_HEADERS` of them.
        sources: input -> how many issues it had.
    """

    def __init__(self, most: int | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.headers: Counter[tuple[str, str]] = Counter()
        self.sources: Counter[str] = Counter()
        self._most = most
        self._all: list[Issue] = []
        # by code a heap whose top is the latest of those kept; the number settles issues of one row
        self._first: dict[str | tuple[str, str], list[tuple[int, int, Issue]]] = {}
        self._numbers = count()

    def add(self, issues: Iterable[Issue]) -> None:
        """Take issues in.

        Raises:
            InputLimitError: there are more than can be held.
        """
        if self._most is None:
            self._keep_all(iter(issues))
            return
        for issue in issues:
            self._count(issue)
            header = self._find_header(issue)
            first = self._first.setdefault(header or issue.code, [])
            place = -_find_place(issue)
            if len(first) < (self._most if header is None else 1):
                heapq.heappush(first, (place, -next(self._numbers), issue))
            elif first and place > first[0][0]:
                heapq.heapreplace(first, (place, -next(self._numbers), issue))

    def _count(self, issue: Issue) -> None:
        self.counts[issue.code] += 1
        self.sources[issue.where.source] += 1
        header = self._find_header(issue)
        if header is not None:
            self.headers[header] += 1

    def _find_header(self, issue: Issue) -> tuple[str, str] | None:
        """Return the code and header of an issue of a whole column, as far as there is room for them."""
        if issue.seq is not None or issue.where.column is None:
            return None
        header = issue.code, issue.where.column
        return header if header in self.headers or len(self.headers) < MAX_HEADERS else None

    def _keep_all(self, issues: Iterator[Issue]) -> None:
        while batch := tuple(islice(issues, _BATCH)):
            self._all += batch
            for issue in batch:
                self._count(issue)
            if len(self._all) > MAX_ISSUES:
                raise self._explain_flood()

    def list_in_order(self) -> tuple[Issue, ...]:
        """Return the issues that were kept, in input order, whole tables first; those of one row as they came."""
        if self._most is None:
            return tuple(sorted(self._all, key=_find_place))
        kept = sorted(((-place, -number, issue) for first in self._first.values() for place, number, issue in first))
        return tuple(issue for _, _, issue in kept)

    def _explain_flood(self) -> InputLimitError:
        """Return what is said of more issues than can be held: the most frequent one, and its first place."""
        ((code, times),) = self.counts.most_common(1)
        first = next(issue for issue in self._all if issue.code == code)
        return InputLimitError(
            f"More than {MAX_ISSUES:,} issues, {times:,} of them {code}. Fix these first, then check again. "
            f"The first is in {first.where}: {first.message}"
        )


def _find_place(issue: Issue) -> int:
    return -1 if issue.seq is None else issue.seq
