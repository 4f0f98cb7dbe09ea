"""Records and requests spelled otherwise than they were sent, as the plan's behaviour asks."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Protocol

from importer.sandbox.plan.behaviour import ElementTable, MpId, SpaceGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from importer.sandbox.plan.behaviour import Spelling, StoredChange

Record = dict[str, Any]

NUMBERS = {"P1": 1, "Pnma": 62, "P4mm": 99, "R-3c": 167, "P6_3/mmc": 194, "Pm-3m": 221, "Fm-3m": 225, "Fd-3m": 227}
"""Numbers of some space groups; any other is shown as it is."""
_PIECE = re.compile(r"[A-Z][a-z]?[0-9.]*")
_PART_OF_SYMBOL = re.compile(r"-?[0-9](?:_[0-9])?(?:/[a-z])?|[A-Za-z]")


class Scope(Protocol):
    """Samples and layers that a rule is about; none means all."""

    @property
    def samples(self) -> Collection[str]:
        """Ids and names of target materials."""

    @property
    def layers(self) -> Collection[int]:
        """Positions."""


def concerns(rule: Scope, record: Record) -> bool:
    """Tell whether a rule is about a record."""
    names = {str(record.get("sample_id")), record.get("sample_name")}
    return (not rule.samples or any(name in names for name in rule.samples)) and (
        not rule.layers or record.get("layer_id") in rule.layers
    )


def change_name(name: str, changes: Iterable[str]) -> str:
    """Return a name trimmed, lower-cased, upper-cased, cut, with its blanks or its letters put together."""
    for change in changes:
        match change:
            case "trim":
                name = name.strip()
            case "lower":
                name = name.lower()
            case "upper":
                name = name.upper()
            case "squeeze":
                name = " ".join(name.split())
            case "nfc":
                name = unicodedata.normalize("NFC", name)
            case _:
                name = name[: int(change)]
    return name


def change_write(body: Record, rules: Sequence[StoredChange], *, is_post: bool) -> Record:
    """Return the body of a write as it is kept: names changed, and, of a POST, positions shifted.

    A PATCH finds its layer by the position that the list shows, so that it isn't shifted once more.
    """
    sample = body.get("sample")
    if isinstance(sample, dict) and isinstance(sample.get("sample_name"), str):
        name = sample["sample_name"]
        for rule in rules:
            if not rule.samples or name in rule.samples:
                sample = {**sample, "sample_name": change_name(sample["sample_name"], rule.sample_name)}
                if rule.drops_metadata:
                    sample.pop("sample_metadata", None)
        layers = [_shift_ids({"sample_name": name, **layer}, rules) for layer in body.get("layers", [])]
        return {**body, "sample": sample, **({"layers": layers} if layers else {})}
    return _shift_ids(body, rules) if is_post else body


def _shift_ids(layer: Record, rules: Sequence[StoredChange]) -> Record:
    changed = {key: value for key, value in layer.items() if key != "sample_name"}
    for rule in rules:
        if not concerns(rule, layer):
            continue
        for key, shift in (("layer_id", rule.layer_id), ("sample_id", rule.sample_id)):
            if shift is not None and isinstance(layer.get(key), int):
                changed[key] = max(0, changed[key] + int(shift))
    return changed


def spell_record(record: Record, rules: Sequence[Spelling]) -> Record | None:
    """Return a record as it is shown, or None if it is hidden."""
    shown = record
    for rule in rules:
        if not concerns(rule, record):
            continue
        if rule.hidden:
            return None
        shown = _spell(shown, rule)
    return shown


def _spell(record: Record, rule: Spelling) -> Record:
    shown = dict(record)
    if rule.sample_name and isinstance(shown.get("sample_name"), str):
        shown["sample_name"] = change_name(shown["sample_name"], rule.sample_name)
    for key, spelling in (("id", rule.id), ("layer_id", rule.layer_id), ("sample_id", rule.sample_id)):
        if spelling is not None and isinstance(shown.get(key), int):
            shown[key] = spell_id(shown[key], spelling)
    changes: tuple[tuple[str, str | None, Callable[[Any, Any], object]], ...] = (
        ("composition_string", rule.composition_string, _spell_formula),
        ("element_dict", rule.element_dict, _spell_elements),
        ("space_group", rule.space_group, _spell_group),
        ("mp_id", rule.mp_id, _spell_mp_id),
    )
    for key, spelling, change in changes:
        if spelling is not None and key in shown:
            shown[key] = change(shown[key], spelling)
    return shown


def spell_id(number: int, spelling: str) -> object:
    """Return an id as text, as a float, as nothing, as a word, as half a number more, or shifted."""
    match spelling:
        case "text":
            return str(number)
        case "float":
            return float(number)
        case "null":
            return None
        case "top":
            return "top"
        case "half":
            return number + 0.5
        case _:
            return number + int(spelling)


def _spell_formula(formula: str | None, _: str) -> str | None:
    pieces = _PIECE.findall(formula or "")
    return "".join(reversed(pieces)) if formula and "".join(pieces) == formula else formula


def _spell_elements(elements: dict[str, float] | None, spelling: ElementTable) -> dict[str, Any] | None:
    if elements is None:
        return None
    match spelling:
        case ElementTable.FLOATS:
            return {symbol: float(amount) for symbol, amount in elements.items()}
        case ElementTable.STRINGS:
            return {symbol: str(amount) for symbol, amount in elements.items()}
        case ElementTable.FRACTIONS:
            whole = sum(elements.values()) or 1
            return {symbol: amount / whole for symbol, amount in elements.items()}
        case ElementTable.NONE:
            return None


def _spell_group(symbol: str | None, spelling: SpaceGroup) -> str | int | None:
    match spelling:
        case SpaceGroup.SPACED:
            return None if symbol is None else " ".join(_PART_OF_SYMBOL.findall(symbol))
        case SpaceGroup.NUMBER:
            return None if symbol is None else NUMBERS.get(symbol, symbol)
        case SpaceGroup.FILLED:
            return symbol or "P4mm"


def _spell_mp_id(mp_id: str | None, spelling: MpId) -> str | int | None:
    match spelling:
        case MpId.FILLED:
            return mp_id or "mp-5020"
        case _ if mp_id is None:
            return None
        case MpId.UPPER:
            return mp_id.upper()
        case MpId.DIGITS:
            return mp_id.removeprefix("mp-")
        case MpId.NUMBER:
            digits = mp_id.removeprefix("mp-")
            return int(digits) if digits.isdigit() else mp_id
