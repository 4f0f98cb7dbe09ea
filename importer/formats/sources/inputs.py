"""What may be given as input: paths, tables in memory, open files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, TypeGuard

from importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Table:
    """A table in memory under a name of its own, by which places and reports call it.

    Attributes:
        data: a DataFrame, or a list with a dict for each row.
        name: its name.
    """

    data: pd.DataFrame | Sequence[Mapping[str, object]]
    name: str


Input: TypeAlias = "str | Path | Table | pd.DataFrame | IO[str] | IO[bytes]"
"""A file, folder, glob pattern, ``-`` for standard input, a table in memory, or an open file."""
Inputs: TypeAlias = "Input | Sequence[Input] | Sequence[Mapping[str, Any]]"
"""One input or several; a list of dicts is one table."""


def list_inputs(inputs: Inputs) -> list[Input]:
    """Return one input or several as a list.

    Raises:
        UsageError: there is none, or dicts stand beside other inputs.
    """
    if isinstance(inputs, Mapping):
        raise UsageError("A single dict isn't a table. Give a list with one dict per row.")
    if isinstance(inputs, str | Path | Table) or is_frame(inputs) or is_stream(inputs):
        return [inputs]
    if not isinstance(inputs, Iterable) or _is_one(inputs):
        raise explain_type(inputs)
    listed: list[Any] = list(inputs)
    if not listed:
        raise UsageError("Name at least one file, folder or pattern.")
    rows = [each for each in listed if isinstance(each, Mapping)]
    if len(rows) == len(listed):
        return [Table(rows, "<list of dicts>")]
    if rows:
        raise UsageError("Dicts can't be mixed with other inputs. Put the dicts of a table in Table(rows, name).")
    return listed


def _is_one(given: object) -> bool:
    """Tell whether something that can be gone through is one thing all the same: bytes, a Series, an array."""
    return isinstance(given, bytes | bytearray) or hasattr(given, "dtype")


def is_frame(given: object) -> TypeGuard[pd.DataFrame]:
    """Tell whether something is a DataFrame; where pandas isn't loaded nothing is."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(given, pandas.DataFrame)


def is_stream(given: object) -> TypeGuard[IO[str] | IO[bytes]]:
    """Tell whether something is an open file."""
    return callable(getattr(given, "read", None))


def name_place(given: Input) -> str | Path:
    """Return the path of an input, ``-`` for one that has none."""
    if isinstance(given, str | Path):
        return given
    named = getattr(given, "name", None) if is_stream(given) else None
    return named if isinstance(named, str) else "-"


def explain_type(given: object) -> UsageError:
    """Return why something is no input."""
    return UsageError(
        f"An object of type {type(given).__name__} can't be read. Give a path, an open file, a DataFrame or a list of "
        "dicts."
    )


def explain_content(given: str | Path) -> str:
    """Return why a name that is no file's can't be one: it is an address, or what a file would hold; else nothing."""
    if re.match(r"(https?|s3|ftp):/", str(given)):
        return f"{given} is an address. Download the file first, then give its path."
    if "\n" in str(given):
        return "This looks like the content of a file, not its name. Give io.StringIO(text), and input_format."
    return ""
