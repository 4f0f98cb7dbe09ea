"""The rules across columns, rows and stacks, one small generator an issue code."""

from __future__ import annotations

from importer.rules.issue_store import KeptIssues
from importer.rules.policy import check_policy, judge_issues
from importer.rules.row_rules import check_rows
from importer.rules.verdicts import StackVerdict, Verdict
from importer.rules.whole_run import StackRules

__all__ = ["KeptIssues", "StackRules", "StackVerdict", "Verdict", "check_policy", "check_rows", "judge_issues"]
