"""Issue codes: what one value can be guilty of."""

from __future__ import annotations

from importer.codes.entry import Code

CODES: tuple[Code, ...] = ()
