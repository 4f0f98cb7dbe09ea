"""What an issue code is, and what it says about one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from importer.model import Severity

T_co = TypeVar("T_co", covariant=True)


class Fix(StrEnum):
    """Whether the suggestion of an issue may take the place of the cell's text."""

    NONE = "none"
    """It may not: it isn't a text for the cell, or there is none."""
    ASKED = "asked"
    """Where somebody asks for it by the code: the text could mean something else too."""
    SURE = "sure"
    """Where somebody asks for corrections at all: there is one reading."""


@dataclass(frozen=True, slots=True)
class Code:
    """What one issue code means; declared once, beside the check that raises it.

    Attributes:
        code: stable kebab-case name; once published it is never given another meaning.
        severity: what it does to the row.
        meaning: what was found, one plain sentence.
        remedy: what to do about it, one plain sentence that also fits a notebook and the page; empty for a note that
            needs nothing.
        example: a text that gets it.
        option: what to add on the command line where an option does it, as ``--repair zeros-lost``.
        fix: whether a suggestion is a text for the cell, that `fix` and ``--repair`` may put there.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    example: str
    option: str = ""
    fix: Fix = Fix.NONE

    @property
    def added(self) -> str:
        """What to add on the command line: the option, else ``--repair`` where a suggestion may be taken."""
        return self.option or (f"--repair {self.code}" if self.fix is not Fix.NONE else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value, before its place is known.

    Attributes:
        kind: the issue code that it is one of.
        message: what is wrong with which value, one sentence or two.
        suggestion: the text that is probably meant, where there is one; never applied silently.
    """

    kind: Code
    message: str
    suggestion: str | None = None

    @property
    def code(self) -> str:
        """The name of its issue code."""
        return self.kind.code


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T_co]):
    """The result of reading one text: the value that it means, and what is wrong with it.

    ``value`` is None when the text can't be taken; then at least one problem has the severity *error*.
    """

    value: T_co | None
    problems: tuple[Problem, ...] = ()
