"""Rules that look at the layers of each stack, and the list of all rules that look across the rows of a run.

Source of the stack rules: the API page, layers are ordered from the substrate up; positions are counted from 1 in all
its examples, and whether they may start at 0 isn't said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.issues import Code
from importer.model import Severity
from importer.rules.cross_stack_rules import (
    CASE_DOUBT,
    DUPLICATE_ID,
    LAYER_SPLIT,
    MP_ID_TWO_FORMULAS,
    NAMES_ALIKE,
    SAMPLE_KEY_MIXED,
    TWO_SUBSTRATES,
    check_cases,
    check_keys,
    check_materials,
    check_names,
    check_records,
    check_splits,
    check_substrates,
)
from importer.rules.touched import StackRule
from importer.settings import MAX_LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.model import Issue
    from importer.rules.rows_seen import SortedRows

_NAMED_GAP = 5
"""Missing positions that a message lists one by one."""


DUPLICATE_LAYER = Code(
    "duplicate-layer",
    Severity.ERROR,
    "Two rows give the same layer of a stack. Neither will be sent, because we can't tell which one you mean.",
    "Remove one of them, or correct its layer_id.",
    "layer 2 twice",
)


def check_duplicates(rows: SortedRows) -> Iterator[Issue]:
    """A position of a stack is named once; every copy is told where the other is, and none is sent."""
    same = np.zeros(len(rows.stack), dtype=np.bool_)
    same[1:] = ~rows.is_first[1:] & (rows.layer[1:] == rows.layer[:-1])
    first = -1
    for position in np.flatnonzero(same).tolist():
        if not same[position - 1]:
            first = position - 1
            yield _make_duplicate(rows, first, position)
        yield _make_duplicate(rows, position, first)


def _make_duplicate(rows: SortedRows, position: int, other: int) -> Issue:
    message = (
        f"Layer {rows.layer[position]} of {rows.label(position)} is also in {rows.place(other)}. Neither will be sent, "
        "because we can't tell which one you mean."
    )
    return rows.make(position, DUPLICATE_LAYER, message)


LAYER_GAP = Code(
    "layer-gap",
    Severity.ERROR,
    "A layer below this one is missing from its stack.",
    "Add the missing layer, or correct the numbering.",
    "1, 2, 4",
)


def check_gaps(rows: SortedRows) -> Iterator[Issue]:
    """Positions of a stack follow each other: a layer over a hole would lie on the wrong one."""
    step = np.zeros(len(rows.stack), dtype=rows.layer.dtype)
    step[1:] = rows.layer[1:] - rows.layer[:-1]
    step[rows.is_first] = 0
    for position in np.flatnonzero(step > 1).tolist():
        below, above = int(rows.layer[position - 1]), int(rows.layer[position])
        named = [str(missing) for missing in range(below + 1, min(above, below + 1 + _NAMED_GAP))]
        rest = above - below - 1 - len(named)
        missing = ", ".join(named) + (f" and {rest} more" if rest else "")
        message = f"Sample {rows.sample(position)} has layers {below} and {above}, but no layer {missing} in between."
        yield rows.make(position, LAYER_GAP, message)


STACK_START = Code(
    "stack-start",
    Severity.WARNING,
    "The lowest layer of the stack is neither 1 nor 0.",
    "Check that the lower layers are already on the server. If not, add them or correct the numbering.",
    "3, 4, 5",
)


def check_starts(rows: SortedRows) -> Iterator[Issue]:
    """A stack begins at 1 (or 0); one that begins higher adds to a stack that must be there already."""
    for position in np.flatnonzero(rows.is_first & (rows.layer > 1)).tolist():
        message = f"The lowest layer of {rows.label(position)} is {rows.layer[position]}; stacks start at 1 (or 0)."
        yield rows.make(position, STACK_START, message)


ROWS_OUT_OF_ORDER = Code(
    "rows-out-of-order",
    Severity.WARNING,
    "The rows of a stack aren't in the order of their layers. They will be sent from the substrate up.",
    "Check that layer 1 is the one on the substrate.",
    "3, 2, 1",
)


def check_order(rows: SortedRows) -> Iterator[Issue]:
    """Rows stand in the order of their layers; told once a stack, at the first row that stands too early."""
    late = np.zeros(len(rows.stack), dtype=np.bool_)
    late[1:] = ~rows.is_first[1:] & (rows.seq[1:] < rows.seq[:-1]) & (rows.layer[1:] != rows.layer[:-1])
    told = -1
    for position in np.flatnonzero(late).tolist():
        if rows.stack[position] != told and not rows.is_turned(position):
            told = int(rows.stack[position])
            message = (
                f"The rows of {rows.label(position)} aren't in the order of their layers. "
                "They will be sent from layer 1 (on the substrate) upwards."
            )
            yield rows.make(position, ROWS_OUT_OF_ORDER, message)


STACK_HIGH = Code(
    "stack-high",
    Severity.WARNING,
    "A stack has more layers than the limit (1000 unless changed in the settings).",
    "Check that these aren't several samples under one name.",
    "1001 layers of one sample",
)


def check_heights(rows: SortedRows, max_layers: int = MAX_LAYERS) -> Iterator[Issue]:
    """A stack of very many layers is more likely two samples under one name; told once a stack."""
    starts = np.flatnonzero(rows.is_first)
    ends = np.append(starts[1:], len(rows.stack))
    for start in starts[ends - starts > max_layers].tolist():
        position = start + max_layers
        message = f"Sample {rows.sample(position)} has more than {max_layers} layers."
        yield rows.make(position, STACK_HIGH, message)


STACK_RULES = (
    StackRule(check_duplicates, DUPLICATE_LAYER, "stack"),
    StackRule(check_gaps, LAYER_GAP, "stack"),
    StackRule(check_starts, STACK_START, "stack"),
    StackRule(check_order, ROWS_OUT_OF_ORDER, "stack"),
    StackRule(check_heights, STACK_HIGH, "stack"),
    StackRule(check_keys, SAMPLE_KEY_MIXED, "name"),
    StackRule(check_substrates, TWO_SUBSTRATES, "stack"),
    StackRule(check_records, DUPLICATE_ID, "record"),
    StackRule(check_materials, MP_ID_TWO_FORMULAS, "material"),
    StackRule(check_splits, LAYER_SPLIT, "stack"),
    StackRule(check_cases, CASE_DOUBT, "formula"),
    StackRule(check_names, NAMES_ALIKE, "name"),
)
"""What is asked of the rows of a whole run, in this order; a new rule is added here."""
