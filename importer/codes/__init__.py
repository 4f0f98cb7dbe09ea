"""The catalogue of issue codes: severity, meaning, remedy, example; one module a wing.

The same text makes the README's table and the ``explain`` command.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.codes import columns, fields, reading, stacks
from importer.model import Issue, Problem, Severity, Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.codes.entry import Code

CODES: Mapping[str, Code] = MappingProxyType(
    {code.code: code for wing in (reading, columns, fields, stacks) for code in wing.CODES}
)


def make_issue(problem: Problem, where: Where, *, value: str | None = None, seq: int | None = None) -> Issue:
    """Return the issue that a problem becomes at a place; the severity is the catalogue's.

    Raises:
        KeyError: the code isn't in the catalogue (a slip in the code, found by the tests).
    """
    return Issue(
        code=problem.code,
        severity=CODES[problem.code].severity,
        where=where,
        message=problem.message,
        value=value,
        suggestion=problem.suggestion,
        seq=seq,
    )


def is_error(problem: Problem) -> bool:
    """Tell whether a problem stops its row."""
    return CODES[problem.code].severity is Severity.ERROR
