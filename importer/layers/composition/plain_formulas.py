"""The fast way through plain formulas, which nearly all are: symbols and amounts, in brackets or not.

It takes only what is sure to be read as it stands. Whatever may be a word, a slip or a remark goes the careful way, and
what this way returns is what that one would.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.layers.composition.doubts import LARGE_AMOUNT, is_unstable
from importer.layers.composition.named import is_named
from importer.layers.composition.slips import is_word
from importer.layers.elements import list_symbols

if TYPE_CHECKING:
    from collections.abc import Mapping

_AMOUNT = r"(?:[1-9][0-9]{0,8}(?:\.[0-9]{1,9})?|0?\.[0-9]{1,9})"
_ATOM = rf"(?:[A-Z][a-z]?{_AMOUNT}?)"
_PLAIN = re.compile(
    rf"(?:{_ATOM}|\((?!I{{2,3}}\)|IV\)|VI{{1,3}}\)){_ATOM}+\){_AMOUNT}?)+"  # (III) is an oxidation number
)
_PIECE = re.compile(rf"([A-Z][a-z]?|[()])({_AMOUNT}?)")
_NOUGHT = re.compile(r"(?<=[A-Za-z)])[1-9]0[1-9][0-9]?(?![0-9.])")
"""An amount with, perhaps, the letter O, as in ``Al203``."""
_MAX_LENGTH = 200


def read_plain(text: str) -> dict[str, float] | None:
    """Return element -> amount of a plain formula, None for a text that wants care."""
    if len(text) > _MAX_LENGTH or _PLAIN.fullmatch(text) is None:
        return None
    if text.isupper() or text.endswith((")", "H2O")) or _NOUGHT.search(text) or is_word(text) or is_named(text):
        return None
    symbols = _list_plain_symbols()
    amounts: dict[str, float] = {}
    amount = 0.0
    group = amounts
    for piece, digits in _PIECE.findall(text):
        amount = float(digits) if digits else 1.0
        if piece in symbols:
            group[piece] = group.get(piece, 0.0) + amount
        elif piece == "(":
            group = {}
        elif piece == ")":
            for symbol, number in group.items():
                amounts[symbol] = amounts.get(symbol, 0.0) + number * amount
            group = amounts
        else:
            return None
    is_code = len(amounts) == 1 and amount >= LARGE_AMOUNT
    return amounts if any(amounts.values()) and not is_code else None


@cache
def _list_plain_symbols() -> Mapping[str, None]:
    """Return the symbols of elements but for those that are told: deuterium, actinium (acetate), single atoms."""
    told = {symbol for symbol in list_symbols() - {"D"} if is_unstable(symbol)} | {"D", "Ac"}
    return MappingProxyType(dict.fromkeys(sorted(list_symbols() - told)))
