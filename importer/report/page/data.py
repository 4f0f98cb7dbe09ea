"""A run's rows as compact data for the page: texts and places once, rows as short arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from importer.issues import describe_code
from importer.model import GOOD_STATUSES, Status
from importer.report.drawing.drawn_stacks import LayerReader
from importer.report.screen.lines import iter_report_lines

if TYPE_CHECKING:
    from collections.abc import Hashable

    from importer.model import Issue
    from importer.report.screen.lines import ReportLine
    from importer.run import RowRecord, RunFile

MAX_ROWS = 200_000
"""Rows that a page holds; of a longer run the stacks that are in as a whole are left out, which the page says."""
LONGEST = 2_000
"""Characters of one text that a page holds; the JSONL report has all."""
STATUSES = tuple(Status)


class Numbered:
    """Gives each distinct thing a number, in the order of first appearance."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def number(self, thing: Hashable) -> int:
        """Return the number of a thing."""
        return self.numbers.setdefault(thing, len(self.numbers))


class PageData:
    """What the page's script works on; see ``templates/report.js`` for its reader."""

    def __init__(self, run: RunFile) -> None:
        self.rows: list[list[object]] = []
        self.left_out = 0
        self.is_cut = False
        self._run = run
        self._texts, self._tables, self._stacks, self._codes = Numbered(), Numbered(), Numbered(), Numbered()

    def collect(self) -> None:
        """Read the run.

        Raises:
            RunFileError: its lines don't add up.
        """
        reader = LayerReader(self._run)
        total = sum(self._run.count_statuses().values())
        is_long = total > MAX_ROWS
        whole = self._find_whole_stacks() if is_long else frozenset()
        for line in iter_report_lines(self._run):
            record = line.record
            if is_long and (record.sample_id, record.sample_name, record.substrate) in whole:
                self.left_out += 1
                continue
            if len(self.rows) >= MAX_ROWS:
                self.left_out += 1
                self.is_cut = True
                continue
            self.rows.append(self._pack(line, reader))

    def dump(self) -> str:
        """Return the data as JSON text that can stand inside a script element."""
        found: dict[str, Any] = {
            "statuses": [status.value for status in STATUSES],
            "good": [status in GOOD_STATUSES for status in STATUSES],
            "texts": list(self._texts.numbers),
            "tables": list(self._tables.numbers),
            "stacks": list(self._stacks.numbers),
            "codes": list(self._codes.numbers),
            "rows": self.rows,
            "is_cut": self.is_cut,
        }
        text = orjson.dumps(found).decode()
        # Inside a script element only "<" can end or nest anything; in JSON it stands in strings alone.
        return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

    def _find_whole_stacks(self) -> frozenset[tuple[int | None, str | None, str | None]]:
        """Return the stacks whose every row is in."""
        return frozenset(
            (stack.sample_id, stack.sample_name, stack.substrate)
            for stack in self._run.iter_stacks()
            if all(status in GOOD_STATUSES for status in stack.counts)
        )

    def _pack(self, line: ReportLine, reader: LayerReader) -> list[object]:
        record, layer = line.record, reader.read(line.record)
        return [
            record.seq,
            self._tables.number((record.source, record.sheet)),
            record.row,
            self._find_stack(record),
            record.layer_id,
            STATUSES.index(record.status),
            record.record_id,
            record.http_status,
            record.attempts,
            self._text(record.message),
            self._text(layer.formula),
            self._text(layer.orientation),
            self._text(layer.space_group),
            self._text(layer.fill),
            [self._pack_issue(issue) for issue in line.issues],
            int(record.held_by is not None),
        ]

    def _pack_issue(self, issue: Issue) -> list[object]:
        code = describe_code(issue)
        return [
            self._codes.number((code.code, code.severity.value, code.meaning, code.remedy)),
            self._text(issue.where.cell),
            self._text(issue.where.column),
            self._text(issue.value),
            self._text(issue.message),
            self._text(issue.suggestion),
        ]

    def _find_stack(self, record: RowRecord) -> int:
        if record.sample_id is None and record.sample_name is None:
            return -1
        label = record.sample_name if record.sample_name is not None else f"sample {record.sample_id}"
        return self._stacks.number((label[:LONGEST], record.sample_id, record.substrate))

    def _text(self, text: str | None) -> int:
        return -1 if text is None or text == "" else self._texts.number(text[:LONGEST])
