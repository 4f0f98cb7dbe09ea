"""What must not leave a person stuck: outages, servers that never end, slow and huge lists, signals, closed screens."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.rows import IMPORT, ONCE, TABLE, TOLD, Row, World, add, always, list_parameters, run_row
from tests.helpers.faults import write_plan
from tests.helpers.processes import make_environment, read_line, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.rows import Start

    Run = Callable[..., subprocess.CompletedProcess[str]]

STRANGE = (420, 423, 425, 430, 440, 460, 498)
MIB = 2**20
IMPATIENT = str(Path(__file__).with_name("impatient.py"))


def fail_once(status: int, *, when: str) -> dict[str, object]:
    """Return a plan in which the second POST meets a status."""
    return {"faults": [{"kind": "status", "status": status, "on": [2], "method": "POST", "when": when}]}


STATUSES = [
    Row(
        says=f"{status} once, {when} storing: it isn't final, nothing is doubled",
        plan=fail_once(status, when=when),
        program=(IMPATIENT, "0.1"),
        steps=((*IMPORT, "--workers", "1"),),
        answers=("created",) * 3,
    )
    for status in STRANGE
    for when in ("before", "after")
]
OUTAGES = [
    Row(
        says="an outage ten times as long as the first wait: the run waits, and all is right in the end",
        plan={"faults": [{"kind": kind, "status": 503, "on": [3], "lasts": 1}]},
        program=(IMPATIENT, "0.1"),
        answers=("created",) * 3,
    )
    for kind in ("status", "close")
]
LISTS = [
    Row(
        says="a list that takes three seconds: read to its end",
        plan={"behaviour": {"delivery": {"takes": 3}}, "colleagues": [add(9, layer) for layer in range(1, 60)]},
        steps=((*IMPORT, "--list-timeout", "60"),),
        stored=None,
        answers=("created",) * 3,
    ),
    *(
        Row(
            says=f"a list that takes longer than {command[0]}'s own --list-timeout: it says so",
            plan={"behaviour": {"delivery": {"takes": 3}}, "colleagues": [add(9, layer) for layer in range(1, 60)]},
            steps=((*IMPORT, "--list-timeout", "60"), (*command, "--list-timeout", "1")),
            exits=("0", "3"),
            stored=None,
            words=("--list-timeout",),
        )
        for command in (("verify", "r.sqlite"), ("undo", "r.sqlite"), ("plan", "a.csv", "--run", "p.run.sqlite"))
    ),
    Row(
        says="a list that takes longer than --list-timeout: the run says so, names the option, and has sent nothing",
        plan={"behaviour": {"delivery": {"takes": 30}}, "colleagues": [add(9, layer) for layer in range(1, 60)]},
        steps=((*IMPORT, "--list-timeout", "1"),),
        exits=(TOLD,),
        stored=None,
        check=lambda world: _check_nothing_was_sent(world),  # noqa: PLW0108  # which stands below
        words=("--list-timeout",),
    ),
    Row(
        says="an invalid layer blocks the one above: which one is said, and no resume that can't help is advised",
        table="sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,Xx\n7,3,MgO\n",
        exits=("1",),
        stored=ONCE[:1],
        words=("layer 2",),
        never=("resume",),
    ),
]


def _check_nothing_was_sent(world: World) -> None:
    assert world.list_writes() == []


@pytest.mark.parametrize("row", list_parameters([*STATUSES, *OUTAGES, *LISTS]))
def test_servers_that_are_out_of_order(row: Row, tmp_path: Path, start_forked: Start) -> None:
    """A server that is out of order for a while, or slow, ends in a true answer; see the row's name."""
    run_row(row, tmp_path, start_forked)


def test_429_for_ever_ends(tmp_path: Path, start_forked: Callable[..., Any]) -> None:
    """A server that says 429 to every POST is given up in the end, with a message and exit code 3."""
    (tmp_path / "a.csv").write_text(TABLE)
    plan = write_plan(tmp_path, always(429, method="POST", retry_after=0))
    with run_sandbox("--faults", plan) as sandbox:
        process = start_forked(*IMPORT, url=sandbox.url, program=[IMPATIENT, "0.1,3"])
        _, err = process.communicate(timeout=60)
        assert (process.returncode, "429" in err) == (3, True)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_list_hangs(tmp_path: Path, start_forked: Callable[..., Any], name: str) -> None:
    """Ctrl-C, SIGTERM or a closed terminal while the list hangs ends the command within seconds, nothing sent."""
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "plan.yaml").write_text(json.dumps({"behaviour": {"delivery": {"takes": 300, "stalls_after": 1}}}))
    with run_sandbox("--faults", str(tmp_path / "plan.yaml")) as sandbox:
        process = start_forked(*IMPORT, "--report", "answers.csv", url=sandbox.url)
        until = time.monotonic() + 30
        while not sandbox.get("/_sandbox/log") and time.monotonic() < until:
            time.sleep(0.02)
        begun = time.monotonic()
        process.send_signal(getattr(signal, name))
        process.communicate(timeout=120)
        assert time.monotonic() - begun < 15  # a busy machine's seconds
        assert process.returncode in ({129, 130} if name == "SIGHUP" else {130})
        assert sandbox.list_writes() == []


def test_sighup_writes_down_what_is_known(tmp_path: Path, start_forked: Callable[..., Any]) -> None:
    """A closed terminal ends a run as SIGTERM does: every row stands in the report, and the run can go on."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n" + "".join(f"7,{n},MgO\n" for n in range(1, 200)))
    plan = write_plan(tmp_path, {"kind": "delay", "seconds": 0.1, "probability": 1, "method": "POST"})
    with run_sandbox("--faults", plan) as sandbox:
        process = start_forked(*IMPORT, "--report", "answers.csv", url=sandbox.url)
        sandbox.wait_for_layers(3)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        assert process.returncode in {129, 130}
        stored = len(sandbox.get("/_sandbox/records"))
    with (tmp_path / "answers.csv").open(newline="") as stream:
        statuses = [line["status"] for line in csv.DictReader(stream)]
    assert (len(statuses), statuses.count("created")) == (199, stored)


@pytest.mark.parametrize("screen", ["closed", "full"])
def test_a_screen_that_takes_nothing(tmp_path: Path, screen: str) -> None:
    """With a closed pipe or a full disk behind stdout the rows are sent, and the reports are whole."""
    (tmp_path / "a.csv").write_text(TABLE)
    with run_sandbox() as sandbox, open("/dev/full", "w") as full:  # noqa: PTH123  # a device
        reader, writer = os.pipe()
        os.close(reader)
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "importer", *IMPORT, "--report", "answers.csv"],
                cwd=tmp_path,
                env=make_environment(sandbox.url),
                stdout=writer if screen == "closed" else full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            os.close(writer)
        assert "Traceback" not in ended.stderr
        assert len(sandbox.get("/_sandbox/records")) == len(ONCE)
    with (tmp_path / "answers.csv").open(newline="") as stream:
        assert [line["status"] for line in csv.DictReader(stream)] == ["created"] * 3


def test_resume_looks_at_the_file_before_it_asks_for_the_key(run_cli: Run) -> None:
    """A run file that isn't there is told as such, also where no key is set."""
    ended = run_cli("resume", "missing.run.sqlite")
    assert ended.returncode == 2
    assert "missing.run.sqlite" in ended.stderr
    assert "AS_API_KEY" not in ended.stderr


@pytest.mark.parametrize("size", [40, pytest.param(320, marks=pytest.mark.long)])
def test_a_huge_list_is_read_in_little_memory(tmp_path: Path, size: int) -> None:
    """A list of foreign records is streamed: at most 200 MB of memory, whatever its size."""
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "plan.yaml").write_text(json.dumps({"behaviour": {"delivery": {"size_mb": size}}}))
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    with run_sandbox("--faults", str(tmp_path / "plan.yaml")) as sandbox:
        process = subprocess.Popen(
            [sys.executable, "-c", code, sys.executable, "-m", "importer", *IMPORT],
            cwd=tmp_path,
            env=make_environment(sandbox.url),
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            peak = int(read_line(process, process.stdout, "peak", seconds=500).split()[1]) * 1024
        assert len(sandbox.get("/_sandbox/records")) == len(ONCE)
    assert peak < 200 * MIB
