"""What an issue code is, and the catalogue of all that rules and readers declare."""

from __future__ import annotations

from importer.issues.catalogue import describe_code, find_code, list_fixable, load_codes
from importer.issues.code import Code, Fix, Parsed, Problem
from importer.model import Issue, Severity, Where

__all__ = [
    "Code",
    "Fix",
    "Parsed",
    "Problem",
    "describe_code",
    "find_code",
    "is_error",
    "list_fixable",
    "load_codes",
    "make_issue",
]


def make_issue(problem: Problem, where: Where, *, value: str | None = None, seq: int | None = None) -> Issue:
    """Return the issue that a problem becomes at a place; the severity is its code's."""
    return Issue(
        code=problem.code,
        severity=problem.kind.severity,
        where=where,
        message=problem.message,
        value=value,
        suggestion=problem.suggestion,
        seq=seq,
    )


def is_error(problem: Problem) -> bool:
    """Tell whether a problem stops its row."""
    return problem.kind.severity is Severity.ERROR
