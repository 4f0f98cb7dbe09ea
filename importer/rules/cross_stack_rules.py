"""Rules for what several rows of a run say of one thing: a sample, a record, a material."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from importer.issues import Code
from importer.layers.composition import Kind, parse_composition
from importer.layers.elements import are_same_shares, list_shares
from importer.layers.space_group import find_number
from importer.model import Severity
from importer.rules.rows_seen import SLICE, take_numbers
from importer.rules.seen_parts import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from importer.model import Issue
    from importer.rules.rows_seen import SortedRows
    from importer.rules.seen_parts import Numbers


SAMPLE_KEY_MIXED = Code(
    "sample-key-mixed",
    Severity.ERROR,
    "Some rows of a sample give its sample_id and this one only its name, so it would become a second sample.",
    "Give the sample_id in every row of the sample, or in none.",
    "42 and A17 in one row, A17 alone in the next",
)


def check_keys(rows: SortedRows) -> Iterator[Issue]:
    """A sample is named in one way: rows by name alone would become a second stack beside the one by id.

    Source: the API page; a layer's parent is its sample_id, and a new target material is made from a name.
    """
    if rows.has_id.all():
        return
    names = rows.numbers("sample_name")
    with_id = rows.has_id & (names != NONE)
    known, firsts = np.unique(names[with_id], return_index=True)
    begun = dict(zip(known.tolist(), np.flatnonzero(with_id)[firsts].tolist(), strict=True))
    for position in np.flatnonzero(~rows.has_id & np.isin(names, known)).tolist():
        other = begun[int(names[position])]
        name = rows.text("sample_name", position)
        there = rows.place(other, "sample_id")
        given = f"sample_id {rows.sample(other)}"
        message = f"Sample {name} has {given} in {there}, but this row gives only its name."
        yield rows.make(position, SAMPLE_KEY_MIXED, message, name="sample_name", value=name)


TWO_SUBSTRATES = Code(
    "two-substrates",
    Severity.ERROR,
    "The rows of a sample give different substrates. None will be sent, because we can't tell which one you mean.",
    "Correct the substrate, or the sample name.",
    "A17 on Si and on SrTiO3",
)


def check_substrates(rows: SortedRows) -> Iterator[Issue]:
    """A sample that is named, and may have to be made, lies on one substrate."""
    substrates = rows.numbers("substrate")
    named = ~rows.has_id & (substrates != NONE)
    if not named.any():
        return
    told = np.flatnonzero(_find_several(np.cumsum(rows.is_first) - 1, substrates, named))
    _, firsts = np.unique(np.stack([rows.stack[told], substrates[told]]), axis=1, return_index=True)
    begun: dict[int, list[int]] = {}
    for position in told[np.sort(firsts)].tolist():
        begun.setdefault(int(rows.stack[position]), []).append(position)
    for position in told.tolist():
        one, two = begun[int(rows.stack[position])][:2]
        other = two if substrates[one] == substrates[position] else one
        here, there = rows.text("substrate", position), rows.text("substrate", other)
        place = rows.place(other, "substrate")
        message = f"Sample {rows.sample(position)} has the substrate {here} here, but {there} in {place}."
        yield rows.make(position, TWO_SUBSTRATES, message, name="substrate", value=here)


DUPLICATE_ID = Code(
    "duplicate-id",
    Severity.ERROR,
    "Two rows have the same record id, so neither will be sent.",
    "Correct one of them, or leave the id out: the server assigns one.",
    "id 100 twice",
)


def check_records(rows: SortedRows) -> Iterator[Issue]:
    """An explicit record id is used once: the server would refuse it or overwrite the other layer."""
    if not (rows.record != NONE).any():
        return
    order = np.lexsort((rows.seq, rows.record))
    records = rows.record[order]
    same = np.zeros(len(records), dtype=np.bool_)
    same[1:] = (records[1:] == records[:-1]) & (records[1:] != NONE)
    first = -1
    for at in np.flatnonzero(same).tolist():
        pairs = [(order[at], order[first])]
        if not same[at - 1]:
            first = at - 1
            pairs = [(order[first], order[at]), (order[at], order[first])]
        for position, other in pairs:
            record = str(int(rows.record[position]))
            message = f"Record id {record} is also in {rows.place(int(other), 'id')}. Neither row will be sent."
            yield rows.make(int(position), DUPLICATE_ID, message, name="id", value=record)


MP_ID_TWO_FORMULAS = Code(
    "mp-id-two-formulas",
    Severity.WARNING,
    "The same Materials Project id is used for different formulas.",
    "Check which formula the id belongs to.",
    "mp-5020 for BaTiO3 and for SrTiO3",
)


def check_materials(rows: SortedRows) -> Iterator[Issue]:
    """One Materials Project id means one compound; told at the first row of each other formula, as they were read.

    Formulas that leave amounts open or name a dopant may well carry the id of the parent compound.
    """
    materials, formulas = rows.numbers("mp_id"), rows.numbers("composition_string")
    both = (materials != NONE) & (formulas != NONE)
    told = np.flatnonzero(_find_several(materials, formulas, both))
    told = told[np.argsort(rows.seq[told], kind="stable")]
    pairs = materials[told].astype(np.int64) * len(rows.texts("composition_string")) + formulas[told]
    _, firsts = np.unique(pairs, return_index=True)
    told = told[np.sort(firsts)]
    ratios = _Ratios(rows.texts("composition_string"))
    begun: dict[int, tuple[int, str]] = {}
    for position, material, formula in zip(
        told.tolist(), materials[told].tolist(), formulas[told].tolist(), strict=True
    ):
        first = begun.get(material)
        if first is None:
            one = rows.text("composition_string", position)
            begun[material] = formula, f"for {one} in {rows.place(position, 'mp_id')}"
        elif not ratios.are_maybe_same(first[0], formula):
            name, other = rows.text("mp_id", position), rows.text("composition_string", position)
            message = f"{name} is used for {other} here, but {first[1]}."
            yield rows.make(position, MP_ID_TWO_FORMULAS, message, name="mp_id", value=name)


class _Ratios(dict[int, dict[str, float] | None]):
    """Number of a formula -> shares of its elements, None where it leaves them open; found when asked for first.

    The run keeps numbers of its formulas, not what they were read as: a million of these would be a gigabyte.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, number: int) -> dict[str, float] | None:
        value = parse_composition(self._texts[number]).value
        is_exact = value is not None and value.kind is Kind.EXACT
        shares = self[number] = list_shares(dict(value.amounts)) if value is not None and is_exact else None
        return shares

    def are_maybe_same(self, one: int, other: int) -> bool:
        """Tell whether two formulas may be of one compound."""
        first, second = self[one], self[other]
        return first is None or second is None or are_same_shares(first, second)


LAYER_SPLIT = Code(
    "layer-split",
    Severity.WARNING,
    "Two neighbouring layers have the same composition but different space groups.",
    "Check that these are two layers, not one entered twice.",
    "BaTiO3 in P4mm on BaTiO3 in Pm-3m",
)


def check_splits(rows: SortedRows) -> Iterator[Issue]:
    """Neighbours of one composition and two space groups are maybe one layer that was entered twice.

    Settings of one group (Pnma, Pbnm) are no two groups.
    """
    formulas, groups = rows.numbers("composition_string"), rows.numbers("space_group")
    split = np.zeros(len(rows.stack), dtype=np.bool_)
    split[1:] = (
        ~rows.is_first[1:]
        & (rows.layer[1:] - rows.layer[:-1] == 1)
        & (formulas[1:] == formulas[:-1])
        & (formulas[1:] != NONE)
        & (groups[1:] != groups[:-1])
        & (groups[1:] != NONE)
        & (groups[:-1] != NONE)
    )
    for position in np.flatnonzero(split).tolist():
        group, below = rows.text("space_group", position), rows.text("space_group", position - 1)
        if find_number(group) == find_number(below):
            continue
        formula = rows.text("composition_string", position)
        message = f"{formula} has space group {group} here, but {below} in the layer below."
        yield rows.make(position, LAYER_SPLIT, message, name="space_group", value=group)


CASE_DOUBT = Code(
    "case-doubt",
    Severity.WARNING,
    "Two formulas differ only in capitals, as Co and CO do.",
    "Check that both are right.",
    "LaCoO3 and LaCOO3",
)


def check_cases(rows: SortedRows) -> Iterator[Issue]:
    """Formulas that differ by upper and lower case only, as Co and CO do, doubt each other wherever they stand."""
    texts = rows.texts("composition_string")
    others = _find_others(texts, str.casefold)
    if not others:
        return
    formulas = rows.numbers("composition_string")
    doubted = np.zeros(len(texts), dtype=np.bool_)
    doubted[list(others)] = True
    for position in np.flatnonzero((formulas != NONE) & take_numbers(doubted, formulas)).tolist():
        text = rows.text("composition_string", position)
        other = others[int(formulas[position])]
        message = f"{text!r} and {other!r} both appear here and differ only in capitals."
        found = rows.make(position, CASE_DOUBT, message, name="composition_string", value=text)
        yield replace(found, suggestion=other)


NAMES_ALIKE = Code(
    "names-alike",
    Severity.WARNING,
    "The names of two samples differ only in capitals, spaces or dashes.",
    "If they are one sample, write its name the same way every time.",
    "MBE-23 and mbe 23",
)


def check_names(rows: SortedRows) -> Iterator[Issue]:
    """Samples whose names differ by case, blanks or dashes only doubt each other; told once a sample."""
    others = _find_others(rows.texts("sample_name"), fold_name)
    if not others:
        return
    names = rows.numbers("sample_name")
    for position in np.flatnonzero(rows.is_first & ~rows.has_id & (names != NONE)).tolist():
        other = others.get(int(names[position]))
        if other is not None:
            name = rows.text("sample_name", position)
            message = f"{name!r} and {other!r} are taken as two samples, because their names aren't exactly the same."
            yield rows.make(position, NAMES_ALIKE, message, name="sample_name", value=name)


def fold_name(name: str) -> str:
    """Return a sample's name without what people vary by accident; a dash between digits tells names apart."""
    joined = re.sub(r"(?<=[^\W\d_])[\s\-_\u2010-\u2015]+(?=\d)", "", name.strip())
    return re.sub(r"[\s\-_\u2010-\u2015]+", "-", joined).casefold()


def _find_others(texts: Sequence[str], fold: Callable[[str], str]) -> dict[int, str]:
    """Return number of a text -> the first other text that is the same once folded, for those that have one."""
    folded = [*map(fold, texts)]
    if len(set(folded)) == len(texts):
        return {}
    groups: dict[str, list[int]] = {}
    for number, text in enumerate(folded):
        groups.setdefault(text, []).append(number)
    return {
        number: texts[next(other for other in group if other != number)]
        for group in groups.values()
        if len(group) > 1
        for number in group
    }


def _find_several(keys: Numbers, values: Numbers, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which of some rows have a key that comes with several values among them; shape (rows,).

    Args:
        keys: small numbers from 0 up, where it counts.
        values: what they come with.
        among: which rows count.
    """
    if not among.any():
        return among
    parts = [slice(start, start + SLICE) for start in range(0, len(keys), SLICE)]
    # One value of each key, whichever comes last: a key that comes with another one, too, has several.
    last = np.full(int(keys.max()) + 1, NONE, dtype=np.int64)
    for part in parts:
        last[keys[part][among[part]]] = values[part][among[part]]
    has_several = np.zeros(len(last), dtype=np.bool_)
    for part in parts:
        counted = keys[part][among[part]]
        has_several[counted[last[counted] != values[part][among[part]]]] = True
    several: npt.NDArray[np.bool_] = among & take_numbers(has_several, keys)
    return several
