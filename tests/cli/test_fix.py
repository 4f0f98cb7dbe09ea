"""``fix`` on the command line: what it lists, what it writes, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from importer.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

run = CliRunner().invoke
ROWS = "Sample,Substrate,Layer number,Composition\nW1,Si,1,batio3\nW1,Si,2,\x1b[31mx\n"


@pytest.fixture(autouse=True)
def at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a file of one bad cell that can be corrected and one that can't."""
    (tmp_path / "log.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)


def test_each_change_is_listed(tmp_path: Path) -> None:
    """Cell, text before and after, and code; the exit code is that of a check of the copy."""
    ended = run(app, ["fix", "log.csv", "--to", "fixed.csv"])
    assert ended.stdout == "log.csv, cell D2, column 'Composition': 'batio3' -> 'BaTiO3' (formula-case)\n"
    assert "Cells changed: 1 (1 formula-case). Rows valid then: 1 of 2. Written: fixed.csv." in ended.stderr
    assert ended.exit_code == 1
    assert (tmp_path / "fixed.csv").read_text() == ROWS.replace("batio3", "BaTiO3")


def test_a_difference_is_shown_and_nothing_written(tmp_path: Path) -> None:
    """The lines that differ are shown; a control character in one can't steer the terminal."""
    (tmp_path / "log.csv").write_text(ROWS.replace("2,\x1b[31mx", "2,SiO2").replace("W1,Si,1", "W\x1b1,Si,1"))
    ended = run(app, ["fix", "log.csv", "--diff"])
    lines = ["--- log.csv", "+++ log.csv (corrected)", "@@ -2 +2 @@"]
    lines += ["-W\\x1b1,Si,1,batio3", "+W\\x1b1,Si,1,BaTiO3"]
    assert ended.stdout.splitlines() == lines
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Give either --to FIXED"),
        (["--to", "fixed.csv", "--diff"], "Give either --to FIXED"),
        (["--to", "log.csv"], "one of the inputs"),
        (["--diff", "--take", "layer-gap"], "layer-gap can't be taken"),
        (["--diff", "--delete-rows", "0"], "doesn't name rows"),
        (["--diff", "--delete-rows", "99"], "row 99 isn't a row of a table"),
        (["--diff", "--edits", "absent.jsonl"], "absent.jsonl can't be read"),
    ],
)
def test_wrong_use_is_told(options: list[str], said: str) -> None:
    """What can't be done as asked ends with 2, and a sentence."""
    ended = run(app, ["fix", "log.csv", *options])
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_standard_input() -> None:
    """A file that is piped in is corrected too."""
    command = [sys.executable, "-m", "importer", "fix", "-", "--input-format", "csv", "--to", "fixed.csv"]
    ended = subprocess.run(command, input=ROWS, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stdout.startswith("-, cell D2")
    assert ended.returncode == 1
