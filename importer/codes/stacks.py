"""Issue codes: what rows and stacks as a whole can be guilty of."""

from __future__ import annotations

from importer.codes.entry import Code

CODES: tuple[Code, ...] = ()
