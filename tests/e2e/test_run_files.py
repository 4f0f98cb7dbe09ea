"""Where run files lie, and which of them may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.run import RunFile
from importer.tasks.runs import clean_runs, list_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

TABLE = "sample_id,layer_id,formula\n1,1,Si\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with an input in a sub-folder."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text(TABLE)
    return tmp_path


def list_names(folder: Path) -> list[str]:
    """Return the names of the run files below a folder, without their times."""
    return sorted(f"{path.parent.name}/{path.name.split('.')[0]}" for path in folder.rglob("*.sqlite*"))


def test_a_dry_run_leaves_no_run_file(folder: Path, run_cli: Callable[..., Any]) -> None:
    """Unless it is asked for, by a name or by --keep; the report is written in any case."""
    said = run_cli("import", "data/a.csv", "--dry-run", "--report", "a.html")
    assert said.returncode == 0
    assert "Run file" not in said.stderr
    assert (list_names(folder), (folder / "a.html").exists()) == ([], True)
    said = run_cli("import", "data/a.csv", "--dry-run", "--keep")
    assert "Run file: data/a.csv." in said.stderr
    run_cli("import", "data/a.csv", "--dry-run", "--run", "b.run.sqlite")
    assert list_names(folder) == sorted([f"{folder.name}/b", "data/a"])


def test_the_place_is_told_truly(folder: Path, run_cli: Callable[..., Any], sandbox: SandboxProcess) -> None:
    """Beside a file or folder, and here for a pattern, as help says; what is told is there."""
    for given in ("data/a.csv", "data", "data/*.csv"):
        said = run_cli("import", given, url=sandbox.url)
        assert said.returncode == 0, said.stderr
        (line,) = [line for line in said.stderr.splitlines() if line.startswith("Run file: ")]
        assert (folder / line.removeprefix("Run file: ")).is_file()
    assert list_names(folder) == sorted([f"{folder.name}/import", f"{folder.name}/data", "data/a"])


def test_cleaning_removes_dry_runs_only(folder: Path, run_cli: Callable[..., Any], sandbox: SandboxProcess) -> None:
    """Those of imports stay, for they can be undone; one that is in use stays too."""
    run_cli("import", "data/a.csv", "--dry-run", "--run", "dry.run.sqlite")
    run_cli("import", "data/a.csv", "--dry-run", "--run", "used.run.sqlite")
    run_cli("import", "data/a.csv", "--run", "real.run.sqlite", url=sandbox.url)
    (folder / "odd.run.sqlite").write_text("no run file")
    with RunFile.open(folder / "used.run.sqlite", readonly=False):
        said = run_cli("runs", "--clean")
    assert "Removed: dry.run.sqlite" in said.stdout
    left = ["odd.run.sqlite", "real.run.sqlite", "used.run.sqlite"]
    assert sorted(run.path.name for run in list_runs(folder)) == left
    assert [path.name for path in clean_runs(folder)] == ["used.run.sqlite"]
