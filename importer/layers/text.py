"""Free text and JSON objects that describe the sample."""

from __future__ import annotations

import json
import re

from importer.issues import Code, Parsed, Problem
from importer.model import Severity

PLAIN_SPACE = " \t\r\n"
_UNUSUAL = re.compile(r"[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]+")
_MAX_DEPTH = 32


def trim_text(text: str) -> tuple[str | None, bool]:
    """Return a cell's text without the white space around it, and whether unusual white space was among that.

    A text of white space only is None: the cell is empty.
    """
    plain = text.strip(PLAIN_SPACE)
    if plain.isascii():
        return plain or None, False
    trimmed = plain
    while True:
        shorter = _UNUSUAL.sub("", trimmed[:1]) + trimmed[1:-1] + _UNUSUAL.sub("", trimmed[-1:] if trimmed[1:] else "")
        shorter = shorter.strip(PLAIN_SPACE)
        if shorter == trimmed:
            break
        trimmed = shorter
    return trimmed or None, trimmed != plain


def parse_name(text: str) -> Parsed[str]:
    """Return a name as it stands."""
    return Parsed(text)


SAMPLE_METADATA_MALFORMED = Code(
    "sample-metadata-malformed",
    Severity.ERROR,
    "The sample's metadata isn't a JSON object.",
    'Write {"key": "value"}.',
    "grown by hand",
)


def parse_metadata(text: str) -> Parsed[dict[str, object]]:
    """Return a sample's metadata from JSON text; it must be an object."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        message = f"{text[:60]!r} isn't a JSON object."
        return Parsed(None, (Problem(SAMPLE_METADATA_MALFORMED, message),))
    return Parsed(found)
