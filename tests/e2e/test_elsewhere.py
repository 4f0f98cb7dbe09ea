"""The main commands in a Python that lacks what Windows lacks, as `tests.helpers.elsewhere` plays it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from importer.run import RunFile
from tests.helpers.faults import write_plan
from tests.helpers.forking import get_preloaded
from tests.helpers.processes import ROOT, make_environment, read_line, run_sandbox

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = ROOT / "sample_data" / "valid"
ELSEWHERE = ROOT / "tests" / "helpers" / "elsewhere"


def make_elsewhere(url: str | None = None, **extra: str) -> dict[str, str]:
    """Return the environment of a command that is to find itself elsewhere."""
    environment = make_environment(url, **extra)
    return {**environment, "PYTHONPATH": os.pathsep.join([str(ELSEWHERE), environment["PYTHONPATH"]])}


def run_there(*arguments: str, cwd: Path, url: str | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command elsewhere, forked from a process that loaded everything there, and check its exit code."""
    started = get_preloaded(ELSEWHERE).start(arguments, folder=cwd, environment=make_elsewhere(url))
    ended = subprocess.CompletedProcess(arguments, started.wait(300), *started.read())
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended


def test_elsewhere_is_elsewhere(tmp_path: Path) -> None:
    """What the others stand on: modules and names are gone, open files can't be replaced; also in what is forked."""
    code = (
        "import os, signal\n"
        "assert not hasattr(os, 'O_NOFOLLOW') and not hasattr(os, 'getuid') and not hasattr(signal, 'SIGHUP')\n"
        "for name in ('fcntl', 'resource', 'selectors'):\n"
        "    try:\n        __import__(name, globals())\n"
        "    except ModuleNotFoundError:\n        continue\n"
        "    raise SystemExit(name)\n"
        "open('a', 'w').close(); held = open('b', 'w')\n"
        "try:\n    os.replace('a', 'b')\n"
        "except PermissionError:\n    raise SystemExit(0)\n"
        "raise SystemExit('replaced')\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=make_elsewhere(), timeout=60, check=True)
    (tmp_path / "script.py").write_text(code)
    forked = get_preloaded(ELSEWHERE).start(["script.py"], folder=tmp_path, program="script")
    assert forked.wait() == 0, forked.read()


@pytest.mark.parametrize(
    ("left_out", "rows"), [("migration*", "26"), pytest.param("", "2,026", marks=pytest.mark.long)]
)
def test_sample_data_is_imported_into_the_embedded_sandbox(tmp_path: Path, left_out: str, rows: str) -> None:
    """All rows get in, with a report, and the run file can be read afterwards."""
    shutil.copytree(SAMPLES, tmp_path / "samples", ignore=shutil.ignore_patterns(left_out))
    said = run_there("import", "samples", "--sandbox", "--run", "r.sqlite", "--report", "a.html", cwd=tmp_path)
    assert f"All {rows} rows are stored." in said.stdout
    assert (tmp_path / "a.html").stat().st_size > 10_000
    run_there("report", "r.sqlite", "--to", "a.html", cwd=tmp_path)  # in the place of one that is there
    run_there("runs", ".", cwd=tmp_path)


@pytest.mark.parametrize("folder", ["valid", "formats"])
def test_every_format_is_checked(folder: str, tmp_path: Path) -> None:
    """Also the formats that a child process opens first, whose memory nothing bounds there."""
    said = run_there("validate", str(ROOT / "sample_data" / folder), cwd=tmp_path, code=int(folder == "formats"))
    assert "rows" in said.stdout


def test_a_run_is_resumed_reported_corrected_and_undone(tmp_path: Path) -> None:
    """The commands that go on with a run file: each replaces, locks or rewrites files that it had open before."""
    table = tmp_path / "a.csv"
    table.write_text("sample_id,layer_id,formula\n1,1,SrTiO3\n1,2,BaTiO3\n2,1,Xx\n")
    plan = write_plan(tmp_path, {"kind": "status", "status": 503, "when": "before", "on": [1, 2], "method": "POST"})
    with run_sandbox("--faults", plan) as sandbox:
        run_there("import", "a.csv", "--run", "r.sqlite", "--settle", "0", cwd=tmp_path, url=sandbox.url, code=1)
        table.write_text("sample_id,layer_id,formula\n1,1,SrTiO3\n1,2,BaTiO3\n2,1,Si\n")
        run_there("import", "a.csv", "--run", "r.sqlite", "--settle", "0", cwd=tmp_path, url=sandbox.url)
        assert len(sandbox.list_layers()) == 3
        run_there("resume", "r.sqlite", cwd=tmp_path, url=sandbox.url)
        run_there("verify", "r.sqlite", cwd=tmp_path, url=sandbox.url)
        run_there("undo", "r.sqlite", "--yes", cwd=tmp_path, url=sandbox.url)
        run_there("doctor", cwd=tmp_path, url=sandbox.url)
    run_there("report", "r.sqlite", "--to", "a.xlsx", cwd=tmp_path, code=1)  # as the run: nothing of it is stored now


def test_a_run_file_is_one_process_s_at_a_time(tmp_path: Path) -> None:
    """The lock beside the run file keeps a second process out, and is free once the first has ended."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    run_there("import", "a.csv", "--sandbox", "--run", "r.sqlite", cwd=tmp_path)
    with RunFile.open(tmp_path / "r.sqlite", readonly=False), run_sandbox() as sandbox:
        said = run_there("resume", "r.sqlite", cwd=tmp_path, url=sandbox.url, code=2)
        assert "Another process" in said.stderr


def test_a_file_is_corrected_and_what_is_stored_is_pulled_and_reported(tmp_path: Path) -> None:
    """The commands beside a run: each writes a file that it, or the run file's reader, has had open."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,batio3\n1,2,Si\n")
    (tmp_path / "b.csv").write_text("sample_id,layer_id,formula\n2,1,Ge\n")
    run_there("fix", "a.csv", "--to", "fixed.csv", cwd=tmp_path)
    with run_sandbox() as sandbox:
        for name in ("fixed", "b"):
            run_there("import", f"{name}.csv", "--run", f"{name}.run.sqlite", cwd=tmp_path, url=sandbox.url)
        run_there("report", "fixed.run.sqlite", "b.run.sqlite", "--to", "both.xlsx", cwd=tmp_path)
        for to in ("all.yaml", "all.xlsx"):
            run_there("pull", "--to", to, cwd=tmp_path, url=sandbox.url)
        said = run_there("plan", "all.xlsx", "--run", "plan.run.sqlite", cwd=tmp_path, url=sandbox.url)
        assert "unchanged  3" in said.stdout


def test_a_folder_is_watched_and_a_changed_file_imported_again(tmp_path: Path) -> None:
    """A new run takes the place of the old one's file, and the folder's lock is given back; Ctrl-C ends it."""
    hurried = (
        "import importer.tasks.watch.folder as watched\n"
        "watched.POLL, watched.iter_settled.__kwdefaults__['settle'] = 0.1, 0.3\n"
        "from importer.__main__ import main\nmain()\n"
    )
    (tmp_path / "in").mkdir()
    table = tmp_path / "in" / "a.csv"
    table.write_text("sample_id,layer_id,formula\n1,1,Si\n")
    with (
        run_sandbox() as sandbox,
        subprocess.Popen(
            [sys.executable, "-c", hurried, "watch", "in"],
            cwd=tmp_path, env=make_elsewhere(sandbox.url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        ) as process,
    ):  # fmt: skip
        read_line(process, process.stderr, "Run file:")
        table.write_text("sample_id,layer_id,formula\n1,1,Si\n1,2,Ge\n")
        read_line(process, process.stderr, "Run file:")
        assert len(sandbox.list_layers()) == 2
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in err) == (130, False), err
        run_there("runs", "in", cwd=tmp_path)


def test_the_sandbox_command_ends_with_ctrl_c(tmp_path: Path) -> None:
    """Where a process can't become another, one Ctrl-C at the terminal ends both, without noise."""
    with subprocess.Popen(
        [sys.executable, "-m", "importer", "sandbox", "--port", "0"],
        cwd=tmp_path, env=make_elsewhere(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        read_line(process, process.stdout, "API key")
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
