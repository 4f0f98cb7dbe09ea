"""What may be given as input: paths, tables in memory, open files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, TypeGuard, Union

from importer.errors import UsageError
from importer.machine.files import expand_home

if TYPE_CHECKING:
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

    def __post_init__(self) -> None:
        """Refuse what is no table, or no name.

        Raises:
            UsageError: see above.
        """
        if not isinstance(self.name, str):
            raise UsageError(f"The name of a Table must be a text, not {self.name!r}.")
        is_rows = isinstance(self.data, Sequence) and all(isinstance(row, Mapping) for row in self.data)
        if not (is_rows or is_frame(self.data)):
            raise UsageError(f"A Table takes a DataFrame or a list with one dict per row, not a {_name(self.data)}.")


# Not as texts: users' own tools read them where these types stand in users' functions.
Input: TypeAlias = Union[str, Path, Table, "pd.DataFrame", IO[str], IO[bytes]]  # pandas isn't loaded
"""A file, folder, glob pattern, ``-`` for standard input, a table in memory, or an open file."""
Inputs: TypeAlias = Union[Input, Sequence[Input], Sequence[Mapping[str, Any]]]  # noqa: UP007  # as `Input`
"""One input or several; a list of dicts is one table."""


def list_inputs(inputs: Inputs) -> list[Input]:
    """Return one input or several as a list.

    Raises:
        UsageError: there is none, or dicts stand beside other inputs.
    """
    if isinstance(inputs, Mapping):
        raise UsageError("A single dict isn't a table. Give a list with one dict per row.")
    if isinstance(inputs, str | Path | Table) or is_frame(inputs) or is_stream(inputs):
        return [_expand(inputs)]
    if not isinstance(inputs, Iterable) or _is_one(inputs):
        raise explain_type(inputs)
    listed: list[Any] = list(inputs)
    if not listed:
        raise UsageError("Nothing was given. Name at least one file, folder or pattern, or give at least one row.")
    rows = [each for each in listed if isinstance(each, Mapping)]
    if len(rows) == len(listed):
        return [Table(rows, "<list of dicts>")]
    if rows:
        raise UsageError("Dicts can't be mixed with other inputs. Put the dicts of a table in Table(rows, name).")
    return [_expand(each) for each in listed]


def _expand(given: Any) -> Any:  # noqa: ANN401  # an input of any kind
    return expand_home(given) if isinstance(given, str | Path) else given


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
    wanted = "a path, an open file, a DataFrame or a list of dicts"
    if isinstance(given, bytes | bytearray):
        wanted = "io.BytesIO(data), and input_format"
    elif callable(getattr(given, "to_pandas", None)):  # as tables of Arrow and Polars have it
        wanted = "its to_pandas()"
    return UsageError(f"An object of type {type(given).__name__} can't be read. Give {wanted}.")


def _name(given: object) -> str:
    if isinstance(given, Sequence) and not isinstance(given, str | bytes) and given:
        odd = next(row for row in given if not isinstance(row, Mapping))
        return f"{type(given).__name__} that holds a {type(odd).__name__}"
    return type(given).__name__


def explain_content(given: str | Path) -> str:
    """Return why a name that is no file's can't be one: it is an address, or what a file would hold; else nothing."""
    if re.match(r"(https?|s3|ftp):/", str(given)):
        return f"{given} is an address. Download the file first, then give its path."
    if "\n" in str(given):
        return "This looks like the content of a file, not its name. Give io.StringIO(text), and input_format."
    return ""
