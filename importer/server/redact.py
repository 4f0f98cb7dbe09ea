"""Masking the key in whatever a server echoes, as it is or in another dress."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from importer.settings import Secret

MASK = "***"
SHORTEST = 6
"""Characters of an encoded piece below which it would be found by chance."""


class Redactor:
    """Masks a key, in any case, also where it is URL-encoded, base64, hexadecimal or escaped as in JSON or HTML."""

    def __init__(self, key: Secret) -> None:
        text = key.reveal()
        forms = {text, *_iter_dresses(text)}
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), re.IGNORECASE)

    def __repr__(self) -> str:
        """Return a mask, for the pattern holds the key."""
        return f"Redactor({MASK})"

    def redact(self, text: str) -> str:
        """Return the text without the key."""
        return self._pattern.sub(MASK, text)


def _iter_dresses(text: str) -> list[str]:
    raw = text.encode()
    dresses = [quote(text, safe=""), quote(text), quote(quote(text, safe=""), safe=""), raw.hex()]
    dresses.append("".join(f"%{byte:02x}" for byte in raw))
    dresses.append("".join(f"\\u{byte:04x}" for byte in raw))
    dresses.append(json.dumps(text)[1:-1])
    dresses += [html.escape(text), html.escape(text, quote=False)]
    # Within a longer text the key begins at any of three places of a group of base64; what its neighbours also decide
    # is cut off at both ends.
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inner = packed[(8 * before + 5) // 6 : (8 * (before + len(raw))) // 6]
        dresses += [inner, inner.replace("+", "-").replace("/", "_")]
    return [dress for dress in dresses if len(dress) >= SHORTEST]
