"""Correcting a file: suggestions, edits and deleted rows, tried on a copy first."""
