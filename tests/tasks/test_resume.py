"""Going on with a run of which only the check at its end is still to be made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import importer
from importer.run import RunFile
from tests.helpers.api import API, OK
from tests.helpers.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.api import FakeApi

ROWS = [{"sample_id": 1, "layer_id": number, "formula": formula} for number, formula in ((1, "Si"), (2, "Ge"))]
SEND = importer.SendSettings(workers=1, settle=1.0, canary=0, attempts=2)


def import_unchecked(server: FakeApi, run: Path, context: importer.Context) -> None:
    """Import two rows at whose end the stored list can't be read."""
    server.listing_fates = [OK, *[500] * 200]
    with pytest.raises(importer.FinalCheckError, match="`resume` compares them"):
        importer.import_layers(ROWS, api=API, plan=importer.PlanSettings(run=run), send=SEND, context=context)
    server.listing_fates = []


def test_resume_makes_up_for_a_check_that_could_not_be_made(
    tmp_path: Path, server: FakeApi, context: importer.Context
) -> None:
    """Nothing is sent again; after that there is nothing left to ask the server."""
    run = tmp_path / "a.run.sqlite"
    import_unchecked(server, run, context)
    report = importer.resume(run, api=API, send=SEND, context=context)
    assert (report.exit_code, report.counts, len(server.writes)) == (0, {importer.Status.CREATED: 2}, 2)
    server.listing_fates = [500] * 200
    assert importer.resume(run, api=API, send=SEND, context=context).exit_code == 0


def test_resume_makes_up_for_a_check_that_the_server_refused(
    tmp_path: Path, server: FakeApi, context: importer.Context
) -> None:
    """A key that is refused only then leaves the check to be made, as a list that can't be read does."""
    run = tmp_path / "a.run.sqlite"
    server.listing_fates = [OK, 403]
    with pytest.raises(importer.KeyRefusedError):
        importer.import_layers(ROWS, api=API, plan=importer.PlanSettings(run=run), send=SEND, context=context)
    server.records.pop()
    assert importer.resume(run, api=API, send=SEND, context=context).exit_code == 4


def test_an_answer_that_was_wrong_is_found_by_resume(
    tmp_path: Path, server: FakeApi, context: importer.Context
) -> None:
    """A layer that the server said it had stored, and that no list shows, isn't told as created any longer."""
    run = tmp_path / "a.run.sqlite"
    import_unchecked(server, run, context)
    server.records.pop()
    report = importer.resume(run, api=API, send=SEND, context=context)
    assert report.counts == {importer.Status.CREATED: 1, importer.Status.UNCONFIRMED: 1}
    assert report.exit_code == 4


def test_a_check_that_is_not_wanted_stays_to_be_made(
    tmp_path: Path, server: FakeApi, context: importer.Context
) -> None:
    """Who resumes without it gets the answers as they are, from the run file alone."""
    run = tmp_path / "a.run.sqlite"
    import_unchecked(server, run, context)
    server.listing_fates = [500] * 200
    send = importer.SendSettings(final_check=False)
    assert importer.resume(run, api=API, send=send, context=context).exit_code == 0
    with RunFile.open(run) as file:
        assert file.is_check_owed()


def test_a_check_that_was_interrupted_is_made_by_resume(tmp_path: Path, server: FakeApi) -> None:
    """A Ctrl-C when all rows have their answers leaves the comparison to whoever goes on."""
    stop, ended = threading.Event(), 0

    def watch(event: importer.Event) -> None:
        nonlocal ended
        ended += isinstance(event, importer.RowEnded)
        if ended == len(ROWS):
            stop.set()

    context = importer.Context(clock=FakeClock(), watch=watch, stop=stop)
    run = tmp_path / "a.run.sqlite"
    plan = importer.PlanSettings(run=run)
    assert importer.import_layers(ROWS, api=API, plan=plan, send=SEND, context=context).interrupted
    server.records.clear()
    server.hold(1, 9, "Zn")
    report = importer.resume(
        run,
        api=API,
        send=importer.SendSettings(settle=1.0, trust_list=True),
        context=importer.Context(clock=FakeClock()),
    )
    assert report.counts == {importer.Status.UNCONFIRMED: 2}


@pytest.mark.parametrize("only", ["refused", ["refused"], importer.Status.REFUSED, {importer.Status.REFUSED}], ids=repr)
def test_rows_are_tried_again_by_text_or_status(
    tmp_path: Path, server: FakeApi, context: importer.Context, only: str | list[str]
) -> None:
    """One or several, as text or as `Status`."""
    server.fates = [422]
    plan = importer.PlanSettings(run=tmp_path / "a.run.sqlite")
    report = importer.import_layers(ROWS[:1], api=API, plan=plan, send=SEND, context=context)
    assert report.counts == {importer.Status.REFUSED: 1}
    again = importer.retry(report.run_path, api=API, only=only, send=SEND, context=context)
    assert again.counts == {importer.Status.CREATED: 1}
