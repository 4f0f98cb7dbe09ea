"""A run in which every status occurs, made the way real runs are: staged from a file, ended through the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from importer.formats.read import find_sources
from importer.model import Status
from importer.run import Action, Aimed, Answer, End, Hold, Intent, Journal, Log, RunFile, RunMeta
from importer.tasks.stage import stage_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEGUN = 1_790_000_000.0

GROWTHS = """\
Sample ID,Sample name,Substrate,Layer #,Formula,hkl,Space group,MP-ID,Comment
42,,,1,SrTiO3,001,Pm-3m,mp-5229,buffer
42,,,2,BaTiO3,001,P4mm,mp-5020,
42,,,3,SrRuO3,001,,,=1+1
43,,,1,LaAlO3,001,R-3c,,
43,,,2,LaMnO3,001,,,
44,,,1,SrTiO3,001,,,
44,,,2,<script>alert(1)</script>,001,,,"two
lines"
44,,,3,BaTiO3,001,,,
45,,,1,DyScO3,110,Pbnm,,
45,,,2,PbTiO3,001,,,
46,,,1,NdNiO3,001,,,
,A17 \x1b[31m,NdGaO3,1,La0.7Sr0.3MnO3,001,,,
,A17 \x1b[31m,NdGaO3,2,Nb:SrTiO3,001,,,
"""


def _list_ends(at: float) -> list[End]:
    def end(seq: int, status: Status, record_id: int | None, http_status: int | None, message: str = "") -> End:
        return End(seq, status, record_id, http_status, message, at + seq)

    return [
        end(0, Status.CREATED, 100, 200),
        end(1, Status.UPDATED, 101, 200, "space_group was 'Pm-3m' there"),
        end(2, Status.UNCHANGED, 102, None, "already there with the same content"),
        end(3, Status.CONFLICT, 55, None, "already there with other content, left alone: orientation is '110' there"),
        end(5, Status.CREATED, 103, 200),
        end(8, Status.REFUSED, None, 422, "=composition_string: not known here"),
        end(10, Status.FAILED, None, 503, "6 attempts, the last one was told to wait"),
    ]


@pytest.fixture
def stage_run(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Give a function that stages a text file's rows into a new run file and returns its path."""

    def stage(name: str, content: str | bytes) -> Path:
        source = tmp_path / name
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        path = tmp_path / f"{name}.run.sqlite"
        meta = RunMeta("0" * 32, "0.1.0", BEGUN, "import", "https://api.example.test", staged=True)
        with RunFile.create(path, meta) as run:
            sources = find_sources([source])
            stage_rows(run, sources, context=Context())
        return path

    return stage


def end_mixed(path: Path) -> None:
    """Give the rows of `GROWTHS` their ends: every status occurs."""
    with RunFile.open(path, readonly=False) as run, Journal(run) as journal:
        sent = [0, 1, 5, 8, 9, 10]
        journal.write(*(Intent(seq, BEGUN + seq) for seq in sent))
        journal.write(Log(BEGUN + 3, "pause", "2.0 s: the server asks to wait"))
        for seq in sent:
            status = {8: 422, 9: None, 10: 503}.get(seq, 200)
            words = {9: "no answer in time", 10: "too many requests"}.get(seq, "")
            journal.write(Answer(seq, 1, BEGUN + seq, 0.05 + seq / 100, status, "stored", words))
        journal.write(*_list_ends(BEGUN))
        journal.write(Hold(7, "blocked: layer 2 below it is invalid"), Aimed(5, 47, Action.CREATE_LAYER))


@pytest.fixture
def mixed_run(stage_run: Callable[[str, str | bytes], Path]) -> Path:
    """Give the path of a run file in which all nine statuses occur."""
    path = stage_run("growths.csv", GROWTHS)
    end_mixed(path)
    return path
