"""The rules across columns, rows and stacks: one small generator a rule, one rule an issue code."""

from __future__ import annotations

from importer.validate.row_rules import check_rows
from importer.validate.stack_rules import StackRules

__all__ = ["StackRules", "check_rows"]
