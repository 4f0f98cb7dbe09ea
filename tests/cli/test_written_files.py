"""The files that commands write: each is there, and colleagues may read it as far as the user's umask lets them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from importer.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPORTS = {
    "a.html": b"<!doctype html>", "a.xlsx": b"PK", "a.junit.xml": b"<?xml", "a.sarif": b"{", "b.csv": b"source,",
    "a.jsonl": b"{",
}  # fmt: skip


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with an input in a sub-folder, where files get the mode 640."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "june").mkdir(parents=True)
    (tmp_path / "in" / "june" / "a.csv").write_text("sample_id,layer_id,formula\n1,1,SrTiO3\n1,2,batio3\n")
    before = os.umask(0o027)
    yield tmp_path
    os.umask(before)


def run(*arguments: str, code: int = 0) -> None:
    """Run a command, and check its exit code."""
    ended = CliRunner().invoke(app, list(arguments))
    assert ended.exit_code == code, ended.output


def check_modes(*paths: Path) -> None:
    """Check that files have the mode of any new file."""
    assert sys.platform == "win32" or {path.stat().st_mode & 0o777 for path in paths} == {0o640}


def test_a_check_writes_every_kind_of_report(lab: Path) -> None:
    """Without a run file, of which nothing stays."""
    run("validate", "in", *(word for name in REPORTS for word in ("--report", name)), code=1)
    for name, beginning in REPORTS.items():
        assert (lab / name).read_bytes().lower().startswith(beginning.lower()), name
    check_modes(*(lab / name for name in REPORTS))
    assert not list(lab.rglob("*.sqlite*"))


def test_other_files_get_the_umask_too(lab: Path) -> None:
    """Templates, mapping files, corrected copies and split files; the run file and the log are their owner's alone."""
    run("template", "--to", "t.xlsx")
    run("columns", "in/june/a.csv", "--write", "m.yaml")
    run("fix", "in/june/a.csv", "--to", "f.csv")
    run("import", "in", "--dry-run", "--run", "r.sqlite", "--split", "parts", "--log-file", "r.log", code=1)
    split = [path for path in (lab / "parts").rglob("*") if path.is_file()]
    assert len(split) > 1
    check_modes(lab / "t.xlsx", lab / "m.yaml", lab / "f.csv", *split)
    assert sys.platform == "win32" or {(lab / name).stat().st_mode & 0o777 for name in ("r.sqlite", "r.log")} == {0o600}
