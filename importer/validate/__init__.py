"""The rules across columns, rows and stacks: one small generator a rule, one rule an issue code."""

from __future__ import annotations

from importer.validate.kept import KeptIssues
from importer.validate.policy import check_policy, judge_issues
from importer.validate.row_rules import check_rows
from importer.validate.stack_rules import StackRules
from importer.validate.verdicts import StackVerdict, Verdict

__all__ = ["KeptIssues", "StackRules", "StackVerdict", "Verdict", "check_policy", "check_rows", "judge_issues"]
