"""Making text from files and servers harmless where it ends: on a terminal, in a log line, in a spreadsheet.

Text is kept as it came everywhere else; only the last step, the sink, changes how it is shown.
"""

from __future__ import annotations

import re
import unicodedata

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠﹢﹣")
"""Characters with which spreadsheets begin a formula, full-width forms included.

Source: OWASP, "CSV Injection".
"""

MAYBE_FORMULA = FORMULA_STARTS | {" "}
"""Printable characters with which a cell begins that is to be looked at as a whole."""

MAX_SHOWN = 80
"""Characters of one value that a console line shows."""


def escape_text(text: str) -> str:
    r"""Return a text in one line, every character that isn't printable written as its escape: ESC as ``\x1b``.

    So a terminal shows what a cell holds instead of obeying it, and a line break in a cell can't forge a line.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _name_char(char) for char in text)


def shorten_text(text: str, longest: int = MAX_SHOWN) -> str:
    """Return an escaped text of at most so many characters; the end of a longer one is left out, visibly."""
    shown = escape_text(text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CELL_WITHIN = re.compile(r"(?<=[;\t\r\n])(?=[ \u00a0]*[=+@\uff1d\uff0b\uff20]|-[^ ])")


def defuse_cell(text: str) -> str:
    r"""Return a CSV cell with an apostrophe before each text that a spreadsheet would take for a formula.

    Blanks and invisible characters before the dangerous one don't hide it, and a text behind a semicolon, tab or line
    break counts too: where a spreadsheet takes these for separators, it is a cell of its own. Control characters, with
    which a server's words could steer a terminal, are written as ``\u001b``, which is an escape in JSON texts too.
    """
    if text.isprintable() and text[:1] not in MAYBE_FORMULA and ";" not in text:
        return text  # as nearly all cells do, it begins with what is seen, and is one cell everywhere
    text = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    begin = len(text) - len(text.lstrip())
    text = text[:begin] + _CELL_WITHIN.sub("'", text[begin:])
    for char in text:
        if char in FORMULA_STARTS:
            return f"'{text}"
        if not char.isspace() and unicodedata.category(char) not in {"Cc", "Cf"}:
            return text
    return text


def _name_char(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
