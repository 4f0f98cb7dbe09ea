"""Plan, apply, corrected imports, replace, verify, retry, undo, runs and doctor, as a user runs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.helpers.faults import write_plan
from tests.helpers.processes import SandboxProcess, run_sandbox
from tests.helpers.reports import read_answers

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

FIRST = """sample_id,layer_id,formula,orientation,space group
7,1,SrTiO3,001,Pm-3m
7,2,BaTiO3,001,P4mm
8,1,MgO,001,Fm-3m
"""
SECOND = FIRST.replace("BaTiO3", "PbTiO3") + "7,3,SrRuO3,001,Pbnm\n"


@pytest.fixture
def run_cli(run_cli: Run) -> Run:
    """Run commands with the imports done, for each of these stories takes many."""
    return run_cli


def write(folder: Path, name: str, text: str) -> str:
    """Write an input and return its name."""
    (folder / name).write_text(text)
    return name


def formulas(sandbox: SandboxProcess) -> list[tuple[int, int, str]]:
    """Return sample, layer and formula of all that the server holds."""
    return [(r["sample_id"], r["layer_id"], r["composition_string"]) for r in sandbox.list_layers()]


def test_a_plan_shows_the_difference_and_sends_nothing(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """A plan names each field that differs; it writes nothing, and a conflict makes its exit code 1."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), url=sandbox.url)
    before = len(sandbox.list_writes())
    ended = run_cli("plan", write(tmp_path, "b.csv", SECOND), "--run", "p.run.sqlite", url=sandbox.url)
    assert ended.returncode == 1
    assert "composition_string is 'BaTiO3' there but 'PbTiO3' here" in ended.stdout
    assert len(sandbox.list_writes()) == before


def test_a_plan_is_applied_exactly_once(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Applying does what was planned, by PATCH where something is changed; a second apply is refused."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), url=sandbox.url)
    b = write(tmp_path, "b.csv", SECOND)
    run_cli("plan", b, "--on-existing", "update", "--run", "p.run.sqlite", url=sandbox.url)
    ended = run_cli("apply", "p.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0, ended.stderr
    assert "All 4 rows are stored." in ended.stdout
    assert not re.search("would be|ready to send|dry run", ended.stdout + ended.stderr, re.IGNORECASE)
    said = run_cli("report", "p.run.sqlite").stdout
    assert "All 4 rows are stored." in said
    assert not re.search("would be|ready to send|dry run", said, re.IGNORECASE)
    assert formulas(sandbox) == [(7, 1, "SrTiO3"), (7, 2, "PbTiO3"), (7, 3, "SrRuO3"), (8, 1, "MgO")]
    assert [entry["method"] for entry in sandbox.get("/_sandbox/log") if entry["method"] == "PATCH"] == ["PATCH"]
    assert run_cli("apply", "p.run.sqlite", url=sandbox.url).returncode == 2


def test_a_stale_plan_is_refused(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """A plan whose stack or input has changed since is refused, says what changed, and sends nothing."""
    a = write(tmp_path, "a.csv", FIRST)
    for name in ("p.run.sqlite", "q.run.sqlite"):
        run_cli("plan", a, "--run", name, url=sandbox.url)
    run_cli("import", a, url=sandbox.url)
    before = len(sandbox.list_writes())
    ended = run_cli("apply", "p.run.sqlite", url=sandbox.url)
    assert ended.returncode == 2
    assert "sample 7: layer 1 is new, layer 2 is new" in ended.stderr
    write(tmp_path, "a.csv", SECOND)
    ended = run_cli("apply", "q.run.sqlite", url=sandbox.url)
    assert ended.returncode == 2
    assert "a.csv has other content; on the server, sample 7: layer 1 is new" in ended.stderr
    assert len(sandbox.list_writes()) == before


def test_a_stale_plan_names_the_field_that_changed(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """A layer that somebody has changed since the plan is named with what it was and what it is."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), url=sandbox.url)
    more = write(tmp_path, "c.csv", FIRST + "7,3,SrRuO3,001,Pbnm\n")
    assert run_cli("plan", more, "--run", "p.run.sqlite", url=sandbox.url).returncode == 0
    run_cli(
        "import", write(tmp_path, "b.csv", SECOND[: SECOND.index("7,3")]), "--on-existing", "update", url=sandbox.url
    )
    ended = run_cli("apply", "p.run.sqlite", url=sandbox.url)
    assert ended.returncode == 2
    assert "layer 2 has changed (composition_string was 'BaTiO3', is 'PbTiO3'" in ended.stderr


def test_an_offline_plan_reads_nothing(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """An offline plan makes no request at all, and is decided when it is applied."""
    ended = run_cli("plan", write(tmp_path, "a.csv", FIRST), "--offline", "--run", "p.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0
    assert sandbox.get("/_sandbox/log") == []
    assert run_cli("apply", "p.run.sqlite", url=sandbox.url).returncode == 0
    assert len(formulas(sandbox)) == 3


def test_a_corrected_file_sends_only_what_changed(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Importing a corrected file into the same run file changes the corrected layer and adds the missing one."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), "--run", "r.run.sqlite", url=sandbox.url)
    before = len(sandbox.list_writes())
    ended = run_cli("import", write(tmp_path, "b.csv", SECOND), "--run", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(sandbox.list_writes()) == before + 2
    assert formulas(sandbox)[1:3] == [(7, 2, "PbTiO3"), (7, 3, "SrRuO3")]
    assert len(list(tmp_path.glob("r.*.old.run.sqlite"))) == 1


def test_a_stack_is_replaced_by_one_request(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """With --mode replace each stack that differs is one request; shrinking needs --allow-remove."""
    run_cli("import", write(tmp_path, "b.csv", SECOND), url=sandbox.url)
    before = len(sandbox.list_writes())
    a = write(tmp_path, "a.csv", FIRST)
    ended = run_cli("import", a, "--mode", "replace", "--run", "x.run.sqlite", url=sandbox.url)
    assert (ended.returncode, "--allow-remove if a stack would get smaller" in ended.stdout) == (1, True)
    assert len(sandbox.list_writes()) == before
    ended = run_cli("import", a, "--mode", "replace", "--allow-remove", "--run", "y.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(sandbox.list_writes()) == before + 1
    assert formulas(sandbox) == [(7, 1, "SrTiO3"), (7, 2, "BaTiO3"), (8, 1, "MgO")]


def test_verify_tells_drift_and_loss(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Verifying compares every field; a changed and a missing layer are told, also in later reports."""
    run_cli("import", write(tmp_path, "b.csv", SECOND), "--run", "r.run.sqlite", url=sandbox.url)
    assert run_cli("verify", "r.run.sqlite", url=sandbox.url).returncode == 0
    a = write(tmp_path, "a.csv", FIRST)
    run_cli("import", a, "--mode", "replace", "--allow-remove", "--run", "s.run.sqlite", url=sandbox.url)
    ended = run_cli("verify", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 1
    assert "sample 7, layer 2: drifted: composition_string is 'BaTiO3' there but 'PbTiO3' here" in ended.stdout
    assert "sample 7, layer 3: missing" in ended.stdout
    run_cli("report", "r.run.sqlite", "--to", "r.jsonl")
    messages = [line["message"] for line in read_answers(tmp_path / "r.jsonl")]
    assert [message.split(":")[0] for message in messages] == ["verified", "drifted", "verified", "missing"]


def test_undo_puts_back_what_was_there(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Undoing an update and an addition restores the stack; its rows are then told as not sent."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), url=sandbox.url)
    b = write(tmp_path, "b.csv", SECOND)
    run_cli("import", b, "--on-existing", "update", "--run", "r.run.sqlite", url=sandbox.url)
    ended = run_cli("undo", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert formulas(sandbox) == [(7, 1, "SrTiO3"), (7, 2, "BaTiO3"), (8, 1, "MgO")]
    run_cli("report", "r.run.sqlite", "--to", "r.jsonl")
    statuses = [line["status"] for line in read_answers(tmp_path / "r.jsonl")]
    assert statuses == ["unchanged", "not_sent", "unchanged", "not_sent"]
    assert run_cli("undo", "r.run.sqlite", url=sandbox.url).returncode == 0


def test_undo_puts_back_what_a_replacement_removed(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Undoing a replacement that took a layer away brings it back; a layer added since is somebody else's change."""
    run_cli("import", write(tmp_path, "b.csv", SECOND), url=sandbox.url)
    held = formulas(sandbox)
    a = write(tmp_path, "a.csv", FIRST)
    run_cli("import", a, "--mode", "replace", "--allow-remove", "--run", "r.run.sqlite", url=sandbox.url)
    assert formulas(sandbox) != held
    ended = run_cli("undo", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert formulas(sandbox) == held
    run_cli("import", a, "--mode", "replace", "--allow-remove", "--run", "s.run.sqlite", url=sandbox.url)
    run_cli("import", write(tmp_path, "c.csv", "sample_id,layer_id,formula\n7,3,ZnO\n"), url=sandbox.url)
    assert run_cli("undo", "s.run.sqlite", url=sandbox.url).returncode == 1
    assert (7, 3, "ZnO") in formulas(sandbox)


@pytest.mark.parametrize(
    ("fault", "code", "writes", "words"),
    [
        ("{kind: reset, when: before", 0, 3, "2 stacks undone"),
        ("{kind: status, status: 429, retry_after: 1", 0, 3, "2 stacks undone"),
        ("{kind: status, status: 401", 3, 1, "The server refused the API key"),
        ("{kind: status, status: 403", 1, 2, "doesn't show it as undone (sandbox fault: 403)"),
        ("{kind: status, status: 422", 1, 2, "doesn't show it as undone (sandbox fault: 422)"),
    ],
)
def test_undo_through_faults(
    tmp_path: Path,
    run_cli: Run,
    fault: str,
    code: int,
    writes: int,
    words: str,
) -> None:
    """What may pass is tried again, what can't ends the undoing, and what was refused is told with the reason."""
    plan = write_plan(tmp_path, f"{fault}, method: POST, on: [4]}}")  # the first three store the layers
    with run_sandbox("--faults", plan) as sandbox:
        run_cli("import", write(tmp_path, "a.csv", FIRST), "--run", "r.run.sqlite", url=sandbox.url)
        before = len(sandbox.list_writes())
        ended = run_cli("undo", "r.run.sqlite", url=sandbox.url)
        assert (ended.returncode, len(sandbox.list_writes()) - before) == (code, writes), ended.stdout + ended.stderr
        assert words in ended.stdout + ended.stderr
        assert run_cli("undo", "r.run.sqlite", url=sandbox.url).returncode == 0
        assert formulas(sandbox) == []


def test_undo_leaves_alone_what_others_changed(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """A stack that has changed since the run is not undone."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), "--run", "r.run.sqlite", url=sandbox.url)
    run_cli("import", write(tmp_path, "b.csv", SECOND), "--on-existing", "update", url=sandbox.url)
    held = formulas(sandbox)
    ended = run_cli("undo", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 1
    assert "sample 7: the stack on the server has changed since the run" in ended.stdout
    assert formulas(sandbox) == [entry for entry in held if entry[0] != 8]


def test_refused_rows_are_retried_on_request(tmp_path: Path, run_cli: Run) -> None:
    """A refusal is final for resume, and tried again by retry --only refused."""
    plan = write_plan(tmp_path, "{kind: status, status: 422, method: POST, on: [2]}")
    with run_sandbox("--faults", plan) as sandbox:
        a = write(tmp_path, "a.csv", FIRST)
        ended = run_cli("import", a, "--workers", "1", "--run", "r.run.sqlite", url=sandbox.url)
        assert ended.returncode == 1
        assert run_cli("resume", "r.run.sqlite", url=sandbox.url).returncode == 1
        assert run_cli("retry", "r.run.sqlite", "--only", "refused", url=sandbox.url).returncode == 0
        assert len(formulas(sandbox)) == 3
        assert run_cli("retry", "r.run.sqlite", "--only", "created", url=sandbox.url).returncode == 2


def test_runs_and_doctor(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """The runs of a folder are listed with their counts; doctor's exit code counts what is wrong."""
    run_cli("import", write(tmp_path, "a.csv", FIRST), "--run", "r.run.sqlite", url=sandbox.url)
    listed = run_cli("runs").stdout
    assert "r.run.sqlite: 3 created" in listed
    assert run_cli("doctor", url=sandbox.url).returncode == 0
    sandbox.kill()
    ended = run_cli("doctor", url=sandbox.url)
    assert ended.returncode == 1
    assert "FAIL address" in ended.stdout


def test_a_plan_names_what_would_be_new(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """New target materials are named, and layers that would be created are shown field by field."""
    text = "sample_name,substrate,layer_id,formula,orientation\nA17,Si,1,SrTiO3,001\nB2,Si,1,MgO,110\n"
    shown = run_cli("plan", write(tmp_path, "a.csv", text), "--run", "r.run.sqlite", url=sandbox.url).stdout
    assert "2 new target materials: A17, B2" in shown
    assert "composition_string 'SrTiO3', " in shown
    assert "orientation '110'" in shown
    run_cli("apply", "r.run.sqlite", url=sandbox.url)
    again = run_cli("plan", "a.csv", "--run", "s.run.sqlite", url=sandbox.url).stdout
    assert "new target materials" not in again


def test_applying_a_plan_of_nothing_says_that_all_is_stored(
    tmp_path: Path, run_cli: Run, sandbox: SandboxProcess
) -> None:
    """A plan whose rows are all there is carried out by `apply`: its end isn't told as if nothing had been tried."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    assert run_cli("import", "a.csv", url=sandbox.url).returncode == 0
    assert run_cli("plan", "a.csv", "--run", "p.sqlite", url=sandbox.url).returncode == 0
    applied = run_cli("apply", "p.sqlite", url=sandbox.url)
    assert applied.returncode == 0
    assert "The one row is stored." in applied.stdout
    assert "ready to send" not in applied.stdout
