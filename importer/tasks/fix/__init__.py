"""Correcting a file: suggestions taken, edits and deleted rows, tried on a copy before it is kept."""
