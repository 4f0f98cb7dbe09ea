"""The code of an input that can't be read at all: checks raise it, and what goes on with a run file looks for it."""

from __future__ import annotations

from importer.issues.code import Code
from importer.model import Severity

UNREADABLE_FILE = Code(
    "unreadable-file",
    Severity.ERROR,
    "A file can't be read, so none of its rows were checked.",
    "Do what the message says, or leave the file out.",
    "an empty file",
    option="--exclude NAME",
)
