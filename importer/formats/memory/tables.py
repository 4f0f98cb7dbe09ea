"""Tables that a program hands over, DataFrames and lists of dicts: copied as text, then read like a file.

A private file holds the header in its first line and a row in each further one, as JSON, so that such a table has a
digest, can be read twice, and takes no more memory than a file does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_CHUNK_CELLS, MAX_COLUMNS
from importer.formats.table import Head, is_blank, make_chunk, note_blank_rows
from importer.formats.text.text import NUL_BYTE, UNDECODABLE_BYTE
from importer.formats.workbook.calamine_values import CELL_BOOLEAN, CELL_DATE
from importer.formats.workbook.typed_values import show_typed_value
from importer.issues import Problem, make_issue
from importer.model import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from importer.chunks import RawChunk, Source
    from importer.model import Issue

_SLICE = 10_000
_KINDS = {kind.code: kind for kind in (CELL_BOOLEAN, CELL_DATE, NUL_BYTE, UNDECODABLE_BYTE)}
_DAMAGE = "This text contains {what}, which can't be sent. Remove it."


def copy_frame(frame: pd.DataFrame, name: str, path: Path) -> None:
    """Write the cells of a DataFrame as text; an index that has a name is a column, one without isn't looked at.

    Raises:
        InputError: its labels or one of its cells can't be texts, or an index contradicts the column of its name.
        InputLimitError: it has too many columns.
    """
    labels = [label for label in frame.index.names if label is not None]
    for label in labels:
        if label in frame.columns and not _is_column(frame, label):
            raise InputError(f"{name} has an index and a column named {label!r}, which differ. Rename or drop one.")
    if new := [label for label in labels if label not in frame.columns]:
        frame = frame.reset_index(new)
    rows = chain.from_iterable(_iter_frame_rows(frame, start) for start in range(0, len(frame), _SLICE))
    _write_table([_name_column(label, name) for label in frame.columns], rows, name=name, path=path)


def _is_column(frame: pd.DataFrame, label: Any) -> bool:  # noqa: ANN401  # a label may be anything
    """Tell whether an index is one with the column of its name, as ``set_index(..., drop=False)`` leaves it."""
    is_one = list(frame.columns).count(label) == 1
    return is_one and frame.index.get_level_values(label).equals(frame.set_index(label).index)


def _iter_frame_rows(frame: pd.DataFrame, start: int) -> Iterator[tuple[object, ...]]:
    part = frame.iloc[start : start + _SLICE]
    # the array's own values: `tolist` makes 0.10000000149011612 of a 0.1 in 32 bits
    return zip(*(part.iloc[:, column].array for column in range(part.shape[1])), strict=True)


def copy_rows(rows: Sequence[Mapping[object, object]], name: str, path: Path) -> None:
    """Write a list of dicts as text; its columns are the keys of all of them, in the order in which they appear.

    Raises:
        InputError, InputLimitError: as `copy_frame`.
    """
    keys = dict.fromkeys(chain.from_iterable(rows))
    header = [_name_column(key, name) for key in keys]
    if doubled := {text for text in header if header.count(text) > 1}:
        raise InputError(f"{name} has several keys that look like {min(doubled)!r}. Rename all but one.")
    _write_table(header, ([row.get(key) for key in keys] for row in rows), name=name, path=path)


def _name_column(label: object, name: str) -> str:
    if isinstance(label, str):
        return label
    if isinstance(label, int | np.integer) and not isinstance(label, bool):
        return str(label)
    raise InputError(f"{name} has a column named {label!r}. Each column needs a text as its name.")


def _write_table(header: list[str], rows: Iterable[Sequence[object]], *, name: str, path: Path) -> None:
    if len(header) > MAX_COLUMNS:
        raise InputLimitError(f"{name} has {len(header)} columns (limit {MAX_COLUMNS}). Leave some out.")
    with path.open("wb") as stream:
        stream.write(orjson.dumps([_show_text(text)[0] for text in header], option=orjson.OPT_APPEND_NEWLINE))
        for number, row in enumerate(rows, start=1):
            cells: list[str | None] = []
            odd: dict[str, tuple[str, str, str | None]] = {}
            for column, value in enumerate(row):
                try:
                    text, problem = _show_value(value)
                except TypeError as error:
                    raise InputError(
                        f"{name}, row {number}, column {header[column]!r} holds {error}, not a text or a number. "
                        "Convert it to text first."
                    ) from None
                cells.append(text)
                if problem is not None:
                    odd[str(column)] = (problem.code, problem.message, problem.suggestion)
            stream.write(orjson.dumps([cells, odd], option=orjson.OPT_APPEND_NEWLINE))


def _show_value(value: object) -> tuple[str | None, Problem | None]:
    """Return the text that means the same as a value, and what is odd about it.

    Raises:
        TypeError: a value of its type has no such text; the error's text is the type.
    """
    plain = _make_plain(value)
    text, problem = show_typed_value(plain)
    if problem is None and text is not None and not (text.isascii() and "\0" not in text):
        return _show_text(text)
    return text, problem


def _make_plain(value: object) -> object:
    """Return a value in Python's own types, None for every way to say that there is none.

    Raises:
        TypeError: it is of another type.
    """
    if value is None or isinstance(value, str | bytes) or type(value) in {bool, int, float}:
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(key): _make_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_make_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return _make_plain(_unpack_numpy(value))
    if type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, Decimal) and value.is_nan()):
        return None
    if isinstance(value, int | float | Decimal | dt.date | dt.time | dt.timedelta):
        return value
    raise TypeError(f"a {type(value).__name__}")


def _unpack_numpy(value: np.generic[Any]) -> object:
    if isinstance(value, np.floating):
        # the shortest text in its own precision: 0.1 in 32 bits is no 0.10000000149011612
        return float(str(value))
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    if isinstance(value, np.timedelta64):
        return value.astype("timedelta64[us]").item()
    if isinstance(value, np.bool_ | np.integer | np.str_ | np.bytes_):
        return value.item()
    raise TypeError(f"a {type(value).__name__}")


def _show_text(text: str) -> tuple[str, Problem | None]:
    """Return a text that can be stored, and what is to be said where it isn't the one that was given."""
    shown = text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
    if shown == text:
        return text, None
    if "\0" in text:
        return shown, Problem(NUL_BYTE, _DAMAGE.format(what="a NUL character"))
    return shown, Problem(UNDECODABLE_BYTE, _DAMAGE.format(what="half of a surrogate pair"))


def iter_table_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the rows of a table that was copied here; a row's number is its position from 1.

    Raises:
        InputError: the file isn't one that was written here.
    """
    try:
        with source.path.open("rb") as stream:
            header = tuple(str(text) for text in orjson.loads(stream.readline()))
            head = Head(source.name, None, header, None, tuple(range(len(header))))
            rows = max(1, min(chunk_rows, MAX_CHUNK_CELLS // max(1, len(header))))
            start = 1
            while (lines := list(islice(stream, rows))) or start == 1:
                yield _make_chunk(head, [orjson.loads(line) for line in lines], start=start)
                start += max(1, len(lines))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{source.name} isn't a table from a program ({error}).") from None


def _make_chunk(head: Head, rows: Sequence[tuple[list[str | None], dict[str, list[str]]]], *, start: int) -> RawChunk:
    kept = [(number, cells, odd) for number, (cells, odd) in enumerate(rows, start=start) if not is_blank(cells)]
    blank = [number for number, (cells, _) in enumerate(rows, start=start) if is_blank(cells)]
    issues: list[tuple[int, int, Issue]] = []
    for at, (number, cells, odd) in enumerate(kept):
        for key, (code, message, suggestion) in odd.items():
            column = int(key)
            place = Where(head.source, None, number, head.header[column])
            issues.append(
                (at, column, make_issue(Problem(_KINDS[code], message, suggestion), place, value=cells[column]))
            )
    chunk = make_chunk(
        head,
        [cells for _, cells, _ in kept],
        numbers=np.array([number for number, _, _ in kept], dtype=np.int64),
        first=start == 1,
        table_issues=note_blank_rows(blank, head.source, None),
        cell_issues=issues,
    )
    # no cell of such a table has letters
    return replace(chunk, marks=np.zeros((len(kept), len(head.header), 2), dtype=np.int64))
