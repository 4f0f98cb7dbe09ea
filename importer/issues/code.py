"""What an issue code is, and what it says about one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from importer.model import Severity

T_co = TypeVar("T_co", covariant=True)


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
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    example: str
    option: str = ""


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
