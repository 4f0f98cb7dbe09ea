"""Writing a corrected copy: by the writer of the file's format, read back and compared before it takes its place."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.chunks.layout import BLANKS, FIXED
from importer.copies.delimited import write_delimited
from importer.copies.edit import gather_changes
from importer.copies.read_back import compare_copy
from importer.copies.stack_text import write_stack_text
from importer.copies.workbook.rewritten import write_rewritten
from importer.copies.workbook.xlsx import write_xlsx
from importer.errors import UsageError
from importer.formats.registry import find_format, get_format
from importer.formats.text.packing import PACKINGS
from importer.report.files import check_other_file
from importer.report.output import check_output, open_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from importer.chunks import Source
    from importer.copies.edit import Changes, Deletion, Edit

_WRITERS: Mapping[str, Callable[[Source, Path, Changes], tuple[str, ...]]] = {
    "csv": write_delimited,
    "tsv": write_delimited,
    "xlsx": write_xlsx,
    "yaml": write_stack_text,
    "json": write_stack_text,
    "jsonl": write_stack_text,
    "xls": write_rewritten,
    "xlsb": write_rewritten,
    "ods": write_rewritten,
}
"""Format -> what writes a corrected copy of such a file to a path, and returns what is to be known of it."""


_COPIED_AS: Mapping[str, tuple[str, str]] = dict.fromkeys(("xls", "xlsb", "ods"), ("xlsx", ".xlsx"))
"""Format that isn't written -> the format of a copy of it, and its suffix."""


def describe_copy(source: Source, path: Path) -> Source:
    """Return a copy of a file as an input: it may be of another format."""
    return replace(source, path=path, format=_COPIED_AS.get(source.format, (source.format,))[0])


def choose_suffix(source: Source) -> str:
    """Return what the name of a copy of a file must end in: its own suffix, where that tells its format."""
    if source.format in _COPIED_AS:
        return _COPIED_AS[source.format][1]
    own = Path(source.name)
    if find_format(own) != source.format:
        chosen = get_format(source.format)
        return own.suffix if chosen is None else chosen.suffixes[0]
    return Path(own.stem).suffix + own.suffix if own.suffix.lower() in PACKINGS else own.suffix


def write_copy(
    source: Source, to: Path, *, edits: Iterable[Edit] = (), deleted: Iterable[Deletion] = ()
) -> tuple[str, ...]:
    """Write a copy of a file in which cells are edited and rows are deleted; whatever isn't named stays as it stands.

    Returns what is to be known of the copy, a sentence each; mostly nothing.

    The copy is read back by the reader of its format and compared cell by cell with what was meant before it takes its
    place. The original is never touched.

    Args:
        source: the file.
        to: the copy, which must not be there yet; its suffix is the file's.
        edits: texts that take the place of others; of two for one cell the last one counts.
        deleted: rows whose text goes; all others keep their numbers.

    Raises:
        UsageError: the copy can't be written there or in this format, an edit is of a cell that isn't there or that
            holds another text, or the copy wouldn't read as meant.
        InputError: the file can't be read.
        StorageError: the disk is full, or fails.
    """
    check_target(source, to)
    changes = gather_changes(edits, deleted)
    with tempfile.TemporaryDirectory(prefix="layer-importer-") as folder:
        draft = Path(folder, to.name)
        notes = _WRITERS[source.format](source, draft, changes)
        compare_copy(source, replace(describe_copy(source, draft), name=str(to)), changes)
        with draft.open("rb") as stream, open_output(to) as copy:
            shutil.copyfileobj(stream, copy)
    return notes


def is_copyable(source: Source) -> bool:
    """Tell whether a corrected copy of an input can be written at all."""
    layouts = (source.layout, *source.sheet_layouts.values())
    is_odd = any(each.is_transposed or each.delimiter in {BLANKS, FIXED} for each in layouts)
    return source.format in _WRITERS and not is_odd


def check_target(source: Source, to: Path) -> None:
    """Refuse a corrected copy that can't be written, before any work is done for it.

    Raises:
        UsageError: there is no writer for the format, the path is of another format, or something is there already.
    """
    if source.format not in _WRITERS:
        raise UsageError(
            f"A corrected copy of {source.name} can't be written: {source.format} files aren't supported yet. "
            "Save it as .xlsx or .csv first."
        )
    if source.layout.delimiter in {BLANKS, FIXED}:
        raise UsageError(
            f"A corrected copy of {source.name} can't be written: its columns are separated by blanks. Correct it by "
            "hand, or save it as CSV first."
        )
    check_other_file(to, source.path)
    if to.exists():
        raise UsageError(f"{to} is there already: name another file.")
    own = choose_suffix(source).lower()
    if find_format(to) != describe_copy(source, to).format or (own in {".xlsx", ".xlsm"} and to.suffix.lower() != own):
        raise UsageError(f"{to} must be of the same kind as {source.name}: let it end in {own}.")
    check_output(to)
