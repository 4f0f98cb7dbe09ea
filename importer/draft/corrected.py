"""The corrected copies of a draft's files, by the writers that ``fix`` uses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from importer.copies import Deletion, Edit, choose_suffix, write_copy
from importer.formats.digest import digest_file

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
    notes = write_copy(source, path, edits=edits, deleted=deleted)
    return CopiedFile(source.name, _keep_one(source, path), notes)


def _keep_one(source: Source, path: Path) -> Path:
    """Return a copy that was just written, or an earlier one of the same file that is the same byte for byte."""
    digest, size = digest_file(path, name=path.name), path.stat().st_size
    for other in takewhile(lambda each: each != path, _iter_copies(source, path.parent)):
        is_like = other.is_file() and other.stat().st_size == size
        if is_like and digest_file(other, name=other.name) == digest:
            path.unlink()
            return other
    return path


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
    return next(path for path in _iter_copies(source, folder) if not path.exists())


def _iter_copies(source: Source, folder: Path | None) -> Iterator[Path]:
    """Yield the paths that copies of a file may have, in their order, without end."""
    own, suffix = Path(source.name), choose_suffix(source)
    folder = own.parent if folder is None else folder
    name = own.name.removesuffix(suffix)
    stem = (own.stem if name == own.name else name).split(".corrected")[0]
    for number in count(1):
        yield folder / f"{stem}.corrected{'' if number == 1 else f'-{number}'}{suffix}"
