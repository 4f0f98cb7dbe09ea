"""Verifying a run: every row that is in is compared with what the server holds, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.errors import AbortedError, KeyRefusedError, RunFileError
from importer.run import RunFile
from importer.settings import SendSettings
from importer.tasks.resume import resume
from importer.tasks.verify import Standing, verify_run
from tests.helpers.api import API, LOST
from tests.helpers.staging import make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path

    from importer.context import Context
    from tests.helpers.api import FakeApi

SEND = SendSettings(workers=1, settle=1.0, canary=0, attempts=3)


@pytest.fixture
def run(tmp_path: Path, server: FakeApi, context: Context) -> Path:
    """Give a run that stored two stacks of two layers."""
    path = tmp_path / "r"
    stage_layers(path, make_stacks(2, 2))
    resume(path, api=API, send=SEND, context=context)
    assert len(server.writes) == 4
    return path


def list_verified(run: Path) -> list[str]:
    """Return what each row says of its verification."""
    with RunFile.open(run) as file:
        return [row.verified or "" for row in file.iter_rows()]


def test_all_as_sent(run: Path, server: FakeApi, context: Context) -> None:
    """What stands there as it was sent is verified, in words that reports show, and nothing is written."""
    found = verify_run(run, api=API, send=SEND, context=context)
    assert found.counts == {Standing.VERIFIED: 4, Standing.DRIFTED: 0, Standing.MISSING: 0}
    assert (found.faults, found.exit_code) == ((), 0)
    assert list_verified(run) == ["verified: stored as sent"] * 4
    assert len(server.writes) == 4


def test_changed_missing_and_doubled(run: Path, server: FakeApi, context: Context) -> None:
    """A layer that somebody changed, took away or stored a second time is told by stack, layer and what differs."""
    server.hold(100, 1, "ZnO")
    server.records = [r for r in server.records if (r["sample_id"], r["layer_id"]) != (100, 2)]
    server.records += [{**r, "id": 99} for r in server.records if (r["sample_id"], r["layer_id"]) == (101, 1)]
    found = verify_run(run, api=API, send=SEND, context=context)
    assert found.counts == {Standing.VERIFIED: 1, Standing.DRIFTED: 2, Standing.MISSING: 1}
    assert found.exit_code == 1
    told = {(label, layer_id): words for label, layer_id, words in found.faults}
    assert set(told) == {("sample 100", 1), ("sample 100", 2), ("sample 101", 1)}
    assert "composition_string is 'ZnO' there but 'BaTiO3' here" in told["sample 100", 1]
    assert told["sample 100", 2].startswith("missing")
    assert "2 records" in told["sample 101", 1]
    assert [words.split(":")[0] for words in list_verified(run)] == ["drifted", "missing", "drifted", "verified"]


def test_a_later_look_takes_the_place_of_an_earlier_one(run: Path, server: FakeApi, context: Context) -> None:
    """Once the server is mended, verifying again says so."""
    held = [dict(record) for record in server.records]
    server.records = []
    assert verify_run(run, api=API, send=SEND, context=context).counts[Standing.MISSING] == 4
    server.records = held
    assert verify_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert list_verified(run) == ["verified: stored as sent"] * 4


@pytest.mark.parametrize("fate", [LOST, 429, 500, 503])
def test_a_listing_that_fails_once_is_read_again(run: Path, server: FakeApi, context: Context, fate: str | int) -> None:
    """A lost answer, trouble and a wait that is asked for are no verdict."""
    server.listing_fates = [fate]
    assert verify_run(run, api=API, send=SEND, context=context).exit_code == 0


def test_without_a_listing_nothing_is_said(run: Path, server: FakeApi, context: Context) -> None:
    """A listing that isn't to be had is an error, and no row gets a verdict."""
    server.listing_fates = [503] * 50
    with pytest.raises(AbortedError):
        verify_run(run, api=API, send=SEND, context=context)
    assert list_verified(run) == [""] * 4
    server.listing_fates = [401]
    with pytest.raises(KeyRefusedError):
        verify_run(run, api=API, send=SEND, context=context)
    assert list_verified(run) == [""] * 4


def test_rows_that_are_not_in_get_no_verdict(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A row that was refused, and the one that it holds back, were never in, and so can't be missing."""
    path = tmp_path / "s"
    stage_layers(path, make_stacks(1, 3))
    server.fates = ["ok", 422]
    resume(path, api=API, send=SEND, context=context)
    found = verify_run(path, api=API, send=SEND, context=context)
    assert found.counts == {Standing.VERIFIED: 1, Standing.DRIFTED: 0, Standing.MISSING: 0}
    assert list_verified(path) == ["verified: stored as sent", "", ""]


def test_a_file_that_is_no_run_is_refused(tmp_path: Path, context: Context) -> None:
    """What is no run file is told as such, before anything is asked."""
    path = tmp_path / "x"
    path.write_text("sample_id,layer_id\n")
    with pytest.raises(RunFileError):
        verify_run(path, api=API, send=SEND, context=context)
