"""Undoing a run: what stood there before stands there again, and nothing of anybody else's is touched."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from importer.errors import AbortedError, KeyRefusedError, RunFileError, UsageError
from importer.model import Status
from importer.run import RunFile
from importer.settings import OnExisting, SendSettings, WriteMode
from importer.tasks.resume import resume
from importer.tasks.undo import undo_run
from tests.helpers.api import API, EMPTY, LOST, LOST_STORED, OK
from tests.helpers.clock import FakeClock
from tests.helpers.staging import make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.api import FakeApi

SEND = SendSettings(workers=1, settle=1.0, canary=0, attempts=3)
STORED = [(100, 1, "BaTiO3"), (100, 2, "LaAlO3"), (101, 1, "BaTiO3"), (101, 2, "LaAlO3")]
BEFORE = [(100, 1, "ZnO"), (100, 2, "LaAlO3")]


def send(run: Path, context: Context, *, on_existing: OnExisting = OnExisting.FAIL, write_mode: str = "layers") -> Path:
    """Stage two stacks of two layers, and send them."""
    stage_layers(run, make_stacks(2, 2))
    with RunFile.open(run, readonly=False) as file:
        file.set_meta(replace(file.meta, on_existing=on_existing.value, write_mode=write_mode, allow_remove=True))
    resume(run, api=API, send=SEND, context=context)
    return run


def list_statuses(run: Path) -> list[str]:
    """Return the status of each row, in order."""
    with RunFile.open(run) as file:
        return [row.status.value for row in file.iter_rows()]


def list_replaced(server: FakeApi) -> list[str]:
    """Return the paths of the calls that replaced a stack."""
    return [path for _, path, _ in server.writes if path.endswith("/layers")]


def test_what_a_run_stored_is_taken_back(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """Each stack that the run made is emptied by one call, confirmed by the listing, and its rows are undone."""
    run = send(tmp_path / "r", context)
    assert server.list_formulas() == STORED
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert (undone.undone, undone.refused, undone.exit_code) == (("sample 100", "sample 101"), (), 0)
    assert server.records == []
    assert list_replaced(server) == ["/target-materials/100/layers", "/target-materials/101/layers"]
    assert list_statuses(run) == ["not_sent"] * 4


@pytest.mark.parametrize("write_mode", list(WriteMode))
def test_what_stood_there_before_stands_there_again(
    tmp_path: Path, server: FakeApi, context: Context, write_mode: WriteMode
) -> None:
    """A layer that was changed, layer by layer or with its stack, gets back its content; what was equal stays equal."""
    for sample_id, layer_id, formula in BEFORE:
        server.hold(sample_id, layer_id, formula)
    run = send(tmp_path / "r", context, on_existing=OnExisting.UPDATE, write_mode=write_mode.value)
    assert server.list_formulas() == STORED
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.list_formulas() == BEFORE


def test_what_somebody_else_changed_since_is_left_alone(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A stack with a layer changed, or added, since the run is told and gets no call; others are undone."""
    run = send(tmp_path / "r", context)
    server.hold(100, 2, "ZnO")
    undone = undo_run(run, api=API, send=SEND, context=context)
    ((label, words),) = undone.refused
    assert label == "sample 100"
    assert words.startswith("the stack on the server has changed since the run: layer 2 has changed (")
    assert "composition_string was 'LaAlO3', is 'ZnO'" in words
    assert (undone.undone, undone.exit_code) == (("sample 101",), 1)
    assert server.list_formulas() == [(100, 1, "BaTiO3"), (100, 2, "ZnO")]
    assert list_replaced(server) == ["/target-materials/101/layers"]
    assert list_statuses(run) == ["created", "created", "not_sent", "not_sent"]


def test_what_the_run_did_not_change_is_left_alone(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """Rows that were there already make their stack none of the run's."""
    for sample_id, layer_id, formula in STORED:
        server.hold(sample_id, layer_id, formula)
    run = send(tmp_path / "r", context)
    assert undo_run(run, api=API, send=SEND, context=context).undone == ()
    assert (server.writes, server.list_formulas()) == ([], STORED)
    assert list_statuses(run) == ["unchanged"] * 4


@pytest.mark.parametrize("fate", [LOST, LOST_STORED, 500, 503])
def test_a_lost_answer_is_asked_again(tmp_path: Path, server: FakeApi, context: Context, fate: str | int) -> None:
    """Whether or not the call was carried out, it is made again, for it leaves the same stack."""
    run = send(tmp_path / "r", context)
    server.fates = [fate]
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.records == []
    assert list_replaced(server) == ["/target-materials/100/layers"] * 2 + ["/target-materials/101/layers"]


def test_a_wait_that_is_asked_for_is_kept(tmp_path: Path, server: FakeApi) -> None:
    """After a 429 the call is made again once the seconds are over, by the clock of the run."""
    clock = FakeClock()
    context = Context(clock=clock)
    run = send(tmp_path / "r", context)
    server.fates = [429]
    begun, really = clock.now(), time.monotonic()
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert clock.now() - begun >= server.retry_after
    assert time.monotonic() - really < server.retry_after
    assert len(list_replaced(server)) == 3


def test_a_wait_that_is_too_long_ends_it(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A server that asks for more than the longest wait isn't asked again; the error names the seconds."""
    run = send(tmp_path / "r", context)
    server.fates, server.retry_after = [429], 4_000
    with pytest.raises(AbortedError, match="4000 s"):
        undo_run(run, api=API, send=SEND, context=context)
    assert len(list_replaced(server)) == 1


def test_a_call_that_is_never_answered_is_told_and_can_be_gone_on_with(
    tmp_path: Path, server: FakeApi, context: Context
) -> None:
    """When the tries are spent the stack is told with the reason, and undoing again undoes what is left."""
    run = send(tmp_path / "r", context)
    server.fates = [LOST] * SEND.attempts
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert (undone.undone, undone.exit_code) == (("sample 101",), 1)
    ((label, words),) = undone.refused
    assert label == "sample 100"
    assert "the stored list doesn't show it as undone" in words
    assert "no answer to POST" in words
    assert words.endswith("undo the run again")
    assert list_statuses(run) == ["created", "created", "not_sent", "not_sent"]
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.records == []
    assert list_statuses(run) == ["not_sent"] * 4


def test_an_answer_alone_is_no_proof(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A call that is answered well, but isn't shown by the listing, isn't told as undone."""
    run = send(tmp_path / "r", context)
    server.fates = [EMPTY, EMPTY]
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert (undone.undone, undone.exit_code) == ((), 1)
    assert [label for label, _ in undone.refused] == ["sample 100", "sample 101"]
    assert list_statuses(run) == ["created"] * 4


def test_undone_twice_is_undone_once(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """Undoing what is undone ends well and leaves the server as it is."""
    run = send(tmp_path / "r", context)
    undo_run(run, api=API, send=SEND, context=context)
    server.hold(102, 1, "MgO")
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.list_formulas() == [(102, 1, "MgO")]


def test_a_stop_leaves_the_rest_for_another_time(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """Stopped after its first stack, undoing begins no other; what is left is told, and undone when asked again."""
    run = send(tmp_path / "r", context)
    stopping = Context(clock=FakeClock())
    server.on_write = stopping.stop.set
    stopped = undo_run(run, api=API, send=SEND, context=stopping)
    assert (stopped.undone, stopped.exit_code) == ((), 130)
    assert stopped.refused == (
        ("sample 101", "not reached yet; undo the run again"),
        ("sample 100", "requested but not confirmed; undo the run again"),
    )
    assert server.list_formulas() == STORED[2:]
    server.on_write = lambda: None
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.records == []


def test_a_refused_key_ends_it(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A key that is refused ends the undoing at once, with the run file named; with a good key it goes on."""
    run = send(tmp_path / "r", context)
    server.fates = [401]
    with pytest.raises(KeyRefusedError) as caught:
        undo_run(run, api=API, send=SEND, context=context)
    assert caught.value.run_path == run
    assert API.key.reveal() not in str(caught.value)
    assert len(list_replaced(server)) == 1
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.records == []


def test_without_a_listing_nothing_is_sent(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """What stands there now must be known before anything is replaced."""
    run = send(tmp_path / "r", context)
    server.listing_fates = [503] * 50
    with pytest.raises(AbortedError):
        undo_run(run, api=API, send=SEND, context=context)
    assert list_replaced(server) == []


def test_rows_in_doubt_are_settled_first(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A run that may still have stored something isn't undone, and the remedy is named."""
    run = send(tmp_path / "r", context)
    with RunFile.open(run, readonly=False) as file, file.store.write() as connection:
        connection.exec_driver_sql("UPDATE row SET state = 'sending', status = NULL WHERE seq = 0")
    with RunFile.open(run) as file:
        assert file.count_statuses()[Status.UNCONFIRMED] == 1
    writes = len(server.writes)
    with pytest.raises(RunFileError, match="resume"):
        undo_run(run, api=API, send=SEND, context=context)
    assert len(server.writes) == writes


def test_another_address_is_refused(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A run that was written to one server isn't undone on another."""
    run = send(tmp_path / "r", context)
    with pytest.raises(UsageError, match=r"127\.0\.0\.2"):
        undo_run(run, api=replace(API, url="http://127.0.0.2:9"), send=SEND, context=context)
    assert server.list_formulas() == STORED
    assert OK not in server.fates


def test_a_field_that_somebody_filled_in_since_isnt_taken_away(
    tmp_path: Path, server: FakeApi, context: Context
) -> None:
    """A field that was never sent counts too: filled in by somebody since, its stack is left alone."""
    run = send(tmp_path / "r", context)
    server.records[1]["orientation"] = "001"
    undone = undo_run(run, api=API, send=SEND, context=context)
    ((label, words),) = undone.refused
    assert label == "sample 100"
    assert "orientation was None, is '001'" in words
    assert list_replaced(server) == ["/target-materials/101/layers"]


def test_a_field_filled_in_beside_what_the_run_changed_isnt_taken_away(
    tmp_path: Path, server: FakeApi, context: Context
) -> None:
    """The layers of a stack that the run left as they were are looked at in all fields as well."""
    for sample_id, layer_id, formula in BEFORE:
        server.hold(sample_id, layer_id, formula)
    run = send(tmp_path / "r", context, on_existing=OnExisting.UPDATE)
    next(record for record in server.records if record["layer_id"] == 2)["mp_id"] = "mp-5020"
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert [label for label, _ in undone.refused] == ["sample 100"]
    assert list_replaced(server) == ["/target-materials/101/layers"]


def test_the_same_content_in_another_record_is_somebody_elses(
    tmp_path: Path, server: FakeApi, context: Context
) -> None:
    """A layer that was removed and stored again by somebody has another record id, and isn't the run's any more."""
    run = send(tmp_path / "r", context)
    server.hold(100, 2, "LaAlO3")
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert [label for label, _ in undone.refused] == ["sample 100"]


def test_an_older_run_file_is_undone_by_what_was_sent(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """Where the run file doesn't know what the server answered, the fields that were sent are compared, as before."""
    run = send(tmp_path / "r", context)
    with RunFile.open(run, readonly=False) as file, file.store.write() as connection:
        connection.exec_driver_sql("UPDATE row SET answer = NULL")
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0
    assert server.records == []


def test_a_record_that_cant_be_read_keeps_its_stack(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A stack in which the server shows a record without a position is refused by name; others are undone."""
    run = send(tmp_path / "r", context)
    server.records.append({"id": 99, "sample_id": 100, "sample_name": "", "layer_id": None})
    undone = undo_run(run, api=API, send=SEND, context=context)
    ((label, words),) = undone.refused
    assert label == "sample 100"
    assert "can't be read" in words
    assert list_replaced(server) == ["/target-materials/101/layers"]


def test_what_is_gone_already_isnt_called_undone(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """A list that shows nothing of what the run stored, as to another organisation's key, undoes nothing."""
    run = send(tmp_path / "r", context)
    kept, server.records = server.records, []
    writes = len(server.writes)
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert (undone.undone, undone.exit_code) == ((), 1)
    assert len(server.writes) == writes
    server.records = kept
    assert undo_run(run, api=API, send=SEND, context=context).exit_code == 0


def test_a_stack_that_changes_while_others_are_undone_is_left_alone(tmp_path: Path, server: FakeApi) -> None:
    """When undoing takes long, the list is read again before the next stack."""
    context = Context(clock=FakeClock())
    run = send(tmp_path / "r", context)

    def wait_and_change() -> None:
        server.on_write = lambda: None
        server.fates = [429]
        server.records[-1]["orientation"] = "001"

    server.on_write = wait_and_change
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert (undone.undone, [label for label, _ in undone.refused]) == (("sample 100",), ["sample 101"])
