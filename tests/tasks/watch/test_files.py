"""A watched file after a stop, a crash or a change: nothing of an earlier run is left, and nothing is sent twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from importer.errors import AbortedError
from importer.run import RunFile, RunMeta
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.watch.files import Earlier, find_earlier, import_file
from importer.tasks.watch.folder import name_run
from tests.helpers.api import API, LOST
from tests.helpers.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from importer.tasks.results import Report
    from tests.helpers.api import FakeApi

SEND = SendSettings(workers=1, settle=1.0, canary=0, attempts=2)
HEADER = "sample_id,layer_id,formula\n"
TWO = f"{HEADER}1,1,Si\n1,2,Ge\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a watched file of two rows."""
    path = tmp_path / "a.csv"
    path.write_text(TWO)
    os.utime(path, (1_000, 1_000))
    return path


def import_(path: Path, context: Context) -> Report:
    """Import it as `watch` does."""
    return import_file(
        path, api=API, read=ReadSettings(), check=CheckSettings(), plan=PlanSettings(), send=SEND, context=context
    )


def stop_after_one(path: Path, server: FakeApi) -> None:
    """Import it, and stop when the first row is sent."""
    context = Context(clock=FakeClock())
    server.on_write = context.stop.set
    assert import_(path, context).interrupted
    server.on_write = lambda: None


def test_a_run_that_was_stopped_goes_on(path: Path, server: FakeApi, context: Context) -> None:
    """The run file is newer than the file, and yet not all of it was sent: that isn't taken for imported."""
    assert find_earlier(path, API.url) is Earlier.ALL
    stop_after_one(path, server)
    assert len(server.writes) == 1
    assert find_earlier(path, API.url) is Earlier.REST
    assert import_(path, context).exit_code == 0
    assert server.list_formulas() == [(1, 1, "Si"), (1, 2, "Ge")]
    assert len(server.writes) == 2
    assert find_earlier(path, API.url) is Earlier.NOTHING


def test_a_run_that_the_server_ended_goes_on(path: Path, server: FakeApi, context: Context) -> None:
    """A list that couldn't be read before the first write: the rows are sent when it can."""
    server.listing_fates = [403]
    with pytest.raises(AbortedError):
        import_(path, context)
    assert find_earlier(path, API.url) is Earlier.REST
    assert import_(path, context).exit_code == 0
    assert len(server.list_formulas()) == 2


def test_other_content_of_the_same_age_is_imported(path: Path, server: FakeApi, context: Context) -> None:
    """A copy that keeps the time of its original looks older than the run: what is in it decides."""
    import_(path, context)
    path.write_text(f"{TWO}1,3,Si\n")
    os.utime(path, (1_000, 1_000))
    assert find_earlier(path, API.url) is Earlier.ALL
    assert import_(path, context).exit_code == 0
    assert len(server.list_formulas()) == 3


def test_what_went_to_another_server_says_nothing_of_this_one(path: Path, server: FakeApi, context: Context) -> None:
    """A folder that was tried on a sandbox isn't taken for imported."""
    import_(path, context)
    assert len(server.writes) == 2
    assert find_earlier(path, "https://elsewhere.example") is Earlier.ALL


def test_doubts_are_settled_before_a_changed_file_is_imported(path: Path, server: FakeApi, context: Context) -> None:
    """Nobody has to type `resume` first, and what was stored in between isn't stored again."""
    server.fates = [LOST]
    server.listing_fates = ["ok", *[500] * 50]
    with pytest.raises(AbortedError):
        import_(path, context)
    path.write_text(f"{HEADER}1,1,Si\n1,2,ZnO\n")
    assert find_earlier(path, API.url) is Earlier.DOUBTS
    server.listing_fates = []
    assert import_(path, context).exit_code == 0
    assert server.list_formulas() == [(1, 1, "Si"), (1, 2, "ZnO")]


def test_a_run_file_that_isn_t_one_is_left_to_the_import(path: Path) -> None:
    """It says what is wrong, and what to do."""
    name_run(path).write_text("x")
    assert find_earlier(path, API.url) is Earlier.ALL
    name_run(path).unlink()
    with RunFile.create(name_run(path), RunMeta("run-key", "0", 0.0, "import", API.url, staged=False)):
        pass
    assert find_earlier(path, API.url) is Earlier.ALL
