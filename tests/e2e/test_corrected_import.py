"""A corrected import takes the place of the run file before it: also after a crash, and beside a reader."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.errors import RunFileError
from importer.model import Status
from importer.run import RunFile
from importer.settings import ApiSettings, PlanSettings, Secret
from importer.tasks import stage as staging
from importer.tasks.import_layers import import_layers
from tests.helpers.processes import KEY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

    Start = Callable[..., Forked]
    Run = Callable[..., subprocess.CompletedProcess[str]]

SCRIPT = str(Path(__file__).with_name("crash_points.py"))
FIRST = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n"
CORRECTED = FIRST.replace("BaTiO3", "PbTiO3") + "7,3,SrRuO3\n"


def check_corrected(sandbox: SandboxProcess, run: Path) -> None:
    """The server holds the corrected stack, each layer once, and the run file answers for each row."""
    held = [(record["layer_id"], record["composition_string"]) for record in sandbox.list_layers()]
    assert held == [(1, "SrTiO3"), (2, "PbTiO3"), (3, "SrRuO3")]
    with RunFile.open(run) as file:
        assert [row.status for row in file.iter_rows()] == ["unchanged", "updated", "created"]


@pytest.mark.parametrize("label", ["staging", "planning", "before-intent", "after-send", "settling"])
def test_a_corrected_import_killed_is_imported_again_or_resumed(
    tmp_path: Path,
    start_forked: Start,
    run_cli: Run,
    sandbox: SandboxProcess,
    label: str,
) -> None:
    """Killed while it is read, the corrected file is imported again; killed later, its run is resumed."""
    table, run = tmp_path / "a.csv", tmp_path / "r.run.sqlite"
    options = ["import", str(table), "--run", str(run), "--settle", "0.2"]
    table.write_text(FIRST)
    assert run_cli(*options, url=sandbox.url).returncode == 0
    table.write_text(CORRECTED)
    process = start_forked(*options, url=sandbox.url, program=[SCRIPT, label, "1"])
    process.communicate(timeout=120)
    assert process.returncode == -9
    again = options if label == "staging" else ["resume", str(run), "--settle", "0.2"]
    ended = run_cli(*again, url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    check_corrected(sandbox, run)
    assert not run.with_name(f"{run.name}.new").exists()


def test_a_run_file_that_someone_reads_is_left_in_its_place(
    tmp_path: Path,
    run_cli: Run,
    sandbox: SandboxProcess,
) -> None:
    """A reader keeps the old file's log beside it, which the new file must not be given: the import waits its turn."""
    table, run = tmp_path / "a.csv", tmp_path / "r.run.sqlite"
    options = ["import", str(table), "--run", str(run), "--settle", "0.2"]
    table.write_text(FIRST)
    assert run_cli(*options, url=sandbox.url).returncode == 0
    table.write_text(CORRECTED)
    with closing(sqlite3.connect(run, isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode=WAL")
        reader.execute("INSERT INTO event (at, kind, text) VALUES (0, 'test', 'a page in the log')")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM row").fetchone()
        ended = run_cli(*options, url=sandbox.url)
        assert ended.returncode == 2, ended.stdout + ended.stderr
        assert "Another program has" in ended.stderr
        assert len(sandbox.list_layers()) == 2
    ended = run_cli(*options, url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    check_corrected(sandbox, run)


def test_inputs_that_cant_be_imported_leave_no_file(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """An import that ends before anything is sent leaves no run file in the way of the next one."""
    table, run = tmp_path / "a.csv", tmp_path / "r.run.sqlite"
    table.write_text("sample_id,layer_id\n")
    options = ["import", str(table), "--run", str(run), "--settle", "0.2"]
    assert run_cli(*options, url=sandbox.url).returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    table.write_text(FIRST)
    assert run_cli(*options, url=sandbox.url).returncode == 0
    table.write_text("sample_id,layer_id\n")
    assert run_cli(*options, url=sandbox.url).returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "r.run.sqlite"]


def test_nobody_goes_on_with_the_old_run_while_the_corrected_file_is_read(
    tmp_path: Path, run_cli: Run, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """From the moment in which it is known what the old run stored, only the new one may store anything."""
    table, run = tmp_path / "a.csv", tmp_path / "r.run.sqlite"
    table.write_text(FIRST)
    assert run_cli("import", str(table), "--run", str(run), url=sandbox.url).returncode == 0
    table.write_text(CORRECTED)
    refusals = []
    read = staging.stage_rows

    def look_aside(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # passed on as they come
        with pytest.raises(RunFileError, match="Another process is using") as caught:
            RunFile.open(run, readonly=False)
        refusals.append(caught)
        read(*args, **kwargs)

    monkeypatch.setattr(staging, "stage_rows", look_aside)
    api = ApiSettings(url=sandbox.url, key=Secret(KEY))
    report = import_layers(table, api=api, plan=PlanSettings(run=run))
    assert (len(refusals), report.counts[Status.CREATED]) == (1, 1)
    RunFile.open(run, readonly=False).close()
