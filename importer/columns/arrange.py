"""From the rows of a table to rows of fields: columns picked, wide tables made long, the mapping's rules applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from importer.chunks import FieldChunk
from importer.codes import make_issue
from importer.columns.mapping import list_placeholders
from importer.columns.plan import Role, plan_columns
from importer.model import ALL_FIELDS, Problem
from importer.names import normalise_header

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType
    from collections.abc import Sequence

    import numpy.typing as npt

    from importer.chunks import RawChunk
    from importer.columns.plan import ColumnPlan
    from importer.model import Issue

    Cells = npt.NDArray[np.object_]
    Columns = dict[str, int | npt.NDArray[np.int64]]


def arrange_chunk(raw: RawChunk, plan: ColumnPlan, *, start: int) -> FieldChunk:
    """Return the rows of a chunk under the names of the fields.

    Args:
        raw: the chunk.
        plan: how the columns of its table are understood; a chunk with other keys is planned anew.
        start: ordinal of its first row over the whole run.
    """
    issues: list[Issue] = []
    if raw.header != plan.header:
        known = set(plan.header)
        plan = plan_columns(raw, mapping=plan.mapping)
        issues += [issue for issue in plan.issues if issue.value is not None and issue.value not in known]
    work = _Arrangement(raw, plan, start)
    work.pick_fields()
    work.read_elements()
    work.cut_splits()
    work.fill_templates()
    groups = plan.list_groups()
    if groups:
        work.unfold_groups(groups)
    work.fill_constants()
    work.take_over_cell_issues()
    names = [name for name in ALL_FIELDS if name in work.cells]
    frame = pd.DataFrame({name: pd.Series(work.cells[name], dtype=object) for name in names})
    if not names:
        frame = pd.DataFrame(index=range(len(work.index)))
    columns = {name: column for name, column in work.columns.items() if name in work.cells}
    return FieldChunk(raw, start, frame, work.index, columns, (*issues, *work.issues))


class _Arrangement:
    """A chunk on its way: cells by field, where they come from, and what is to be said of them.

    Shapes:
        cells, columns: (rows of the arrangement,); index: the same, positions in the raw chunk.
    """

    def __init__(self, raw: RawChunk, plan: ColumnPlan, start: int) -> None:
        self.raw = raw
        self.plan = plan
        self.start = start
        self.index: npt.NDArray[np.int64] = np.arange(len(raw.rows), dtype=np.int64)
        self.cells: dict[str, Cells] = {}
        self.columns: Columns = {}
        self.issues: list[Issue] = []

    def take_column(self, position: int) -> Cells:
        """Return the cells of a frame column, with the mapping's values in place of those it names."""
        cells: Cells = self.raw.frame[position].to_numpy(dtype=object)
        header = normalise_header(self.raw.header[position])
        for text, values in self.plan.rules.texts.items():
            if normalise_header(text) == header:
                taken = np.empty(len(cells), dtype=object)
                taken[:] = [cell if cell is None else values.get(cell.strip(), cell) for cell in cells]
                return taken
        return cells

    def pick_fields(self) -> None:
        """Take the cells of each field from its column; where rows have keys of their own, from any of its columns."""
        for name, positions in self.plan.list_fields().items():
            self.cells[name] = self.take_column(positions[0])
            self.columns[name] = positions[0]
            if len(positions) > 1 and self.raw.header_row is None:
                self._merge_columns(name, positions)

    def _merge_columns(self, name: str, positions: Sequence[int]) -> None:
        """Take for each row the one of several columns that has text; two are an error of the row."""
        merged = np.full(len(self.index), None, dtype=object)
        origin = np.full(len(self.index), -1, dtype=np.int64)
        for position in positions:
            cells = self.take_column(position)
            present = np.array([cell is not None for cell in cells], dtype=np.bool_)
            for row in np.flatnonzero(present & (origin >= 0)).tolist():
                first, second = self.raw.header[int(origin[row])], self.raw.header[position]
                said = f"Both {first!r} and {second!r} are {name}. Keep one of the two."
                place = self.raw.place_cell(row, position)
                self.issues.append(
                    make_issue(Problem("duplicate-field", said), place, value=cells[row], seq=self.start + row)
                )
            fresh = present & (origin < 0)
            merged[fresh] = cells[fresh]
            origin[fresh] = position
        self.cells[name], self.columns[name] = merged, origin

    def read_elements(self) -> None:
        """Make an element table of the columns that are named by elements, as JSON text of the cells as they stand."""
        elements = self.plan.list_elements()
        if not elements:
            return
        columns = [self.take_column(position) for position in elements]
        symbols = list(elements.values())
        texts = np.full(len(self.index), None, dtype=object)
        for row, cells in enumerate(zip(*columns, strict=True)):
            amounts = {
                symbol: cell.strip()
                for symbol, cell in zip(symbols, cells, strict=True)
                if cell is not None and cell and not cell.isspace()
            }
            if amounts:
                texts[row] = orjson.dumps(amounts).decode()
        first = next(iter(elements))
        if "element_dict" not in self.cells:
            self.cells["element_dict"], self.columns["element_dict"] = texts, first
            return
        own = self.cells["element_dict"]
        for row in range(len(texts)):
            if own[row] is not None and texts[row] is not None:
                said = (
                    "The element table is given twice: as one value and by elements of their own. Keep one of the two."
                )
                place = self.raw.place_cell(row, first)
                self.issues.append(make_issue(Problem("duplicate-field", said), place, seq=self.start + row))
        self.cells["element_dict"] = np.array(
            [a if a is not None else b for a, b in zip(own, texts, strict=True)], dtype=object
        )

    def cut_splits(self) -> None:
        """Cut the columns that the mapping file splits."""
        present = {normalise_header(text): position for position, text in enumerate(self.raw.header)}
        for text, cut in self.plan.rules.split.items():
            position = present.get(normalise_header(text))
            if position is None:
                continue
            parts = np.full((len(cut.fields), len(self.index)), None, dtype=object)
            for row, cell in enumerate(self.take_column(position)):
                if cell is None or not cell or cell.isspace():
                    continue
                pieces = cell.split(cut.separator)
                if len(pieces) == len(cut.fields):
                    parts[:, row] = [piece.strip() for piece in pieces]
                    continue
                expected = len(cut.fields)
                said = (
                    f"{cell!r} cut at {cut.separator!r} has {len(pieces)} parts; the mapping file expects {expected}."
                )
                place = self.raw.place_cell(row, position)
                self.issues.append(make_issue(Problem("split-mismatch", said), place, value=cell, seq=self.start + row))
            for number, name in enumerate(cut.fields):
                if name:
                    self.cells[name], self.columns[name] = parts[number], position

    def fill_templates(self) -> None:
        """Write the texts of the mapping file's templates."""
        present = {normalise_header(text): position for position, text in enumerate(self.raw.header)}
        for name, template in self.plan.rules.templates.items():
            parts = list_placeholders(template)
            positions = {header: present.get(normalise_header(header)) for _, header in parts if header}
            if None in positions.values():
                continue  # told as mapping-unmatched
            columns = {
                header: self.take_column(position) for header, position in positions.items() if position is not None
            }
            texts = np.full(len(self.index), None, dtype=object)
            for row in range(len(texts)):
                given = {header: (cells[row] or "").strip() for header, cells in columns.items()}
                if all(given.values()):
                    texts[row] = "".join(literal + (given[header] if header else "") for literal, header in parts)
                elif any(given.values()):
                    empty = ", ".join(header for header, text in given.items() if not text)
                    said = f"{name} is made of {template!r}, but this row has nothing in {empty}."
                    place = self.raw.place_row(row)
                    self.issues.append(make_issue(Problem("template-incomplete", said), place, seq=self.start + row))
            self.cells[name] = texts

    def unfold_groups(self, groups: MappingType[int, MappingType[str, int]]) -> None:
        """Make one row for each layer that a row of a wide table names, in the order of the groups' numbers.

        Empty groups at the end are no layers; one between two layers is an error of the layer above it.
        """
        numbers = list(groups)
        filled = np.array(
            [np.logical_or.reduce([_has_text(self.take_column(p)) for p in groups[n].values()]) for n in numbers]
        )
        rows, group = np.nonzero(filled.T)
        lone = np.flatnonzero(~filled.any(axis=0))
        rows, group = np.concatenate([rows, lone]), np.concatenate([group, np.full(len(lone), -1)])
        order = np.argsort(rows, kind="stable")
        rows, group = rows[order].astype(np.int64), group[order].astype(np.int64)
        self._spread_rows(rows)
        for name in dict.fromkeys(("layer_id", *(name for fields in groups.values() for name in fields))):
            self._take_group_field(name, groups, rows, group)
        self._note_empty_groups(numbers, group, rows)

    def _spread_rows(self, rows: npt.NDArray[np.int64]) -> None:
        """Repeat what is known of each row for its layers; what was said of a row goes to its first layer."""
        first = np.searchsorted(rows, np.arange(len(self.raw.rows)))
        self.issues = [
            issue if issue.seq is None else replace(issue, seq=self.start + int(first[issue.seq - self.start]))
            for issue in self.issues
        ]
        self.index = rows
        self.cells = {name: cells[rows] for name, cells in self.cells.items()}
        self.columns = {
            name: column if isinstance(column, int) else column[rows] for name, column in self.columns.items()
        }

    def _take_group_field(
        self,
        name: str,
        groups: MappingType[int, MappingType[str, int]],
        rows: npt.NDArray[np.int64],
        group: npt.NDArray[np.int64],
    ) -> None:
        """Take a field of each layer from its group; a layer's number is its group's unless a column gives it."""
        cells = np.full(len(rows), None, dtype=object)
        origin = np.full(len(rows), -1, dtype=np.int64)
        for at, (number, fields) in enumerate(groups.items()):
            mine = group == at
            if name in fields:
                cells[mine] = self.take_column(fields[name])[rows[mine]]
                origin[mine] = fields[name]
            elif name == "layer_id":
                cells[mine] = str(number)
        self.cells[name], self.columns[name] = cells, origin

    def _note_empty_groups(
        self, numbers: Sequence[int], group: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
    ) -> None:
        """Say of each layer that the groups just below it are empty."""
        above = np.flatnonzero((group[1:] > group[:-1] + 1) & (rows[1:] == rows[:-1]) & (group[:-1] >= 0)) + 1
        bottom = np.flatnonzero(group > 0)
        bottom = bottom[(bottom == 0) | (rows[bottom - 1] != rows[bottom])]
        for position in sorted({*above.tolist(), *bottom.tolist()}):
            below = numbers[int(group[position]) - 1]
            said = f"Layer {below} of this row is empty, but layer {numbers[int(group[position])]} above it isn't."
            place = self.raw.place_row(int(rows[position]))
            self.issues.append(make_issue(Problem("empty-group", said), place, seq=self.start + position))

    def fill_constants(self) -> None:
        """Write the mapping file's constants, and its defaults where a cell has no text."""
        for name, text in self.plan.rules.constants.items():
            self.cells[name] = np.full(len(self.index), text, dtype=object)
            self.columns.pop(name, None)
        for name, text in self.plan.rules.defaults.items():
            cells = self.cells.get(name, np.full(len(self.index), None, dtype=object)).copy()
            cells[~_has_text(cells)] = text
            self.cells[name] = cells

    def take_over_cell_issues(self) -> None:
        """Give what the reader says of cells to the rows that use them; an unused column may hold what it likes."""
        unused = {Role.IGNORED, Role.UNUSED}
        used = {use.position for use in self.plan.uses if use.role not in unused}
        for row, column, issue in self.raw.cell_issues:
            if column not in used:
                continue
            mine = np.flatnonzero(self.index == row)
            for position in mine.tolist():
                if len(mine) == 1 or self._is_from(position, column):
                    self.issues.append(replace(issue, seq=self.start + position))

    def _is_from(self, position: int, column: int) -> bool:
        """Tell whether a row takes a field from a frame column."""
        return any(
            (origin if isinstance(origin, int) else int(origin[position])) == column for origin in self.columns.values()
        )


def _has_text(cells: Cells) -> npt.NDArray[np.bool_]:
    """Tell for each cell whether it holds more than white space."""
    return np.array([cell is not None and bool(cell) and not cell.isspace() for cell in cells], dtype=np.bool_)
