"""Issue codes: what matching headers to fields can find."""

from __future__ import annotations

from importer.codes.entry import Code

CODES: tuple[Code, ...] = ()
