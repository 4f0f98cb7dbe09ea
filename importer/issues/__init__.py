"""The catalogue of issue codes: severity, meaning, remedy, example; one module a wing.

The same text makes the README's table and the ``explain`` command.
"""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.errors import UsageError
from importer.issues import columns, fields, reading, stacks
from importer.model import Issue, Problem, Severity, Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.issues.entry import Code

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


def find_code(name: str) -> Code:
    """Return the entry of a code, for people who ask what it means.

    Raises:
        UsageError: there is no such code; a near one is named.
    """
    if name in CODES:
        return CODES[name]
    near = difflib.get_close_matches(name.lower(), CODES, n=1)
    hint = f"did you mean {near[0]}?" if near else "`layer-importer explain` lists them all."
    raise UsageError(f"There is no issue code {name!r}: {hint}")


def is_error(problem: Problem) -> bool:
    """Tell whether a problem stops its row."""
    return CODES[problem.code].severity is Severity.ERROR
