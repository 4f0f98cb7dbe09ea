"""Other people who write meanwhile, other organisations, and two runs at once: only what this run did is this run's."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.rows import (
    AGAIN,
    IMPORT,
    NAMED,
    NAMED_ONCE,
    ONCE,
    PACE,
    REPLACE,
    RESUME,
    TABLE,
    TOLD,
    UNDO,
    Row,
    World,
    add,
    add_table,
    always,
    list_parameters,
    run_row,
)
from tests.helpers.faults import write_plan
from tests.helpers.processes import read_url, run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.rows import Start

    Run = Callable[..., subprocess.CompletedProcess[str]]

TURNED = TABLE.replace("7,1,SrTiO3,001", "7,1,SrTiO3,111")


def change(sample: int, layer: int, *, at: int, method: str = "POST", **fields: object) -> dict[str, Any]:
    """Return a colleague's change of a record, after a request of so many."""
    return {
        "at": at, "method": method, "when": "after", "do": "change", "sample": sample, "layer": layer, "fields": fields,
    }  # fmt: skip


def no_write(world: World) -> None:
    """Nothing was sent but reads."""
    assert world.list_writes() == []


def no_change(world: World) -> None:
    """Nothing was changed, replaced or removed."""
    writes = [(write["method"], write["path"]) for write in world.list_writes()]
    assert [write for write in writes if write != ("POST", "/target-materials/layers/")] == []


OURS = [
    Row(
        says="a row was unchanged, then its file changes: importing again with --run leaves the colleague's record",
        plan={"colleagues": add_table()},
        steps=(IMPORT, TURNED, IMPORT),
        exits=("0", TOLD),
        records={"sample 7/1": {"orientation": "001"}},
        answers=("conflict", "unchanged", "unchanged"),
        check=no_write,
    ),
    Row(
        says="a row was created, then a colleague changes it, then the file: importing with --run leaves it",
        plan={"colleagues": [change(7, 1, at=3, mp_id="mp-1")]},
        steps=((*IMPORT, "--workers", "1"), TURNED, IMPORT),
        exits=("0|1|4", TOLD),
        records={"sample 7/1": {"orientation": "001", "mp_id": "mp-1"}},
        check=no_change,
    ),
    Row(
        says="a colleague fills a field in after the import: undo leaves that layer, and says so",
        plan={"colleagues": [change(7, 1, at=3, mp_id="mp-1")]},
        steps=((*IMPORT, "--workers", "1"), UNDO),
        exits=("0|1|4", "1|3|4"),
        stored=None,
        records={"sample 7/1": {"mp_id": "mp-1"}},
    ),
    Row(
        says="a colleague adds a layer after the import: undo doesn't take it away",
        plan={"colleagues": [add(7, 3, at=3, method="POST", when="after", composition_string="MgO")]},
        steps=((*IMPORT, "--workers", "1"), UNDO),
        exits=("0|1|4", "0|1|3|4"),
        stored=None,
        records={"sample 7/3": {"composition_string": "MgO"}},
    ),
    Row(
        says="undone, then imported again with --run: no second target material of that name is made",
        table=NAMED,
        steps=(IMPORT, UNDO, IMPORT),
        exits=("0",),
        stored=NAMED_ONCE,
        check=lambda world: _check_samples(world, {"A17": 1, "B2": 1}),
    ),
]
REPLACED = [
    Row(
        says="a colleague adds a layer after the first list: replacing the stack doesn't remove it",
        plan={
            "colleagues": [
                *add_table(),
                add(7, 9, at=1, method="GET", when="after", composition_string="LaAlO3"),
            ]
        },
        table=TURNED,
        steps=((*IMPORT, *REPLACE),),
        exits=(TOLD,),
        stored=(*ONCE, "sample 7/9"),
        records={"sample 7/1": {"orientation": "001"}},
    ),
    Row(
        says="a colleague changes a layer after the first list: replacing the stack doesn't undo that",
        plan={"colleagues": [*add_table(), change(7, 2, at=1, method="GET", mp_id="mp-1")]},
        table=TURNED,
        steps=((*IMPORT, *REPLACE),),
        exits=(TOLD,),
        records={"sample 7/2": {"mp_id": "mp-1"}, "sample 7/1": {"orientation": "001"}},
    ),
    Row(
        says="a colleague changes a record between the list and the update: the update doesn't undo that",
        plan={"colleagues": [*add_table(), change(7, 1, at=1, method="GET", mp_id="mp-1")]},
        table=TURNED,
        steps=((*IMPORT, "--on-existing", "update"),),
        exits=("0|1|3|4",),
        records={"sample 7/1": {"mp_id": "mp-1"}},
    ),
]
ELSEWHERE = [
    Row(
        says="the file gives an id that the list shows at another position: a conflict before anything is sent",
        plan={"colleagues": [add(9, 1, composition_string="MgO")]},
        table="sample_id,layer_id,formula,id\n7,1,SrTiO3,1\n",
        exits=("1",),
        stored=("sample 9/1",),
        answers=("conflict",),
        check=no_write,
        words=("sample 9",),
    ),
    Row(
        says="the server has A17 on Si, the file A17 on MgO: a conflict, nothing is added to it",
        plan={"colleagues": [add("A17", 1, substrate="Si", composition_string="SrTiO3")]},
        table=NAMED,
        exits=("1",),
        stored=("A17/1", "B2/1"),
        answers=("conflict|invalid", "conflict|invalid|not_sent", "created"),
        words=("Si",),
    ),
    Row(
        says="the server has a17 and A-17, the file A17: a warning names the one that may be meant",
        plan={"colleagues": [add("a17", 1, substrate="MgO"), add("A-17", 1, substrate="MgO")]},
        table=NAMED,
        exits=("0|1",),
        stored=None,
        words=("a17", "A-17"),
    ),
]
KEYS = [
    Row(
        says="403 about one sample: that sample's rows are refused, the others get in",
        plan={"faults": [always(403, method="POST", samples=["8"])]},
        exits=("1",),
        stored=ONCE[:2],
        answers=("created", "created", "refused"),
    ),
    Row(
        says="403 about every sample: the run ends at once",
        plan={"faults": [always(403, method="POST")]},
        exits=("3",),
        stored=(),
        check=lambda world: _check_at_most(len(world.list_writes()), 3),
    ),
]


def _check_samples(world: World, wanted: dict[str, int]) -> None:
    assert Counter(sample["sample_name"] for sample in world.sandbox.get("/_sandbox/samples")) == wanted


def _check_at_most(found: int, most: int) -> None:
    assert found <= most


@pytest.mark.parametrize("row", list_parameters([*OURS, *REPLACED, *ELSEWHERE, *KEYS]))
def test_other_people(row: Row, tmp_path: Path, start_forked: Start) -> None:
    """What others stored, changed or removed stays as they left it; see the row's name."""
    run_row(row, tmp_path, start_forked)


def test_two_imports_of_one_file_at_once(tmp_path: Path, start_forked: Callable[..., Any]) -> None:
    """Two imports of one file at the same moment: each row is stored once, and one is told of the other."""
    (tmp_path / "a.csv").write_text(TABLE)
    plan = write_plan(tmp_path, {"kind": "delay", "seconds": 0.4, "probability": 1})
    with run_sandbox("--faults", plan) as sandbox:
        both = [start_forked(*command, url=sandbox.url) for command in (IMPORT, AGAIN)]
        told = [process.communicate(timeout=120) for process in both]
        assert _count_places(sandbox.url) == Counter(ONCE)
    codes = sorted(process.returncode for process in both)
    assert codes[0] == 0
    assert codes[1] != 0
    loser = next(i for i, process in enumerate(both) if process.returncode)
    assert "Another run is sending" in "".join(told[loser])


def test_two_copies_of_one_run_file_at_once(tmp_path: Path, run_cli: Run, start_forked: Callable[..., Any]) -> None:
    """Two copies of one plan carried out at the same moment: each row is stored once."""
    (tmp_path / "a.csv").write_text(TABLE)
    plan = write_plan(tmp_path, {"kind": "delay", "seconds": 0.4, "probability": 1})
    with run_sandbox("--faults", plan) as sandbox:
        assert run_cli("plan", "a.csv", "--run", "r.sqlite", url=sandbox.url).returncode == 0
        shutil.copy(tmp_path / "r.sqlite", tmp_path / "s.sqlite")
        both = [start_forked("apply", name, *PACE, url=sandbox.url) for name in ("r.sqlite", "s.sqlite")]
        for process in both:
            process.communicate(timeout=120)
        assert _count_places(sandbox.url) == Counter(ONCE)
    assert sorted(process.returncode == 0 for process in both) == [False, True]


def test_a_resume_with_the_key_of_another_organisation(tmp_path: Path, run_cli: Run, start_cli: Any) -> None:  # noqa: ANN401  # a fixture
    """A run that was begun in one organisation isn't gone on with in another: nothing is sent there."""
    (tmp_path / "a.csv").write_text(TABLE)
    plan = tmp_path / "plan.yaml"
    faults = [{"kind": "status", "status": 401, "on": [2], "method": "POST"}]
    plan.write_text(json.dumps({"faults": faults, "keys": {"key-of-lab-b": "b"}}))
    with run_sandbox("--faults", str(plan)) as sandbox:
        assert run_cli(*IMPORT, "--workers", "1", url=sandbox.url).returncode == 3
        mine = _count_places(sandbox.url)
        assert sum(mine.values()) == 1
        ended = _resume_as(start_cli, sandbox.url, "key-of-lab-b")
        assert ended.returncode not in {0, -9}
        assert _count_places(sandbox.url) == mine
        log = [entry for entry in sandbox.list_writes() if entry["status"] == 200]
        assert len(log) == 1


def _resume_as(start_cli: Callable[..., Any], url: str, key: str) -> subprocess.Popen[str]:
    code = (
        "import os, sys; os.environ['AS_API_KEY'] = sys.argv.pop(1); "
        "from importer.__main__ import main; sys.exit(main())"
    )
    process: subprocess.Popen[str] = start_cli(key, *RESUME, url=url, program=["-c", code])
    process.communicate(timeout=120)
    return process


def _count_places(url: str) -> Counter[str]:
    records = read_url(url, "/_sandbox/records")
    return Counter(f"{record['sample_name']}/{record['layer_id']}" for record in records)
