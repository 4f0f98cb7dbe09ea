"""Corrected copies of the user's own file: what was changed is changed, all else stays as it stands."""

from __future__ import annotations

from importer.copies.copy import check_target, write_copy
from importer.copies.edit import Deletion, Edit

__all__ = ["Deletion", "Edit", "check_target", "write_copy"]
