"""Consoles that don't have every character: nothing is lost by them."""

from __future__ import annotations

import csv
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.helpers.forking import get_preloaded
from tests.helpers.processes import make_environment, run_sandbox

if TYPE_CHECKING:
    from pathlib import Path

NAME = "Wachstum \u03a9\u4e2d.csv"
ROWS = "sample_id,layer_id,formula,hkl\n1,1,SrTiO\u2083,001\n1,2,\u6c28\u03a9,001\n"


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "shift_jis", "utf-8"])
def test_a_character_that_the_console_lacks_ends_nothing(encoding: str, tmp_path: Path) -> None:
    """Import, check and list of runs end as they would elsewhere, with the report written and the character escaped."""
    (tmp_path / NAME).write_text(ROWS, encoding="utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        environment = make_environment(sandbox.url, PYTHONIOENCODING=encoding)
        process = get_preloaded().start(arguments, folder=tmp_path, environment=environment)
        ended = subprocess.CompletedProcess(arguments, process.wait(), *process.read_bytes())
        assert b"Traceback" not in ended.stderr
        ended.stderr.decode(encoding)
        # what programs read is UTF-8; so is what the list of runs says where the encoding is ASCII, as if it were unset
        ended.stdout.decode(
            "utf-8" if "json" in arguments or (arguments[0], encoding) == ("runs", "ascii") else encoding
        )
        return ended

    with run_sandbox() as sandbox:
        assert run("import", NAME, "--verbose", "--report", "a.csv").returncode == 1
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line["status"] for line in csv.DictReader(lines)] == ["created", "invalid"]
    told = run("validate", NAME)
    assert told.returncode == 1
    assert ("\\u6c28" in told.stdout.decode(encoding)) is (encoding != "utf-8")
    assert run("validate", NAME, "--format", "json").returncode == 1
    assert run("columns", NAME).returncode == 0
    assert run("runs").returncode == 0
    lost = run("validate", "\u03a9\u4e2d.csv")
    assert lost.returncode == 2
    assert ("\\u4e2d" in lost.stderr.decode(encoding)) is (encoding not in {"utf-8", "shift_jis"})
