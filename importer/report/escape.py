"""Making text from files and servers harmless where it ends: on a terminal, in a log line, in a spreadsheet.

Text is kept as it came everywhere else; only the last step, the sink, changes how it is shown.
"""

from __future__ import annotations

import unicodedata

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠﹢﹣")
"""Characters with which spreadsheets begin a formula, full-width forms included.

Source: OWASP, "CSV Injection".
"""

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


def defuse_cell(text: str) -> str:
    """Return a CSV cell with an apostrophe before it if a spreadsheet would take it for a formula.

    Blanks and invisible characters before the dangerous one don't hide it.
    """
    for char in text:
        if char in FORMULA_STARTS:
            return f"'{text}"
        if not char.isspace() and unicodedata.category(char) not in {"Cc", "Cf"}:
            return text
    return text


def _name_char(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
