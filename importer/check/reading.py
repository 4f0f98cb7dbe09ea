"""One raw chunk through arranging, typing and the row rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.columns import arrange_chunk, choose_repairs, load_mapping, plan_columns
from importer.layers.normalise import KnownTexts, normalise_chunk
from importer.model import Severity
from importer.rules import check_policy, check_rows, judge_issues
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from importer.chunks import LayerChunk, RawChunk
    from importer.columns import ColumnPlan, MappingFile, Turns
    from importer.model import Issue


@dataclass(frozen=True, slots=True)
class Reading:
    """How the tables of one run are understood and weighed, and what their texts mean so far.

    Attributes:
        read: how the inputs are read.
        check: how rows are weighed.
        mapping: the mapping file, where there is one.
        repairs: codes whose suggestions are taken.
        known: what the texts of the run mean.
    """

    read: ReadSettings
    check: CheckSettings
    mapping: MappingFile | None
    repairs: frozenset[str]
    known: KnownTexts


def prepare_reading(read: ReadSettings = ReadSettings(), check: CheckSettings = CheckSettings()) -> Reading:
    """Load what reading the tables of a run needs.

    Raises:
        MappingError: the mapping file can't be used.
        SettingsError: a code that there isn't, or that can't be ignored.
        UsageError: a code is none that can be repaired.
    """
    check_policy(check)
    given = None if read.mapping is None else load_mapping(read.mapping)
    names = check.names | (frozenset() if given is None else given.names)
    repairs = choose_repairs(read.repair)
    return Reading(read, check, given, repairs, KnownTexts(names=names, repairs=repairs))


def plan_table(raw: RawChunk, reading: Reading) -> ColumnPlan:
    """Return how the columns of a table are understood, from its first chunk."""
    given = None if reading.mapping is None else reading.mapping.choose(raw.source)
    return plan_columns(raw, mapping=given, repairs=reading.repairs, fill_down=reading.read.fill_down)


def check_chunk(
    raw: RawChunk, columns: ColumnPlan, reading: Reading, *, start: int, turns: Turns | None = None
) -> tuple[LayerChunk, npt.NDArray[np.bool_], tuple[Issue, ...]]:
    """Return the typed rows of a chunk, which of them have an error of their own, and the issues of the rows.

    Args:
        raw: the chunk.
        columns: how the columns of its table are understood; what it knows of earlier rows goes on from there.
        reading: what is the same for the whole run.
        start: ordinal of its first row over the whole run.
        turns: the positions of all stacks of a table that counts layers from the top.
    """
    fields = arrange_chunk(raw, columns, start=start)
    layers = normalise_chunk(fields, derive_elements=reading.check.derive_elements, known=reading.known)
    layers = layers if turns is None else turns.turn(layers)
    issues = tuple(judge_issues((*layers.issues, *check_rows(layers)), reading.check))
    bad = layers.bad.copy()
    for issue in issues:
        if issue.severity is Severity.ERROR and issue.seq is not None:
            bad[issue.seq - start] = True
    return layers, bad, issues
