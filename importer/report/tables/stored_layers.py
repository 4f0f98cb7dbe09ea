"""Stored stacks as a file of our own input formats: it reads as what the server holds, character by character."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import openpyxl
import orjson
from openpyxl.cell import WriteOnlyCell

from importer.contract import LAYER_FIELDS
from importer.errors import UsageError
from importer.report.workbook.marked_copy import set_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAX_SHEET_ROWS = 1_048_575
"""Rows of a worksheet below its header."""
COLUMNS = ("sample_id", "sample_name", "substrate", *(name for name in LAYER_FIELDS if name not in {"sample_id", "id"}))
_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML takes for a line's end, or refuses, inside quotes."""


@dataclass(frozen=True, slots=True)
class StoredStack:
    """A target material and its layers, from the substrate up.

    Attributes:
        sample_id: its id.
        name: its name, for people.
        substrate: its substrate, for people.
        layers: of each layer the fields that the server holds.
    """

    sample_id: int
    name: str
    substrate: str
    layers: Sequence[Mapping[str, object]]


def write_yaml(stacks: Sequence[StoredStack], stream: IO[bytes]) -> None:
    """Write stacks as YAML, a layer a line; names stand in comments, for the ids tell the target materials."""
    stream.write(b"stacks:\n")
    for stack in stacks:
        about = ", ".join(filter(None, (stack.name, stack.substrate and f"on {stack.substrate}")))
        comment = f"  # {_quote(about)[1:-1]}" if about else ""
        stream.write(f"  - sample_id: {stack.sample_id}{comment}\n    layers:\n".encode())
        for layer in stack.layers:
            keys = ", ".join(f"{name}: {_quote(layer[name])}" for name in COLUMNS[3:] if name in layer)
            stream.write(f"      - {{{keys}}}\n".encode())


def write_csv(stacks: Sequence[StoredStack], stream: IO[bytes]) -> None:
    """Write stacks as CSV, a layer a line; nothing is defused, for it is to be read as it is."""
    text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_iter_rows(stacks))
    text.detach()


def write_xlsx(stacks: Sequence[StoredStack], stream: IO[bytes]) -> None:
    """Write stacks as a workbook, a layer a row, each cell as text.

    Raises:
        UsageError: there are more layers than a sheet has rows.
    """
    if sum(len(stack.layers) for stack in stacks) > MAX_SHEET_ROWS:
        raise UsageError(f"There are more layers than the {MAX_SHEET_ROWS:,} rows of a sheet: use .csv or .yaml.")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Layers")
    sheet.freeze_panes = "A2"
    sheet.append(list(COLUMNS))
    for row in _iter_rows(stacks):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet)
            if text:
                set_text(cell, text)
            cells.append(cell)
        sheet.append(cells)
    book.save(stream)


WRITERS: dict[str, Callable[[Sequence[StoredStack], IO[bytes]], None]] = {
    ".yaml": write_yaml, ".yml": write_yaml, ".csv": write_csv, ".xlsx": write_xlsx,
}  # fmt: skip
"""Suffix -> what writes such a file."""


def _iter_rows(stacks: Sequence[StoredStack]) -> Iterator[list[str]]:
    for stack in stacks:
        for layer in stack.layers:
            shown = [_show(layer.get(name)) for name in COLUMNS[3:]]
            yield [str(stack.sample_id), stack.name, stack.substrate, *shown]


def _show(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _quote(value: object) -> str:
    """Return a value as JSON that YAML reads as the same."""
    return _BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", orjson.dumps(value).decode())
