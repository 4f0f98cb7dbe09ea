"""Headers to fields: names as data, mapping files, wide tables made long."""

from __future__ import annotations

from importer.columns.arrange import arrange_chunk
from importer.columns.column_use import ColumnUse, Role
from importer.columns.corruption import choose_repairs, suspect_text
from importer.columns.mapping.absent import list_absent, list_absent_sheets
from importer.columns.mapping.load import load_mapping, read_content
from importer.columns.mapping.rules import MappingFile
from importer.columns.plan import ColumnPlan, plan_columns
from importer.columns.turning import Turns

__all__ = [
    "ColumnPlan",
    "ColumnUse",
    "MappingFile",
    "Role",
    "Turns",
    "arrange_chunk",
    "choose_repairs",
    "list_absent",
    "list_absent_sheets",
    "load_mapping",
    "plan_columns",
    "read_content",
    "suspect_text",
]
