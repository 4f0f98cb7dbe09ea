"""Corrected copies of the user's own file: what wasn't changed stays as it is."""

from __future__ import annotations

from importer.copies.copy import check_target, choose_suffix, describe_copy, is_copyable, write_copy
from importer.copies.edit import Deletion, Edit
from importer.copies.places import Place, locate_cell, read_places

__all__ = [
    "Deletion",
    "Edit",
    "Place",
    "check_target",
    "choose_suffix",
    "describe_copy",
    "is_copyable",
    "locate_cell",
    "read_places",
    "write_copy",
]
