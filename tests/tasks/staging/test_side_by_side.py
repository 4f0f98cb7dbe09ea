"""Inputs that are staged side by side make the run that one process makes of them."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from importer.context import Context
from importer.errors import InputError
from importer.formats.sources.inputs import Table
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.stage import RunRequest, stage_run
from importer.tasks.staging import join, side_by_side
from tests.helpers.environment import ROOT
from tests.helpers.postgres import get_cluster
from tests.helpers.run_content import read_content
from tests.helpers.stores import read_server_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from importer.model import RunPlace

pytestmark = pytest.mark.server
_numbers = itertools.count()


class Shuffled:
    """Workers of this process: they are given batches in any order, and some of them twice."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # the same order each time

    def iter_ends(self, function: Callable[[Any], Any], tasks: Iterable[tuple[str, Any]], **_: object) -> Iterator[Any]:
        """Yield what the function returns."""
        given = [argument for _, argument in tasks]
        assert len(given) > 6
        given += self._random.sample(given, len(given) // 2)
        self._random.shuffle(given)
        for argument in given:
            yield function(argument)


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of this process, and small batches."""
    monkeypatch.setattr(side_by_side, "open_pool", lambda seed: contextlib.nullcontext(Shuffled(int(seed[-1]))))
    monkeypatch.setattr(side_by_side, "FEWEST_FILES", 2)
    monkeypatch.setattr(side_by_side, "MOST_FILES", 3)
    monkeypatch.setattr(side_by_side, "BATCH_BYTES", 20_000)


def make_place() -> RunPlace:
    """Return where no run is."""
    return read_server_place(f"{get_cluster().address}&run=s{next(_numbers)}")


def stage(
    inputs: Iterable[Any], place: RunPlace, cluster: str | None, *, read: ReadSettings, check: CheckSettings
) -> dict[str, Any]:
    """Stage a dry run and return all that it holds."""
    plan = PlanSettings(run=place, cluster=cluster)
    request = RunRequest(tuple(inputs), api=None, read=read, check=check, plan=plan, send=SendSettings())
    with stage_run(request, mode="dry-run", context=Context()) as run:
        assert run.meta.staged
    return read_content(place)


def compare(tmp_path: Path, inputs: Iterable[Any], *, read: ReadSettings, check: CheckSettings) -> dict[str, Any]:
    """Return what a run holds, staged in one process; staged side by side it must hold the same."""
    inputs = list(inputs)
    alone = stage(inputs, tmp_path / "alone.run.sqlite", None, read=read, check=check)
    together = stage(inputs, make_place(), f"local:{1 + len(inputs)}", read=read, check=check)
    for name, records in alone.items():
        if name == "input":  # a table in memory is copied under another name each time
            for record in (*records, *together[name]):
                record["path"] = "" if record["format"] == "table" else record["path"]
        if name == "issue":  # those of one row have the order of their numbers, which needn't follow that of the rows
            for record in (*records, *together[name]):
                del record["id"]
        assert together[name] == records, name
    return alone


@pytest.fixture
def crossing(tmp_path: Path) -> Path:
    """Files whose samples, formulas and records cross from each to others, some of them wrong."""
    folder = tmp_path / "many"
    folder.mkdir()
    chance = random.Random(7)  # noqa: S311  # the same files each time
    header = "sample_id,sample_name,substrate,layer_id,composition_string,space_group,mp_id,id\n"
    for number in range(24):
        lines = []
        for _ in range(chance.randint(1, 9)):
            name = chance.choice(["A17", "a17", "B 3", "C9", f"own-{number}", ""])
            ident = chance.choice(["", "", "", "41", "42", "x"])
            values = [ident, name, chance.choice(["", "Si", "SrTiO3"]), chance.choice(["1", "2", "3", "7", "", "y"])]
            values += [chance.choice(["SrTiO3", "CoO", "COO", "BaTiO3", "Zz2"]), chance.choice(["", "P4mm", "Pm-3m"])]
            values += [chance.choice(["", "mp-5020"]), chance.choice(["", "", "", str(100 + chance.randint(0, 9))])]
            lines.append(",".join(values) + "\n")
        (folder / f"{number:03}.csv").write_text(header + "".join(lines), encoding="utf-8")
    (folder / "005.csv").write_text("", encoding="utf-8")
    (folder / "011.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (folder / "017.csv").write_text(header, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "check",
    [CheckSettings(), CheckSettings(strict=True), CheckSettings(whole_stacks=True)],
    ids=["plain", "strict", "whole"],
)
@pytest.mark.parametrize("held", [20, 500_000], ids=["on disk", "in memory"])
def test_samples_that_cross_files(
    tmp_path: Path, crossing: Path, check: CheckSettings, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack whose layers are in several batches is one stack, and what it says against itself is told."""
    monkeypatch.setattr(join, "HELD", held)
    read = ReadSettings(
        skip_unreadable=True, mapping={"sheets": {"Nowhere": {"ignore": ["x"]}}, "files": {"9*.csv": {"ignore": ["x"]}}}
    )
    found = compare(tmp_path, [crossing], read=read, check=check)
    codes = {issue["code"] for issue in found["issue"]}
    assert {"duplicate-layer", "two-substrates", "duplicate-id", "case-doubt", "unreadable-file"} <= codes
    assert {"mapping-unmatched", "sample-key-mixed", "names-alike"} <= codes
    assert ("stack-not-whole" in codes) == check.whole_stacks
    assert {row["status"] for row in found["row"]} >= {"invalid"}


def test_files_of_every_kind(tmp_path: Path, crossing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The samples of this project, valid and not, tables in memory among them: every row, issue, stack and count."""
    monkeypatch.setattr(join, "HELD", 300)
    for name in ("valid", "invalid", "messy", "formats"):
        shutil.copytree(ROOT / "sample_data" / name, crossing / name)
    table = Table([{"sample_id": 41, "layer_id": 9, "formula": "SrTiO3"}], "in memory")
    read = ReadSettings(skip_unreadable=True, exclude=("*.yaml.expected.yaml", "*.expected.yaml"))
    found = compare(tmp_path, [crossing / "valid", table, crossing], read=read, check=CheckSettings())
    assert len(found["input"]) > 100
    assert len(found["row"]) > 2_000


def test_one_bad_file_stops_all(tmp_path: Path, crossing: Path) -> None:
    """Without --skip-unreadable nothing is made, as by one process."""
    del tmp_path
    place = make_place()
    with pytest.raises(InputError, match=r"--skip-unreadable imports the other files\.$"):
        stage([crossing], place, "local:1", read=ReadSettings(), check=CheckSettings())
    with pytest.raises(Exception, match="There is no run"):
        read_content(place)
