"""What is said across all rows of a draft, so that an edit costs what it touches and a window what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.draft.tally import PLACES, Tally
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from importer.model import Issue


@dataclass(frozen=True, slots=True)
class CodeIssues:
    """All issues of one code that are each about a row, in input order.

    Attributes:
        seqs: shape (issues,), int64: the ordinal of each one's row, ascending.
        issues: shape (issues,), object: the issues.
    """

    seqs: npt.NDArray[np.int64]
    issues: npt.NDArray[np.object_]

    @classmethod
    def of(cls, issues: Iterable[Issue]) -> CodeIssues:
        """Return issues of one code in their order."""
        listed = [issue for issue in issues if issue.seq is not None]
        seqs = np.fromiter((issue.seq or 0 for issue in listed), dtype=np.int64, count=len(listed))
        kept = np.empty(len(listed), dtype=np.object_)
        kept[:] = listed
        return cls(seqs, kept).sort()

    def sort(self) -> CodeIssues:
        """Return the issues in the order of their rows."""
        order = np.argsort(self.seqs, kind="stable")
        return CodeIssues(self.seqs[order], self.issues[order])

    def keep(self, seqs: npt.NDArray[np.int64], kept: npt.NDArray[np.intp]) -> CodeIssues:
        """Return some of the issues, by their positions, with the ordinals that their rows have now."""
        issues, seqs = self.issues[kept], seqs[kept]
        for at in np.flatnonzero(self.seqs[kept] != seqs).tolist():
            issues[at] = replace(issues[at], seq=int(seqs[at]))
        return CodeIssues(seqs, issues)

    def join(self, other: CodeIssues) -> CodeIssues:
        """Return the issues of both, in their order."""
        if not len(other.seqs):
            return self
        return CodeIssues(np.concatenate([self.seqs, other.seqs]), np.concatenate([self.issues, other.issues])).sort()

    @property
    def severity(self) -> Severity:
        """The severity, which is the same for all issues of a code."""
        found: Severity = self.issues[0].severity
        return found

    def count(self, is_takeable: Callable[[Issue], bool]) -> Tally:
        """Return how many there are."""
        first: list[Issue] = self.issues[:PLACES].tolist()
        takeable = 0
        if first[0].suggestion is not None:
            takeable = sum(map(is_takeable, self.issues.tolist()))
        return Tally(len(self.issues), takeable, 0, self.severity, first)


@dataclass(slots=True)
class StackIssues:
    """The issues by their codes.

    Attributes:
        codes: code -> its issues; none is empty.
    """

    codes: dict[str, CodeIssues] = field(default_factory=dict)

    @classmethod
    def of(cls, issues: Iterable[Issue]) -> StackIssues:
        """Return issues by their codes."""
        found: dict[str, list[Issue]] = {}
        for issue in issues:
            found.setdefault(issue.code, []).append(issue)
        return cls({code: CodeIssues.of(listed) for code, listed in found.items()})

    def __len__(self) -> int:
        """Return how many issues there are."""
        return sum(len(each.seqs) for each in self.codes.values())

    def __iter__(self) -> Iterator[Issue]:
        """Yield all issues, code by code."""
        for each in self.codes.values():
            yield from each.issues.tolist()

    def iter_wanted(self, code: str | None) -> Iterator[CodeIssues]:
        """Yield the issues of a code; without one, all that are more than notes."""
        for own, each in self.codes.items():
            if own == code or (code is None and each.severity is not Severity.NOTE):
                yield each

    def iter_between(self, first: int, last: int, *, code: str | None = "") -> Iterator[Issue]:
        """Yield the issues of rows from an ordinal up to before another; of a code, of None as `iter_wanted` says."""
        for each in self.codes.values() if code == "" else self.iter_wanted(code):
            low, high = np.searchsorted(each.seqs, (first, last))
            yield from each.issues[low:high].tolist()

    def stop_rows(self, stopped: npt.NDArray[np.bool_]) -> None:
        """Mark the rows of errors."""
        for each in self.codes.values():
            if each.severity is Severity.ERROR:
                stopped[each.seqs] = True
