"""One row of the table of other servers and other people: what they do, which commands run, what must hold then."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from importer.model import GOOD_STATUSES, Status
from importer.run import RunFile
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

    Start = Callable[..., Any]

TABLE = "sample_id,layer_id,formula,orientation\n7,1,SrTiO3,001\n7,2,BaTiO3,001\n8,1,MgO,001\n"
ONCE = ("sample 7/1", "sample 7/2", "sample 8/1")
"""The places of `TABLE`."""
NAMED = "sample_name,substrate,layer_id,formula\nA17,MgO,1,SrTiO3\nA17,MgO,2,BaTiO3\nB2,Si,1,MgO\n"
NAMED_ONCE = ("A17/1", "A17/2", "B2/1")

LONGEST = 60.0
"""Seconds that a command may take: no row waits for anything longer than some seconds."""
PACE = ("--settle", "0.8", "--canary", "0")
IMPORT = ("import", "a.csv", "--run", "r.sqlite", *PACE)
AGAIN = ("import", "a.csv", "--run", "s.sqlite", *PACE)
RESUME = ("resume", "r.sqlite", *PACE)
UNDO = ("undo", "r.sqlite")
UPDATE = ("--on-existing", "update")
REPLACE = ("--on-existing", "update", "--mode", "replace")

ALL_RIGHT = "0"
TOLD = "1|3|4"
"""Exit codes of a run that says that something isn't as it should be."""


def add(sample: int | str, layer: int, *, at: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # fields of the plan
    """Return a colleague's record, there before the first request unless told otherwise."""
    where = {"sample": sample} if isinstance(sample, int) else {"name": sample}
    rest: dict[str, Any] = {key: value for key, value in more.items() if key in {"method", "when"}}
    fields = {key: value for key, value in more.items() if key not in rest}
    return {"at": at, "do": "add", "layer": layer, **where, **rest, "fields": fields}


def add_table() -> list[dict[str, Any]]:
    """Return colleague's records with the content of `TABLE`."""
    rows = [line.split(",") for line in TABLE.splitlines()[1:]]
    return [add(int(s), int(layer), composition_string=f, orientation=o) for s, layer, f, o in rows]


def always(status: int, **more: object) -> dict[str, object]:
    """Return a fault that answers a status to every request that it is about, which isn't carried out."""
    return {"kind": "status", "status": status, "probability": 1, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table.

    Attributes:
        says: what the server or somebody else does, and what must hold; the test's id.
        plan: the sandbox's plan.
        table: content of ``a.csv``.
        steps: commands, each a tuple; a text in between is a new content of ``a.csv``.
        exits: exit codes that each command may have, ``|`` between them, ``*`` for any; the last holds for the rest.
        stored: places that must be filled, as often as they stand here, and no others; None leaves it to ``check``.
        answers: statuses that each row of the last run may have, ``|`` between them.
        records: fields that records must have in the end, by place.
        words: words (regular expressions) that the last command must say.
        never: words that it mustn't say.
        check: what else must hold.
        not_built: the rule that isn't built yet.
        program: the script that is run instead of the command, and its first arguments.
    """

    says: str
    plan: Mapping[str, object] = field(default_factory=dict)
    table: str = TABLE
    steps: Sequence[tuple[str, ...] | str] = (IMPORT,)
    exits: Sequence[str] = (ALL_RIGHT,)
    stored: Iterable[str] | None = ONCE
    answers: Sequence[str] | None = None
    records: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    words: Sequence[str] = ()
    never: Sequence[str] = ()
    check: Callable[[World], None] | None = None
    not_built: str = ""
    program: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What there is after the last command.

    Attributes:
        sandbox: the server.
        folder: where the commands ran.
        ended: what each command printed, and its exit code.
    """

    sandbox: SandboxProcess
    folder: Path
    ended: Sequence[subprocess.CompletedProcess[str]]

    @property
    def output(self) -> str:
        """What the last command said."""
        return self.ended[-1].stdout + self.ended[-1].stderr

    def list_records(self) -> list[dict[str, Any]]:
        """Return what is truly stored."""
        return self.sandbox.get("/_sandbox/records")

    def list_writes(self) -> list[dict[str, Any]]:
        """Return the requests that weren't reads."""
        return self.sandbox.list_writes()


def list_parameters(rows: Sequence[Row]) -> list[Any]:
    """Return the rows as parameters of a test; what isn't built yet must fail, and is seen when it doesn't."""
    return [
        pytest.param(
            row,
            id=row.says,
            marks=[pytest.mark.xfail(strict=True, reason=row.not_built)] if row.not_built else [],
        )
        for row in rows
    ]


def run_row(row: Row, folder: Path, start: Start) -> None:
    """Run the commands of a row against a sandbox, and check what must hold."""
    (folder / "plan.yaml").write_text(yaml.safe_dump(dict(row.plan)))
    (folder / "a.csv").write_text(row.table)
    with run_sandbox("--faults", str(folder / "plan.yaml")) as sandbox:
        ended: list[subprocess.CompletedProcess[str]] = []
        last = folder / "r.sqlite"
        for step in row.steps:
            if isinstance(step, str):
                (folder / "a.csv").write_text(step)
                continue
            process = start(*step, url=sandbox.url, program=row.program)
            out, err = process.communicate(timeout=LONGEST)
            ended.append(subprocess.CompletedProcess(step, process.returncode, out, err))
            last = next((folder / word for word in step if word.endswith(".sqlite")), last)
            allowed = row.exits[min(len(ended), len(row.exits)) - 1]
            told = f"{step}\n{ended[-1].stdout}{ended[-1].stderr}"
            assert allowed == "*" or str(ended[-1].returncode) in allowed.split("|"), told
            assert "Traceback" not in told
        world = World(sandbox, folder, ended)
        _check_words(row, world)
        _check_records(row, world)
        if last.exists() and ended[-1].args[0] != "undo":
            _check_answers(row, world, last)
        if row.check is not None:
            row.check(world)


def _check_words(row: Row, world: World) -> None:
    said = re.sub(r"\s+", " ", world.output)
    for words in row.words:
        assert re.search(words, said), world.output
    for words in row.never:
        assert not re.search(words, said), world.output


def _check_records(row: Row, world: World) -> None:
    records = world.list_records()
    if row.stored is not None:
        found = Counter(f"{record['sample_name']}/{record['layer_id']}" for record in records)
        assert found == Counter(row.stored), world.output
    for place, fields in row.records.items():
        there = [r for r in records if f"{r['sample_name']}/{r['layer_id']}" == place]
        assert [{name: record[name] for name in fields} for record in there] == [fields], world.output


def _check_answers(row: Row, world: World, path: Path) -> None:
    """Each answer is true, whatever the server does: good ones have their record, and exit 0 has good ones only."""
    with RunFile.open(path) as run:
        rows = list(run.iter_rows())
    told = [(r.sample_id, r.sample_name, r.layer_id, r.status, r.message) for r in rows]
    if row.answers is not None:
        statuses = [r.status for r in rows]
        assert len(rows) == len(row.answers), told
        assert all(str(s) in may.split("|") for s, may in zip(statuses, row.answers, strict=True)), told
    ids = {record["id"] for record in world.list_records()}
    code = world.ended[-1].returncode
    for found in rows:
        assert found.status not in GOOD_STATUSES or found.record_id in ids, told
        assert code != 0 or found.status in GOOD_STATUSES, told
        assert code == 4 or found.status is not Status.UNCONFIRMED, told  # the README's codes
