"""Which rows can have other issues across stacks once some rows are changed: those that share something with them.

Every rule that looks across rows compares only rows with something in common: a stack, a sample's name, a record, a
material, a formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from importer.rules.cross_stack_rules import fold_name
from importer.rules.rows_seen import take_numbers
from importer.rules.seen_parts import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from importer.chunks import LayerChunk
    from importer.issues import Code
    from importer.model import Issue
    from importer.rules.rows_seen import SortedRows
    from importer.rules.seen_parts import Numbers

Key = Literal["stack", "name", "record", "material", "formula"]
"""What rows have in common that a rule compares."""


class StackRule(NamedTuple):
    """A rule that looks across rows.

    Attributes:
        check: yields its issues, all of its code.
        code: their code.
        key: what the rows have in common that it compares.
    """

    check: Callable[[SortedRows], Iterator[Issue]]
    code: Code
    key: Key


@dataclass(frozen=True, slots=True)
class Touched:
    """What changed rows say, before the change and after it.

    Attributes:
        samples: ids of samples.
        names: names of samples, folded.
        records: ids of records.
        materials: ids of materials.
        formulas: formulas in lower case.
    """

    samples: frozenset[int]
    names: frozenset[str]
    records: frozenset[int]
    materials: frozenset[str]
    formulas: frozenset[str]

    @classmethod
    def of(cls, chunks: Iterable[LayerChunk]) -> Touched:
        """Return what all rows of some chunks say."""
        found: dict[str, set[object]] = {}
        for chunk in chunks:
            for field in ("sample_id", "sample_name", "id", "mp_id", "composition_string"):
                found.setdefault(field, set()).update(chunk.coded[field].distinct)

        def list_texts(field: str) -> Iterator[str]:
            return (each for each in found.get(field, ()) if isinstance(each, str))

        def list_numbers(field: str) -> Iterator[int]:
            return (each for each in found.get(field, ()) if isinstance(each, int))

        return cls(
            frozenset(list_numbers("sample_id")),
            frozenset(map(fold_name, list_texts("sample_name"))),
            frozenset(list_numbers("id")),
            frozenset(list_texts("mp_id")),
            frozenset(map(str.casefold, list_texts("composition_string"))),
        )

    def find_rows(self, rows: SortedRows, key: Key) -> npt.NDArray[np.bool_]:
        """Return which rows have something in common with the changed ones, shape (rows,)."""
        match key:
            case "stack":
                named = NONE - 1 - np.asarray(_list_numbers(rows.texts("sample_name"), self.names, fold_name))
                return np.isin(rows.stack, np.concatenate([np.asarray([*self.samples], dtype=np.int64), named]))
            case "name":
                return _find_texts(rows, "sample_name", self.names, fold_name)
            case "record":
                return np.isin(rows.record, np.asarray([*self.records], dtype=np.int64))
            case "material":
                return _find_texts(rows, "mp_id", self.materials, str)
            case "formula":
                return _find_texts(rows, "composition_string", self.formulas, str.casefold)


def _list_numbers(texts: list[str], wanted: frozenset[str], fold: Callable[[str], str]) -> Numbers:
    found = [number for number, text in enumerate(texts) if fold(text) in wanted] if wanted else []
    return np.asarray(found, dtype=np.int64)


def _find_texts(
    rows: SortedRows, field: str, wanted: frozenset[str], fold: Callable[[str], str]
) -> npt.NDArray[np.bool_]:
    texts = rows.texts(field)
    is_wanted = np.zeros(len(texts) + 1, dtype=np.bool_)  # the last one stands for no text, `NONE`
    is_wanted[_list_numbers(texts, wanted, fold)] = True
    return take_numbers(is_wanted, rows.numbers(field))
