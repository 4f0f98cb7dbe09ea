"""A run file as the page shows it: counts, steps, rows with their answers, what differs on the server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from importer.model import GOOD_STATUSES, Severity, Status
from importer.report.differences import iter_differences
from importer.report.drawing.drawn_stacks import LayerReader
from importer.report.drawing.stack_svg import DrawnLayer, DrawnStack, describe_stack, draw_stack
from importer.report.files import map_reports
from importer.report.screen.lines import iter_report_lines
from importer.report.screen.plan_summary import name_step
from importer.report.screen.summary import explain_status
from importer.run import RunFile
from importer.web.columns.fields import word_field, word_fields
from importer.web.workplace import name_id

if TYPE_CHECKING:
    from pathlib import Path

    from importer.report.screen.lines import ReportLine
    from importer.web.session import Session

ORDER = (
    "unconfirmed", "failed", "refused", "conflict", "invalid", "not_sent", "updated", "created", "unchanged",
)  # fmt: skip
"""Statuses as they are shown: what needs a person first."""
MAX_TARGETS = 50
MAX_DRAWN = 2_000
_CHANGED = frozenset({Status.CREATED, Status.UPDATED})


def view_whole_run(session: Session, path: Path) -> dict[str, Any]:
    """Return what is shown above the rows of a run.

    Raises:
        RunFileError: it can't be read.
    """
    with RunFile.open(path) as run:
        meta = run.meta
        steps: Counter[str] = Counter()
        for row in run.iter_rows():
            steps[name_step(row, is_planned=meta.planned)] += 1
        rows, stacks = run.count_sendable()
        undone, all_stacks = run.count_undone()
        new = run.list_new_targets()
        counts = {status.value: count for status, count in run.count_statuses().items()}
        changed = sum(1 for stack in run.iter_stacks() if not _CHANGED.isdisjoint(stack.counts))
        return {
            "id": name_id(path.name),
            "name": path.name,
            "mode": meta.mode,
            "at": meta.created_at,
            "address": meta.api_url,
            "begun": meta.begun,
            "planned": meta.planned,
            "rehearsal": meta.is_rehearsal,
            "on_existing": meta.on_existing,
            "inputs": [record.name for record in run.iter_inputs()],
            "counts": {status: counts[status] for status in ORDER if status in counts},
            "steps": dict(steps),
            "send": {"rows": rows, "stacks": stacks},
            "stacks": all_stacks,
            "undone": undone,
            "changed_stacks": changed,
            "new_targets": {"count": len(new), "names": new[:MAX_TARGETS]},
            "blocked": _why_blocked(session, meta.api_url),
            "events": [{"at": event.at, "kind": event.kind, "text": event.text} for event in run.iter_events()][-50:],
            "reports": [[each.suffix, each.description] for each in map_reports().values()],
        }


def _why_blocked(session: Session, address: str | None) -> str:
    """Return why a run can't be gone on with, verified or undone here; nothing where it can."""
    if address is None:
        return "This was a dry run: there is nothing on a server."
    if address == session.address:
        return ""
    if session.is_sandbox:
        return "This run belongs to another server, or to an earlier sandbox, which is gone."
    return f"This run belongs to {address}. Type that address and its key first."


def view_rows(path: Path, status: str, first: int, last: int) -> dict[str, Any]:
    """Return rows of a run with their answers, those of one status or step where one is named.

    Raises:
        RunFileError: it can't be read.
    """
    with RunFile.open(path) as run:
        reader, is_planned = LayerReader(run), run.meta.planned
        is_rehearsal = run.meta.is_rehearsal
        found: list[dict[str, Any]] = []
        total = 0
        for line in iter_report_lines(run):
            step = name_step(line.record, is_planned=is_planned)
            if status not in {"", line.record.status.value, f"step:{step}"}:
                continue
            if first <= total < last:
                found.append(_view_line(line, reader, step=step, is_rehearsal=is_rehearsal))
            total += 1
    return {"total": total, "rows": found}


def _view_line(line: ReportLine, reader: LayerReader, *, step: str, is_rehearsal: bool) -> dict[str, Any]:
    record, shown = line.record, reader.read(line.record)
    said = record.message or "; ".join(issue.message for issue in line.issues if issue.severity is Severity.ERROR)
    cell = next((issue.where.cell for issue in line.issues if issue.severity is Severity.ERROR), None)
    return {
        "seq": record.seq,
        "source": record.source,
        "sheet": record.sheet,
        "row": record.row,
        "cell": cell,
        "sample": record.sample_name if record.sample_name is not None else record.sample_id,
        "layer": record.layer_id,
        "formula": shown.formula,
        "orientation": shown.orientation,
        "status": record.status.value,
        "good": record.status in GOOD_STATUSES,
        "step": step,
        "record": record.record_id,
        "codes": [issue.code for issue in line.issues],
        "message": word_fields(said) or explain_status(record.status, is_rehearsal=is_rehearsal),
    }


def view_differences(path: Path, first: int, last: int) -> dict[str, Any]:
    """Return the rows whose records on the server differ, each with its fields: what is there, what is here.

    Raises:
        RunFileError: it can't be read.
    """
    with RunFile.open(path) as run:
        fields: dict[int, list[list[str]]] = {}
        for each in iter_differences(run):
            fields.setdefault(each.seq, []).append([word_field(each.field), _word(each.there), _word(each.here)])
        rows = []
        wanted = sorted(fields)[first:last]
        chosen = set(wanted)
        for row in run.iter_rows() if chosen else ():
            if row.seq in chosen:
                sample = row.sample_name if row.sample_name is not None else row.sample_id
                place = {"seq": row.seq, "row": row.row, "sample": sample, "layer": row.layer_id}
                rows.append(place | {"fields": fields[row.seq]})
    return {"total": len(fields), "rows": rows}


def _word(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def view_stack(path: Path, seq: int) -> dict[str, Any]:
    """Return the stack of a row of a run, drawn with its answers; nothing where the row has none.

    Raises:
        RunFileError: it can't be read.
    """
    with RunFile.open(path) as run:
        own = next((row for row in run.iter_rows() if row.seq == seq), None)
        if own is None or (own.sample_id is None and own.sample_name is None):
            return {}
        reader = LayerReader(run)
        layers: list[DrawnLayer] = []
        for row in run.iter_rows():
            is_same = (row.sample_id, row.sample_name) == (own.sample_id, own.sample_name)
            if is_same and row.layer_id is not None and len(layers) < MAX_DRAWN:
                layers.append(reader.draw(row, row.layer_id))
        good = GOOD_STATUSES | ({Status.NOT_SENT} if run.meta.is_rehearsal else set())
    label = own.sample_name if own.sample_name is not None else f"sample {own.sample_id}"
    stack = DrawnStack(label, own.substrate, tuple(layers), good=frozenset(good))
    return {"label": label, "svg": draw_stack(stack), "words": describe_stack(stack)}
