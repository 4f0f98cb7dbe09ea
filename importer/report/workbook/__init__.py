"""Workbooks that are written: the marked copy of the user's own and templates to fill in."""
