"""`watch` of a program: an answer for each file, until it is stopped or left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import importer
from importer.tasks.watch.folder import LOCK_NAME
from tests.helpers.api import API
from tests.helpers.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.api import FakeApi

SEND = importer.SendSettings(workers=1, settle=1.0, canary=0, attempts=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a file that can't be read, and a good one."""
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    (tmp_path / "b.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    return tmp_path


def test_each_file_has_its_answer(folder: Path, server: FakeApi, context: importer.Context) -> None:
    """A broken file is an error of its own; who leaves the loop ends the watching."""
    found = {}
    for watched in importer.watch(str(folder), api=API, send=SEND, context=context):
        found[watched.path.name] = watched
        if len(found) == 1:
            with pytest.raises(importer.BusyError):
                next(importer.watch(folder, api=API))
        if len(found) == 2:
            break
    bad, good = found["a.xlsx"], found["b.csv"]
    assert (bad.report, good.error, bad.again_in) == (None, None, None)
    assert isinstance(bad.error, importer.InputError)
    assert good.report is not None
    assert good.report.counts[importer.Status.CREATED] == 1
    assert server.list_formulas() == [(1, 1, "Si")]
    assert not (folder / LOCK_NAME).exists()


def test_a_file_that_must_wait_is_told_and_tried_again(folder: Path, server: FakeApi) -> None:
    """The loop hears of each try, with its run so far; a stop ends the wait."""
    os.unlink(folder / "a.xlsx")  # noqa: PTH108  # as it is
    server.listing_fates = [404] * 3
    context = importer.Context(clock=FakeClock())
    watching = importer.watch(folder, api=API, send=SEND, context=context)
    first, second = next(watching), next(watching)
    assert isinstance(first.error, importer.AbortedError)
    assert first.report is not None
    assert first.report.counts[importer.Status.NOT_SENT] == 1
    assert (first.again_in, second.again_in) == (15, 30)
    context.stop.set()
    assert list(watching) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"plan": importer.PlanSettings(run="a.run.sqlite")}, "leave out run"),
        ({"send": importer.SendSettings(dry_run=True)}, "importer.validate"),
    ],
)
def test_what_watching_can_t_do_is_refused(folder: Path, given: dict[str, object], words: str) -> None:
    """At the call, before anybody asks for the first answer."""
    with pytest.raises(importer.UsageError, match=words):
        importer.watch(folder, api=API, **given)  # type: ignore[arg-type]  # by name
    with pytest.raises(importer.InputError, match="There is no folder"):
        importer.watch(folder / "none", api=API)
