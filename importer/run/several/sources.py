"""Inputs of one name in several runs get names that tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Spans = Mapping[str, tuple[int, int]]

_COLUMNS = (("input", "name", "id"), ("sheet", "source", "id"), ("issue", "source", "id"))


class Sources:
    """Which runs use which names of inputs; keeps an entry a name."""

    def __init__(self) -> None:
        self._uses: dict[str, list[tuple[str, Spans]]] = {}

    def add(self, names: Iterable[str], spans: Spans, *, label: str) -> None:
        """Note the names of a run: what it is called, and which numbers of each table are its own."""
        for name in names:
            self._uses.setdefault(name, []).append((label, spans))

    def iter_renames(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Yield the statements, with their values, that put the run before a name that several runs use.

        The paths don't tell them apart: they are from the folder in which each import was begun.
        """
        for name, uses in self._uses.items():
            for label, spans in uses if len(uses) > 1 else ():
                for table, column, key in _COLUMNS:
                    which = f"{column} = ? AND {key} >= ? AND {key} < ?"
                    values = (name_input(label, name), name, *spans[table])
                    yield f'UPDATE main."{table}" SET {column} = ? WHERE {which}', values  # noqa: S608  # our own names


def name_input(label: str, name: str) -> str:
    """Return the name of an input that another run has too: as if it lay in its run."""
    return f"{label}/{name.lstrip('/')}"
