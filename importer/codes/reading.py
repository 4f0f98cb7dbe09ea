"""Issue codes: what reading a file can find."""

from __future__ import annotations

from importer.codes.entry import Code

CODES: tuple[Code, ...] = ()
