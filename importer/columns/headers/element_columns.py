"""Columns that are named by the symbols of elements: which of them hold amounts of atoms, and which something else.

``P``, ``V`` and ``I`` are as often power, voltage and current; ``Ga (degC)`` is the temperature of a cell. What isn't
confirmed by a unit, by the formulas beside it or by a mapping file is left unused and told, or stops the table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.issues import Code, Problem
from importer.layers.elements import is_element, parse_number, share_atoms
from importer.layers.header_names import normalise_header, read_element
from importer.layers.words.header_remarks import Remark
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from importer.chunks import RawChunk
    from importer.columns.mapping.rules import Rules

    Problems = dict[int, Problem]

_ALSO_QUANTITIES = frozenset(["P", "V", "I", "N", "C", "K", "W", "U", "H", "B", "F", "S", "Y"])
_ALSO_WORDS = frozenset(["In", "As", "No", "At", "He", "Am"])
_SYMBOL = re.compile("[A-Z][a-z]?")
_TOTALS = (1, 100)
_TOLERANCE = 0.02
_MOST_ATOMS = 100
_ROWS_LOOKED_AT = 200

HEADER_REMARK = Code(
    "header-remark",
    Severity.WARNING,
    "A unit or remark in the header says that the column is something else, so it isn't used.",
    "If it is the field after all, leave the unit out, or name the column in a mapping file.",
    "Ga (degC), Layer (nm)",
)

ELEMENT_UNCONFIRMED = Code(
    "element-unconfirmed",
    Severity.WARNING,
    "A header is an element symbol, but nothing confirms that the column holds amounts of it, so it isn't used.",
    "Write the unit into the header, e.g. `P (at%)`, or name the column under `elements` in a mapping file.",
    "P, V and I of a sputter log",
)

ELEMENTS_UNCLEAR = Code(
    "elements-unclear",
    Severity.ERROR,
    "Some columns named after elements may hold other quantities. No amounts are read, and no rows will be sent.",
    "Write the unit into the headers, e.g. `P (at%)`, or list them under `elements` or `ignore` in a mapping file.",
    "Ga, As and P (mbar) without the unit",
)

WEIGHT_AMOUNTS = Code(
    "weight-amounts",
    Severity.ERROR,
    "Amounts are given by weight, but layers need amounts of atoms. No rows of the table will be sent.",
    "Convert them to at% (divide by the atomic mass, then by the sum), or ignore the columns in a mapping file.",
    "Fe (wt%)",
)


def match_elements(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], rules: Rules) -> Problems:
    """Take unused columns that are named by an element's symbol for amounts, and return what is to be said of others.

    Args:
        raw: the first chunk of the table.
        uses: the columns as understood by now; those that hold amounts are changed in place.
        rules: what the mapping file says; an element that it names needs no other confirmation.
    """
    named = {normalise_header(header): symbol for header, symbol in rules.elements.items()}
    headers = [label_header(raw, position) for position in range(len(raw.header))]
    free = [use for use, _ in uses if use.role is Role.UNUSED and normalise_header(use.header) not in named]
    found = {use.position: read for use in free if (read := read_element(headers[use.position])) is not None}
    told: Problems = {}
    kinds = {position: kind for position, (_, kind) in found.items()}
    symbols = {position: symbol for position, (symbol, _) in found.items()}
    _tell_remarks(raw, kinds, symbols, told)
    plain = {position: symbols[position] for position, kind in kinds.items() if kind is not Remark.OTHER}
    plain = {position: symbol for position, symbol in plain.items() if kinds[position] is not Remark.WEIGHT}
    sure = {position for position in plain if kinds[position] is Remark.AMOUNT}
    told_by_user = {use.position: named[key] for use, _ in uses if (key := normalise_header(use.header)) in named}
    is_lone = len(plain) + len(told_by_user) < 2  # noqa: PLR2004  # "In" or "No" alone is a word
    plain = {} if is_lone else _confirm(raw, uses, plain, sure | set(told_by_user), told)
    for position, symbol in {**plain, **told_by_user}.items():
        by_mapping = position in told_by_user
        use = ColumnUse(position, raw.header[position], Role.ELEMENT, element=symbol, by_mapping=by_mapping)
        uses[position] = (use, False)
    return told


def label_header(raw: RawChunk, position: int) -> str:
    """Return a column's header with what the row of units below it says, in brackets."""
    unit = raw.units[position] if raw.units else ""
    header = raw.header[position]
    return f"{header} ({unit.strip('()[]{} ')})" if unit and header.strip() else header


def _tell_remarks(
    raw: RawChunk,
    kinds: Mapping[int, Remark],
    symbols: Mapping[int, str],
    told: Problems,
) -> None:
    """Say of columns that their unit makes something else of them, or amounts by weight."""
    weights = {position: symbols[position] for position, kind in kinds.items() if kind is Remark.WEIGHT}
    if raw.header_row is None:
        return
    for position, kind in kinds.items():
        header = label_header(raw, position)
        if kind is Remark.OTHER:
            said = (
                f"{header!r} isn't used as the amount of {symbols[position]}, because its unit or remark isn't "
                "at%, mol%, "
            )
            said += "fraction or count."
            told[position] = Problem(HEADER_REMARK, said)
        elif position in weights:
            meant = _convert(raw, weights)
            hint = "" if meant is None else f" The first row is {meant} in at%."
            told[position] = Problem(
                WEIGHT_AMOUNTS, f"{header!r} is an amount by weight, but at% is needed.{hint}", meant
            )


def _convert(raw: RawChunk, weights: Mapping[int, str]) -> str | None:
    """Return the first row of amounts by weight as atomic per cent, None where it can't be read."""
    for row in range(min(len(raw.rows), _ROWS_LOOKED_AT)):
        amounts = {symbol: parse_number(_read(raw, position, row)) for position, symbol in weights.items()}
        given = {symbol: amount for symbol, amount in amounts.items() if amount is not None and amount > 0}
        if given:
            return ", ".join(f"{symbol}:{share:.4g}" for symbol, share in share_atoms(given).items())
    return None


def _read(raw: RawChunk, position: int, row: int) -> str:
    return (raw.columns[position].text_at(row) or "").strip().replace(",", ".")


def _confirm(
    raw: RawChunk,
    uses: list[tuple[ColumnUse, bool]],
    plain: dict[int, str],
    sure: set[int],
    told: Problems,
) -> dict[int, str]:
    """Return those of some columns that hold amounts; the others are told, as unused or as what stops the table."""
    open_ones = {position: symbol for position, symbol in plain.items() if position not in sure}
    if not open_ones or raw.header_row is None:
        return plain
    formulas = [use.position for use, _ in uses if use.field == "composition_string" and use.group is None]
    if formulas:
        named = _list_elements_of(raw, formulas)
        unnamed = {position for position, symbol in open_ones.items() if symbol not in named}
        is_left = unnamed == set(open_ones) or all(open_ones[position] in _ALSO_QUANTITIES for position in unnamed)
        left = set() if not is_left else unnamed
        if _has_large(raw, set(open_ones) - left):
            return _refuse(raw, open_ones, open_ones, told)
        return _leave(plain, open_ones, left, told, because="it isn't in the formulas next to it") if is_left else plain
    doubtful = {p for p, symbol in open_ones.items() if symbol in _ALSO_QUANTITIES or symbol in _ALSO_WORDS}
    if doubtful and doubtful == set(open_ones) and not sure:
        return _leave(plain, open_ones, doubtful, told, because="neither a unit nor a formula says so")
    if not _are_amounts(raw, plain, doubtful):
        return _refuse(raw, open_ones, doubtful or set(open_ones), told)
    return plain


def _has_large(raw: RawChunk, open_ones: Iterable[int]) -> bool:
    """Tell whether a number of some columns is too large for an amount: a temperature, a power."""
    rows = range(min(len(raw.rows), _ROWS_LOOKED_AT))
    numbers = (parse_number(text) for at in open_ones for row in rows if (text := _read(raw, at, row)))
    return any(number is not None and number > _MOST_ATOMS for number in numbers)


def _refuse(raw: RawChunk, open_ones: Mapping[int, str], doubtful: Iterable[int], told: Problems) -> dict[int, str]:
    """Return no column: some may hold other quantities, which stops the table and is told."""
    for position in doubtful:
        said = f"{raw.header[position]!r} may be amounts of {open_ones[position]} or something else."
        told[position] = Problem(ELEMENTS_UNCLEAR, said)
    return {}


def _leave(
    plain: dict[int, str], open_ones: Mapping[int, str], left: Iterable[int], told: Problems, *, because: str
) -> dict[int, str]:
    """Return columns without those that aren't confirmed, which are told."""
    left = set(left)
    for position in left:
        said = f"This column isn't used as the amount of {open_ones[position]}: {because}."
        told[position] = Problem(ELEMENT_UNCONFIRMED, said)
    kept = {position: symbol for position, symbol in plain.items() if position not in left}
    return kept if len(kept) > 1 else {}


def _list_elements_of(raw: RawChunk, formulas: Iterable[int]) -> set[str]:
    """Return the symbols that occur in the formulas of a table's first rows."""
    texts = [str(text) for position in formulas for text in raw.columns[position].coded.distinct if text]
    return {symbol for text in texts for symbol in _SYMBOL.findall(text) if is_element(symbol)} | {
        symbol for text in texts for symbol in re.findall("[A-Z]", text) if is_element(symbol)
    }


def _are_amounts(raw: RawChunk, plain: Mapping[int, str], doubtful: Iterable[int]) -> bool:
    """Tell whether the numbers of some columns can be amounts of one layer's atoms.

    Where one of the columns may be another quantity, they must add up to 1 or 100, or be small whole numbers.
    """
    is_strict = bool(set(doubtful))
    for row in range(min(len(raw.rows), _ROWS_LOOKED_AT)):
        numbers = [parse_number(text) for position in plain if (text := _read(raw, position, row))]
        given = [number for number in numbers if number is not None]
        if any(number > _MOST_ATOMS for number in given):
            return False
        if not given or not is_strict or all(isinstance(number, int) for number in given):
            continue
        if not any(abs(sum(given) - total) <= _TOLERANCE * total for total in _TOTALS):
            return False
    return True
