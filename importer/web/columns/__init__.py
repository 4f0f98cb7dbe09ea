"""How the columns of open files are understood."""

from __future__ import annotations

from importer.web.columns.change import Choices, change_columns, put_mapping_text
from importer.web.columns.view import view_columns

__all__ = ["Choices", "change_columns", "put_mapping_text", "view_columns"]
