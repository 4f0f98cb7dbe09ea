"""What users write against the public API; mypy checks that the types hold, and nothing here is run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import assert_type

import pandas as pd

import importer


def tell(event: importer.Event) -> None:
    """Watch as users do."""
    if isinstance(event, importer.RowEnded):
        assert_type(event.outcome.status, importer.Status)
    elif isinstance(event, importer.Paused):
        assert_type(event.seconds, float)
    elif isinstance(event, importer.Phase):
        assert_type(event.total, int)
    elif isinstance(event, importer.Advanced):
        assert_type(event.count, int)


def check() -> None:
    """Check inputs of every kind."""
    for result in (
        importer.validate("growths.xlsx"),
        importer.validate(Path("growths.xlsx"), read=importer.ReadSettings(sheet="MBE", mapping={"columns": {}})),
        importer.validate(["a.csv", "b.yaml"], check=importer.CheckSettings(strict=True)),
        importer.validate(pd.DataFrame({"layer_id": [1]})),
        importer.validate([{"layer_id": 1, "sample_id": 7}]),
        importer.validate(importer.Table([{"layer_id": 1}], "growth log")),
        importer.validate("a.csv", context=importer.Context(watch=tell)),
    ):
        assert_type(result, importer.Validation)
        assert_type(result.issues, tuple[importer.Issue, ...])
        assert_type(result.issues_frame, pd.DataFrame)
        assert_type(result.stacks, tuple[importer.StackVerdict, ...])
    assert_type(importer.preview_columns("a.csv"), tuple[importer.TableView, ...])
    assert_type(importer.draft_mapping(importer.preview_columns("a.csv")), str)
    assert_type(importer.explain_code("layer-gap"), importer.Code)
    assert_type(importer.find_guide_page("mapping"), importer.GuidePage)
    assert_type(importer.list_guide_pages(), tuple[importer.GuidePage, ...])


def edit() -> None:
    """Edit in a notebook."""
    draft = importer.open_draft("a.csv", check=importer.CheckSettings(strict=True), journal=Path("a.edits.jsonl"))
    assert_type(draft, importer.Draft)
    draft.edit([importer.Cell(0, 2, 2, "BaTiO3")], delete=[(0, 17)])
    assert_type(draft.take("formula-case", value="batio3"), int)
    draft.step("undo")
    window = draft.view(0, 0, 100, only_bad=True)
    assert_type(window, importer.Window)
    assert_type(window.marks, tuple[importer.Mark, ...])
    assert_type(draft.list_issues(), list[importer.Issue])
    assert_type(draft.find_next(0, 0, 0), importer.Mark | None)
    assert_type(draft.write_copies(Path("copies")), tuple[importer.CopiedFile, ...])


def fix() -> None:
    """Correct a file."""
    fixed = importer.fix("a.csv", "b.csv", what=importer.FixSettings(take=["formula-case"]))
    assert_type(fixed, importer.Fixed)
    assert_type(fixed.changes, tuple[importer.Change, ...])
    assert_type(fixed.not_taken, tuple[importer.NotTaken, ...])
    assert_type(fixed.difference, tuple[importer.Difference, ...] | None)
    assert_type(fixed.checked, importer.Validation)
    edit = importer.Edit(2, 2, "batio3", "BaTiO3", "MBE")
    assert_type(importer.fix(Path("a.xlsx"), None, what=importer.FixSettings(edits=[edit])), importer.Fixed)


def send() -> None:
    """Plan, send, go on, look and take back."""
    api = importer.ApiSettings(url="https://api.atomscale.ai", key="...")
    assert_type(api.key, importer.Secret)
    plan = importer.PlanSettings(on_existing=importer.OnExisting.UPDATE, write_mode=importer.WriteMode.LAYERS)
    pace = importer.SendSettings(workers=4, rate=2.5, in_doubt=importer.InDoubt.HOLD)
    report = importer.import_layers("growths.xlsx", api=api, plan=plan, send=pace)
    assert_type(report, importer.Report)
    assert_type(importer.plan_layers("growths.xlsx", api=api), importer.Report)
    for again in (importer.apply_plan, importer.resume, importer.join_run):
        assert_type(again("a.run.sqlite", api=api), importer.Report)
    assert_type(importer.retry(Path("a.run.sqlite"), api=api, only=[importer.Status.REFUSED]), importer.Report)
    assert_type(importer.stop_run("postgresql://db.lab/runs?run=a"), int)
    assert_type(importer.verify("a.run.sqlite", api=api), importer.Verification)
    with importer.report_runs(["a.run.sqlite", Path("b.run.sqlite")]) as together:
        assert_type(together, importer.Report)
    assert_type(importer.pull("stacks.yaml", api=api, samples=["A17", 42]), importer.Pulled)
    assert_type(importer.undo("a.run.sqlite", api=api), importer.Undoing)
    assert_type(report.counts, Counter[importer.Status])
    assert_type(report.write("answers.html"), Path)
    assert_type(importer.write_report("a.run.sqlite", "answers.csv"), Path)
    assert_type(importer.list_runs("."), tuple[importer.RunView, ...])
    assert_type(importer.diagnose(api), tuple[importer.Finding, ...])
    assert_type(importer.write_template("layers.xlsx", layers=5), Path)
    assert_type(importer.clean_runs("~/growths"), tuple[importer.RunPlace, ...])
    assert_type(importer.write_check_reports("a.csv", "check.html"), tuple[Path, ...])
    assert_type(report.split("rest"), tuple[Path, ...])
    for watched in importer.watch("growths", api=api):
        assert_type(watched, importer.Watched)
        assert_type(watched.report, importer.Report | None)
    with importer.open_page("growths", api=api, browser=False) as page:
        assert_type(page, importer.Page)
        page.wait()
    with importer.start_sandbox() as sandbox:
        assert_type(sandbox, importer.ApiSettings)


def handle() -> None:
    """Tell apart what stops a run."""
    try:
        importer.validate("a.csv")
    except importer.NothingToDoError as error:
        assert_type(error.exit_code, int)
    except importer.AbortedError as error:
        assert_type(error.run_path, "Path | importer.ServerPlace | None")
