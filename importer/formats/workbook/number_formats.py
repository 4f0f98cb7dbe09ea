"""Number formats of workbooks: how a number shows that is kept as 1 and seen as ``001``.

Source: ECMA-376 part 1, 18.8.30 (numFmt) and 18.8.31. Only formats that show the number itself are rendered: digits,
fixed decimals and literal text. Under all others (General, scientific, fractions) a number is its shortest text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|([0#?]+(?:\.[0]+)?)|([ \-+/():!^&\'~{}<>=$%])|(.)', re.DOTALL)
_EXACT = 15
_MOST_KNOWN = 65_536
BUILT_IN = {1: "0", 2: "0.00", 9: "0%", 10: "0.00%"}
"""The built-in formats that can be rendered; the others are General, dates and the like."""
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format that shows a number's digits.

    Attributes:
        before: text in front of the digits.
        after: text behind them.
        width: least number of digits in front of the point, by leading zeros.
        decimals: digits behind the point.
        is_percent: the number shows as a hundred times itself; its digits are all kept.
    """

    before: str
    after: str
    width: int
    decimals: int
    is_percent: bool = False

    def show(self, number: float) -> str | None:
        """Return the text that the sheet shows, None where it shows less than the number."""
        exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
        if self.is_percent:
            return f"{exact.scaleb(2).normalize():f}{self.after}"
        shown = exact.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP) if abs(exact) < 10**_EXACT else None
        if shown is None or shown != exact:
            return None
        sign = "-" if shown < 0 else ""
        whole, _, part = f"{abs(shown):f}".partition(".")
        return f"{sign}{self.before}{whole.zfill(self.width)}{'.' + part if part else ''}{self.after}"


class ShownNumbers(dict[float, str | None]):
    """Number -> the text that it shows as under a format; each is worked out once, as long as they are few."""

    def __init__(self, number_format: NumberFormat) -> None:
        super().__init__()
        self.number_format = number_format

    def __missing__(self, number: float) -> str | None:
        """Work out what a number shows as."""
        if len(self) >= _MOST_KNOWN:
            self.clear()
        text = self[number] = self.number_format.show(number)
        return text


def parse_number_format(code: str) -> NumberFormat | None:
    """Return the format of a code's section for positive numbers, None where it can't be rendered or shows plainly.

    A plain ``0`` or ``#`` shows whole numbers as they are and needs no rendering.
    """
    before, after, digits = "", "", ""
    for match in _TOKEN.finditer(_first_section(code)):
        quoted, escaped, number, sign, other = match.groups()
        literal = quoted or escaped or sign or ""
        if other is not None or (number is not None and (digits or "?" in number)):
            return None
        if number is not None:
            digits = number
        elif digits:
            after += literal
        else:
            before += literal
    whole, _, part = digits.partition(".")
    if not digits or (not before and not after and whole.count("0") <= 1 and not part):
        return None
    is_percent = any(match[4] == "%" for match in _TOKEN.finditer(_first_section(code)))
    return NumberFormat(before, after, whole.count("0"), len(part), is_percent)


def is_date_format(number: int, code: str) -> bool:
    """Tell whether numbers show as a date, a time or a duration.

    Args:
        number: the format's number, which alone tells the built-in ones (ECMA-376 part 1, 18.8.30).
        code: the format's own code, empty for a built-in one.
    """
    return re.search("[dmyhs]", _NO_LETTERS.sub("", code), re.IGNORECASE) is not None or (
        not code and number in _BUILT_IN_DATES
    )


def _first_section(code: str) -> str:
    """Return a format's first section: up to the first semicolon outside of quotes."""
    match = re.match(r'(?:"[^"]*"|\\.|[^;"])*', code, re.DOTALL)
    return match.group() if match else ""
