"""Rows that are valid and yet don't go in, for a layer of their stack doesn't: counted, worded and drawn apart."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import orjson
import pytest
from rich.console import Console

import importer
from importer.model import GOOD_STATUSES, FinerCounts, Status
from importer.report.drawing.drawn_stacks import list_drawn_stacks
from importer.report.drawing.stack_svg import draw_stack
from importer.report.page.html import write_html_report
from importer.report.screen.console import make_run_summary
from importer.report.screen.plan_summary import make_plan_summary
from importer.report.screen.summary import Tally, iter_answers, state_verdict, tally_run
from importer.run import End, Journal, RunFile, Step, Stepped
from importer.settings import ApiSettings, PlanSettings, Secret, SendSettings, WriteMode
from importer.tasks import import_layers as pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

DRY = SendSettings(dry_run=True)
LOG = """\
sample_id,layer_id,formula
42,1,SrTiO3
42,2,Xx2O3
42,3,SrTiO3
43,1,SrTiO3
43,3,SrTiO3
43,4,SrTiO3
44,1,LaAlO3
"""
HELD = {2: "blocked: layer 2 below it is invalid", 5: "blocked: layer 3 below it is invalid"}


@pytest.fixture
def rehearsed(tmp_path: Path) -> Path:
    """Give the run file of a dry run: an invalid layer and a gap, each with a valid layer above it."""
    source, path = tmp_path / "log.csv", tmp_path / "r.run.sqlite"
    source.write_text(LOG)
    importer.import_layers(source, plan=PlanSettings(run=path), send=DRY)
    return path


def _draw(what: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=10_000, markup=False, highlight=False).print(what)
    return stream.getvalue()


def test_a_dry_run_counts_what_is_held_back_apart(rehearsed: Path) -> None:
    """Rows above an invalid layer or a gap aren't among those that would be sent; the lines still add up."""
    with RunFile.open(rehearsed) as run:
        tally, shown = tally_run(run), _draw(make_run_summary(run))
    assert tally.finer == FinerCounts(held=2)
    assert [(line.status, line.count, line.is_good) for line in iter_answers(tally)] == [
        (Status.INVALID, 2, False), (Status.NOT_SENT, 3, True), (Status.NOT_SENT, 2, False),
    ]  # fmt: skip
    assert "Dry run: 3 of 7 rows are ready to send; 2 are invalid; 2 are blocked by an invalid layer below it." in shown


def test_a_held_row_says_what_holds_it(rehearsed: Path) -> None:
    """The answers of a dry run name the layer, in the submitter's own words; other rows have none."""
    with RunFile.open(rehearsed) as run:
        told = {row.seq: row.message for row in run.iter_rows() if row.message}
        held = {row.seq: row.held_by for row in run.iter_rows() if row.held_by is not None}
    assert told == HELD
    assert held == {2: 2, 5: 3}


def test_a_held_layer_is_not_drawn_as_going_in(rehearsed: Path) -> None:
    """In the notebook's drawing and in the page's data the held layer is told apart from the valid ones."""
    stream = io.BytesIO()
    with RunFile.open(rehearsed) as run:
        drawn = list_drawn_stacks(run, most=9, good={*GOOD_STATUSES, Status.NOT_SENT})
        write_html_report(run, stream)
    assert [draw_stack(stack).count("BLOCKED") for stack in drawn] == [1, 1, 0]
    found = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', stream.getvalue().decode(), re.DOTALL)
    assert found is not None
    assert [row[0] for row in orjson.loads(found[1])["rows"] if row[-1]] == list(HELD)


@pytest.mark.parametrize(("mode", "held"), [(WriteMode.LAYERS, 1), (WriteMode.REPLACE, 2)])
def test_a_stack_that_is_replaced_is_held_as_a_whole(tmp_path: Path, mode: WriteMode, held: int) -> None:
    """One call for a stack can't leave a layer out: the layers below the invalid one aren't sent either."""
    source, path = tmp_path / "log.csv", tmp_path / "r.run.sqlite"
    source.write_text("".join(LOG.splitlines(keepends=True)[:4]))
    importer.import_layers(source, plan=PlanSettings(run=path, write_mode=mode), send=DRY)
    with RunFile.open(path) as run:
        assert run.count_finer().held == held


def test_a_plan_counts_what_is_held_back_apart(tmp_path: Path) -> None:
    """A row above a conflict isn't among those that will be created or changed."""
    source, path = tmp_path / "log.csv", tmp_path / "r.run.sqlite"
    source.write_text("sample_id,layer_id,formula\n42,1,SrTiO3\n42,2,BaTiO3\n42,3,MgO\n43,1,MgO\n")
    api = ApiSettings(url="http://127.0.0.1:9", key=Secret("key"))
    pipeline.plan_layers(source, api=api, plan=PlanSettings(run=path, offline=True))
    with RunFile.open(path, readonly=False) as run, Journal(run) as journal:
        journal.write(Stepped(0, Step.CONFLICT, "formula differs"), End(0, Status.CONFLICT, 5, None, "differs", 1.0))
        journal.write(Stepped(1, Step.CREATE), Stepped(2, Step.UPDATE, "formula differs"), Stepped(3, Step.CREATE))
    with RunFile.open(path) as run:
        shown, verdict = _draw(make_plan_summary(run)), state_verdict(tally_run(run))
    steps = {tuple(line.split()[:2]) for line in shown.splitlines()}
    assert {("create", "1"), ("conflict", "1")} <= steps
    assert "blocked   2     a lower layer of its stack can't be stored" in shown
    assert "will be updated" not in shown
    assert "blocked: layer 1 below it is in conflict; formula differs" in shown
    assert verdict.endswith(
        "1 is on the server with other content; 2 are blocked by a lower layer that can't be stored."
    )


def test_rows_that_differ_and_were_left_are_said_to_differ() -> None:
    """With --on-existing skip nothing is to be done, but the rows aren't said to be in as they are written."""
    tally = Tally({Status.UNCHANGED: 241}, FinerCounts(differing=2))
    assert [(line.count, line.meaning) for line in iter_answers(tally)] == [
        (239, "already there with the same content"),
        (2, "there with other content, left as it is (--on-existing skip)"),
    ]
    assert tally.is_good
    assert state_verdict(tally) == (
        "All 241 rows are there; 2 of them differ on the server and were left as they are (--on-existing skip)."
    )
