"""What a shell completes names to: issue codes, input formats and schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def complete_code(incomplete: str) -> list[str]:
    """Return the issue codes that begin so."""
    from importer.issues import load_codes

    return [code for code in load_codes() if code.startswith(incomplete)]


def complete_format(incomplete: str) -> list[str]:
    """Return the input formats that begin so."""
    from importer.formats.registry import map_formats

    return sorted(name for name in map_formats() if name.startswith(incomplete))


def complete_schema(incomplete: str) -> list[str]:
    """Return the schemas that begin so."""
    from importer.contract import SCHEMA_NAMES

    return [name for name in SCHEMA_NAMES if name.startswith(incomplete)]


OFFERS: dict[str, Callable[[str], list[str]]] = {"codes": complete_code, "formats": complete_format}
"""What an option offers -> what completes it."""
