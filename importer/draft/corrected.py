"""The corrected copies of a draft's files, by the writers that ``fix`` uses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from importer.copies import Deletion, Edit, choose_suffix, write_copy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from importer.chunks import Source
    from importer.draft.tables import DraftTable


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A corrected copy.

    Attributes:
        source: the file's name.
        path: the copy.
        notes: what is to be known of the copy, a sentence each.
    """

    source: str
    path: Path
    notes: tuple[str, ...]


def copy_tables(tables: Sequence[DraftTable], folder: Path | None) -> tuple[CopiedFile, ...]:
    """Write a corrected copy of each file of which a table is edited; see `Draft.write_copies`."""
    touched: dict[str, list[DraftTable]] = {}
    for table in tables:
        if table.overlay.cells or table.overlay.deleted:
            touched.setdefault(table.source.name, []).append(table)
    return tuple(_copy_file(each[0].source, each, folder) for each in touched.values())


def _copy_file(source: Source, tables: Iterable[DraftTable], folder: Path | None) -> CopiedFile:
    path = find_free_copy(source, folder)
    edits: list[Edit] = []
    deleted: list[Deletion] = []
    for table in tables:
        edits += _iter_edits(table)
        deleted += [Deletion(row, table.head.sheet) for row in sorted(table.overlay.deleted)]
    return CopiedFile(source.name, path, write_copy(source, path, edits=edits, deleted=deleted))


def _iter_edits(table: DraftTable) -> Iterator[Edit]:
    for row, changed in sorted(table.overlay.cells.items()):
        position = table.find_row(row)
        for column, text in sorted(changed.items()) if position is not None else ():
            was = None if position is None else table.original(position, column)
            yield Edit(row, table.head.letters[column], was, text or "", table.head.sheet)


def find_free_copy(source: Source, folder: Path | None = None) -> Path:
    """Return a path for a copy that is free: ``growths.corrected.csv``, then ``growths.corrected-2.csv``.

    Args:
        source: the file.
        folder: where the copy goes; None for beside the file.
    """
    own, suffix = Path(source.name), choose_suffix(source)
    folder = own.parent if folder is None else folder
    name = own.name.removesuffix(suffix)
    stem = (own.stem if name == own.name else name).split(".corrected")[0]
    for number in count(1):
        path = folder / f"{stem}.corrected{'' if number == 1 else f'-{number}'}{suffix}"
        if not path.exists():
            return path
    raise RuntimeError("unreachable")
