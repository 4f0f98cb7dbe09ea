"""Layers that no column numbers, numbered by the order of their rows: only where the mapping file says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Texts
from importer.contract import CONTENT_FIELDS
from importer.issues import Code, Problem, make_issue
from importer.model import Severity

if TYPE_CHECKING:
    import numpy.typing as npt

    from importer.columns.arranged_chunk import Arrangement

_SAMPLE = ("sample_id", "sample_name")

NUMBERED_ROW_EMPTY = Code(
    "numbered-row-empty",
    Severity.ERROR,
    "Layers are numbered by the order of their rows, but this row has nothing of a layer, so it would count as one.",
    "Delete the row, or fill in the layer.",
    "a row with only a sample's name between two layers",
)


def number_rows(work: Arrangement) -> None:
    """Number the layers of each sample by the order of their rows, from 1, where the mapping file says so.

    Where a sample's rows are in two places of the table, both begin with 1, and are told as duplicates.
    """
    if work.plan.rules.number_rows is None:
        return
    count = len(work.index)
    codes = [_number_texts(work.cells[name]) for name in _SAMPLE if name in work.cells]
    is_first = np.ones(count, dtype=np.bool_)
    is_first[1:] = np.any([each[1:] != each[:-1] for each in codes], axis=0) if codes else False
    begins = np.maximum.accumulate(np.where(is_first, np.arange(count), 0))
    numbers = np.arange(count) - begins + 1
    state = work.plan.state
    if count:
        if state.counted is not None and state.counted[0] == _name_sample(work, 0):
            numbers[begins == 0] += state.counted[1]
        state.counted = _name_sample(work, count - 1), int(numbers[-1])
    distinct = (*map(str, range(1, int(numbers.max(initial=0)) + 1)), None)
    work.cells["layer_id"] = Texts.of_coded((numbers - 1).astype(np.intp), distinct)
    work.columns.pop("layer_id", None)
    filled = [work.cells[name].find_filled() for name in CONTENT_FIELDS if name in work.cells]
    bare = ~np.any(filled, axis=0) if filled else np.ones(count, dtype=np.bool_)
    for position in np.flatnonzero(bare).tolist():
        said = f"This row has nothing of a layer, but would count as layer {numbers[position]} of its sample."
        place = work.raw.place_row(int(work.index[position]))
        work.issues.append(make_issue(Problem(NUMBERED_ROW_EMPTY, said), place, seq=work.start + position))


def _number_texts(texts: Texts) -> npt.NDArray[np.intp]:
    """Return a number for each row; rows have the same where their texts are the same but for blanks around them."""
    coded = texts.coded
    known: dict[str, int] = {}
    numbers: npt.NDArray[np.intp] = coded.take(
        [known.setdefault(str(text or "").strip(), len(known)) for text in coded.distinct], np.intp
    )
    return numbers


def _name_sample(work: Arrangement, position: int) -> tuple[str, ...]:
    """Return the texts that name the sample of a row."""
    return tuple(
        str(work.cells[name].text_at(position) or "").strip() if name in work.cells else "" for name in _SAMPLE
    )
