"""A lab's own weights for issues: warnings made errors, warnings and notes left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.issues import load_codes
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from importer.model import Issue
    from importer.settings import CheckSettings


def check_policy(check: CheckSettings) -> None:
    """Refuse settings that name no code, or that would let an error through.

    Raises:
        SettingsError: a code that there isn't, or an error among those to be ignored: what can't be read can't be sent.
    """
    codes = load_codes() if check.ignore or check.only else {}
    for code in (*check.ignore, *check.only):
        if code not in codes:
            raise SettingsError(f"There is no issue code {code!r}. `layer-importer explain` lists them all.")
    for code in check.ignore:
        if codes[code].severity is Severity.ERROR:
            raise SettingsError(f"{code} is an error and can't be ignored: rows with this error can't be sent.")


def judge_issues(issues: Iterable[Issue], check: CheckSettings) -> Iterator[Issue]:
    """Yield issues as a lab weighs them; errors always stay.

    ``ignore`` leaves warnings and notes of some codes out, ``only`` all that aren't of some codes; ``strict`` makes the
    warnings that are left errors.
    """
    for issue in issues:
        if issue.severity is not Severity.ERROR and (
            issue.code in check.ignore or (check.only and issue.code not in check.only)
        ):
            continue
        is_raised = check.strict and issue.severity is Severity.WARNING
        yield replace(issue, severity=Severity.ERROR) if is_raised else issue
