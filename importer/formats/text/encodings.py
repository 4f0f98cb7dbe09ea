"""Which encoding a text is in: its mark, else UTF-8 where it is that, else what charset-normalizer finds."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

CANDIDATES = ("cp1252", "latin_1", "mac_roman")
"""The encodings of Windows, Unix and the classic Mac in the West; anything else must come as UTF-8 or UTF-16."""
NAMES = {"cp1252": "Windows-1252", "latin_1": "ISO 8859-1 (Latin-1)", "mac_roman": "Mac Roman"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_USUAL = frozenset("°µμÅåÄäÖöÜüßéèêàçñøæØÆ–—·±×²³“”‘’…Ωα")
_HEAD = 4096
_NUL_SHARE = 0.3


def sniff_encoding(head: bytes) -> str:
    """Return the encoding that the first bytes tell: a mark, the NULs of UTF-16 without one, else UTF-8."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    head = head[: min(len(head), _HEAD) // 2 * 2]
    if head:
        even, odd = head[::2].count(0) / (len(head) / 2), head[1::2].count(0) / (len(head) / 2)
        if odd > _NUL_SHARE and odd > 3 * even:
            return "utf-16-le"
        if even > _NUL_SHARE and even > 3 * odd:
            return "utf-16-be"
    return "utf-8-sig"


def is_damaged_utf8(sample: bytes) -> bool:
    """Tell whether a text that isn't UTF-8 is UTF-8 for the most: no more stray bytes than whole characters."""
    text = sample.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= character <= "\udcff" for character in text)
    whole = sum("\x80" <= character < "\ud800" or character > "\udfff" for character in text)
    return 0 < whole >= stray


def guess_encoding(sample: bytes) -> str:
    """Return the single-byte encoding that a text is most likely in, from the lines that aren't ASCII.

    The one wins that makes the greatest part of the special characters into those that lab tables have; of equals the
    one whose text charset-normalizer finds the least chaotic, then Windows before Mac.
    """
    chaos = {match.encoding: match.chaos for match in from_bytes(sample, cp_isolation=list(CANDIDATES))}

    def rank(encoding: str) -> tuple[float, float]:
        special = [character for character in sample.decode(encoding, "replace") if not character.isascii()]
        usual = sum(character in _USUAL for character in special) / max(len(special), 1)
        return -round(usual, 1), chaos.get(encoding, 1.0)

    return min(CANDIDATES, key=rank)
