"""Which encoding a text is in: its mark, else UTF-8 where it is that, else what charset-normalizer finds."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CANDIDATES = ("cp1252", "latin_1", "mac_roman", "cp1250")
"""The encodings of Windows, Unix and the classic Mac in the West, and of Windows in Central Europe."""
NAMES = {
    "cp1252": "Windows-1252",
    "latin_1": "ISO 8859-1 (Latin-1)",
    "mac_roman": "Mac Roman",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "shift_jis": "Shift-JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (traditional Chinese)",
    "euc_kr": "EUC-KR (Korean)",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_USUAL = frozenset("°µμÅåÄäÖöÜüßéèêàçñøæØÆ–—·±×²³“”‘’…Ωα")
_CENTRAL = frozenset("ěščřžýáíéúůňťďąćęłńóśźżőűăâîşţŠČŘŽĆŁŚŻÁ")
_RUN = re.compile(r"[^\x00-\x7f]+")
_IN_RUNS: Mapping[str, tuple[int, re.Pattern[bytes]]] = {
    "cp1251": (3, re.compile(rb"[\xe0-\xff\xb8]|[\xc0-\xdf\xa8]")),
    # kana, and the kanji of JIS level 1
    "shift_jis": (1, re.compile(rb"[\x82\x83\x88-\x97].")),
    "euc_kr": (1, re.compile(rb"[\xb0-\xc8][\xa1-\xfe]")),
    "gb18030": (1, re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")),
    "big5": (1, re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")),
}
"""How long a run of special characters is at least, and the bytes of the usual ones: the commonest half of each set."""
_RARER = 0.1
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
    """Return the encoding that a text is most likely in, from the lines that aren't ASCII.

    Special characters of Western and Central European texts stand alone among plain letters, those of Cyrillic and East
    Asian texts in runs. The encoding wins that makes the greatest part of them into those that such texts have; of
    equals the one whose text charset-normalizer finds the least chaotic, then the one that comes first.
    """
    from charset_normalizer import from_bytes  # noqa: PLC0415  # most texts are UTF-8, and need no guess

    shares = {encoding: _share_usual(sample, encoding) for encoding in (*CANDIDATES, *_IN_RUNS)}
    chaos = {match.encoding: match.chaos for match in from_bytes(sample, cp_isolation=list(CANDIDATES))}
    return min(shares, key=lambda encoding: (-round(shares[encoding], 1), chaos.get(encoding, 1.0)))


def _share_usual(sample: bytes, encoding: str) -> float:
    """Return which part of a text's special characters an encoding makes into usual ones."""
    try:
        text = sample.decode(encoding, "replace" if encoding in CANDIDATES else "strict")
    except UnicodeDecodeError:
        return -1.0
    special = [character for character in text if not character.isascii()]
    if encoding not in _IN_RUNS:
        usual = _USUAL | (_CENTRAL if encoding == "cp1250" else frozenset())
        share = sum(character in usual for character in special) / max(len(special), 1)
        return share - _RARER if encoding == "cp1250" else share
    least, pattern = _IN_RUNS[encoding]
    runs = [run for run in _RUN.findall(text) if len(run) >= least]
    usual_ones = sum(pattern.fullmatch(character.encode(encoding)) is not None for run in runs for character in run)
    return usual_ones / max(len(special), 1)
