"""How many issues of each code there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.model import Severity

if TYPE_CHECKING:
    from importer.model import Issue

RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
"""Severity -> 0 for the gravest."""
PLACES = 20
"""Issues of a code whose places are kept."""


@dataclass(slots=True)
class Tally:
    """How many issues of a code there are.

    Attributes:
        count: all of them.
        takeable: those with a suggestion that can be taken.
        fixable: those with a suggestion that can be taken only by correcting the file as a whole.
        severity: the gravest among them.
        first: the first of them.
    """

    count: int = 0
    takeable: int = 0
    fixable: int = 0
    severity: Severity = Severity.NOTE
    first: list[Issue] = field(default_factory=list)

    def add(self, other: Tally, *, most: int = PLACES) -> None:
        """Add what another part has."""
        self.count += other.count
        self.takeable += other.takeable
        self.fixable += other.fixable
        self.severity = min(self.severity, other.severity, key=RANK.__getitem__)
        self.first += other.first[: max(0, most - len(self.first))]
