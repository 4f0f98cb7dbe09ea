"""Words for the order in which layers are listed: from the substrate up, unless something clearly says otherwise.

The API counts from the substrate. A word that only hints at the other order stops the stack: nobody could see later
that it was stored upside down.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

_TOP = r"(?:top|surface|cap|air|vacuum|film|outermost|uppermost|oben|oberfläche)(?:most)?(?:layer|side)?"
_BOTTOM = r"(?:bottom|substrate|interface|base|wafer|lowest|lowermost|unten|substrat)(?:most)?(?:layer|side)?"
_START = r"(?:counted|listed|numbered|ordered|sorted|starting|starts|read)?(?:from|at|von|vom|ab)(?:the)?"
_FIRST = r"(?:layer)?(?:[01]|first|one)(?:layer)?(?:is)?(?:at|on)?(?:the)?"
_LAST = r"(?:layer)?(?:n|last|highest|[0-9]{1,2})(?:layer)?(?:is)?(?:at|on)?(?:the)?"


def _compile(start: str, end: str, way: str) -> re.Pattern[str]:
    to = rf"(?:to|2)(?:the)?{end}"
    forms = (
        rf"{_START}{start}(?:{to}|{way})?",
        rf"{start}(?:{to}|{end}|{way}|(?:is)?first)",
        rf"{_FIRST}{start}(?:{_LAST}{end})?",
        rf"{start}(?:layer)?(?:is)?[01](?:{end}(?:layer)?(?:is)?(?:n|last|[0-9]{{1,2}}))?",
    )
    return re.compile("|".join(f"(?:{form})" for form in forms))


_TOP_DOWN = _compile(_TOP, _BOTTOM, "down(?:wards?)?")
_BOTTOM_UP = _compile(_BOTTOM, _TOP, "up(?:wards?)?")
_AS_GROWN = re.compile(r"(?:as)?(?:growth|grown|deposition|deposited)(?:order|sequence)?")
_REVERSED = re.compile(r"(?:is)?(?:reversed?|inverted|upsidedown|flipped)(?:order)?")
_ORDER_KEY = re.compile(r"(?:layers?|stack|stacking|list)?order(?:ing)?(?:of(?:the)?layers?)?")
_MAYBE_KEY = re.compile(r"(?:layers?|stack|stacking)?(?:direction|numbering|sequence)")
_END_KEY = re.compile(r"(?:counted|listed|numbered|layers?|count|list)from|starts?(?:at|from|with)|first(?:layer)?")
_MENTION = re.compile(rf"{_TOP}|{_BOTTOM}")
_BREAK = re.compile(r"[\s,;:/_-]+")
_YES, _NO = frozenset({"true", "yes", "on", "1", "y"}), frozenset({"false", "no", "off", "0", "n"})

TOP_LABELS = frozenset(
    ["cap", "capping", "caplayer", "cappinglayer", "top", "toplayer", "surface", "topcontact", "topelectrode"]
)
BOTTOM_LABELS = frozenset(
    [
        "buffer",
        "bufferlayer",
        "seed",
        "seedlayer",
        "bottom",
        "bottomlayer",
        "bottomcontact",
        "bottomelectrode",
        "adhesion",
        "adhesionlayer",
    ]
)
SUBSTRATE_LABELS = frozenset({"substrate", "substrat", "sub", "wafer"})
END_LABELS = (
    TOP_LABELS
    | BOTTOM_LABELS
    | SUBSTRATE_LABELS
    | {"film", "middle", "spacer", "barrier", "absorber", "electrode", "active"}
)
"""What a layer of a stack may be called."""
_LABEL_KEYS = frozenset(
    ["role", "type", "kind", "name", "label", "function", "purpose", "layertype", "layername", "layerrole"]
)


class Order(Enum):
    """From which end layers are listed."""

    BOTTOM_UP = "from the substrate up"
    TOP_DOWN = "from the top down"
    UNCLEAR = "unclear"


@lru_cache(maxsize=4096)
def find_label_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of a layer's keys say what it is called."""
    return tuple(key for key in keys if join_letters(key) in _LABEL_KEYS)


@lru_cache(maxsize=4096)
def find_order_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of some keys may say in which order layers are listed."""
    return tuple(key for key in keys if _is_order_key(key))


@lru_cache(maxsize=4096)
def join_letters(text: str) -> str:
    """Return a text's letters and digits in lower case: ``top-down`` is ``topdown``."""
    return "".join(character for character in text[:200].casefold() if character.isalnum())


@lru_cache(maxsize=4096)
def _is_order_key(key: str) -> bool:
    word = join_letters(key)
    patterns = (_ORDER_KEY, _MAYBE_KEY, _END_KEY, _TOP_DOWN, _BOTTOM_UP, _REVERSED)
    return any(pattern.fullmatch(word) for pattern in patterns)


@lru_cache(maxsize=4096)
def read_order(key: str, text: str) -> Order | None:
    """Return the order that a key and its value tell, None where they are about something else."""
    word, value = join_letters(key), join_letters(text)
    for pattern, yes, no in (
        (_TOP_DOWN, Order.TOP_DOWN, Order.BOTTOM_UP),
        (_BOTTOM_UP, Order.BOTTOM_UP, Order.TOP_DOWN),
        (_REVERSED, Order.UNCLEAR, None),
    ):
        if pattern.fullmatch(word):
            return yes if value in _YES else no if value in _NO else Order.UNCLEAR
    if _END_KEY.fullmatch(word):
        value = f"from{value}" if _MENTION.fullmatch(value) else value
    if _TOP_DOWN.fullmatch(value):
        return Order.TOP_DOWN
    if _BOTTOM_UP.fullmatch(value) or _AS_GROWN.fullmatch(value):
        return Order.BOTTOM_UP
    is_hint = value.isalpha() if _ORDER_KEY.fullmatch(word) else _MENTION.search(value) is not None
    return Order.UNCLEAR if is_hint else None


@lru_cache(maxsize=4096)
def read_direction(text: str) -> Order | None:
    """Return the order that a remark in a header tells, as ``1 = surface`` does; None where it tells nothing of it."""
    value = join_letters(text)
    if _TOP_DOWN.fullmatch(value):
        return Order.TOP_DOWN
    if _BOTTOM_UP.fullmatch(value) or _AS_GROWN.fullmatch(value):
        return Order.BOTTOM_UP
    return Order.UNCLEAR if _MENTION.search(value) or _REVERSED.search(value) else None


def find_direction(text: str) -> tuple[str, str] | None:
    """Return the beginning of a header and the words for an order at its end, as in ``Layer # from top``.

    The words must tell an order by themselves; None where there are none.
    """
    for match in _BREAK.finditer(text) if _MENTION.search(join_letters(text)) else ():
        name, rest = text[: match.start()], text[match.end() :]
        if read_direction(rest) in {Order.TOP_DOWN, Order.BOTTOM_UP}:
            return name, rest
    return None
