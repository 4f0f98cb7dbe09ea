"""What `watch` does about a file whose import has to wait, and about one whose import can't be mended by waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.cli.send.watch import _import_at_last
from importer.context import Context
from importer.errors import (
    AddressError,
    BusyError,
    CircuitOpenError,
    FinalCheckError,
    ImporterError,
    InputError,
    KeyRefusedError,
    ListingError,
    ListingStoppedError,
    StorageError,
)
from importer.tasks.watch.watching import FIRST_WAIT, LONGEST_WAIT
from tests.helpers.clock import FakeClock

PATH = Path("a.csv")


def run(*ends: ImporterError | int, path: Path = PATH) -> tuple[int, float]:
    """Return the exit code of a file whose imports end so one after the other, and the seconds that were waited."""
    clock, left = FakeClock(), list(ends)

    def import_once(_: Path) -> int:
        end = left.pop(0)
        if isinstance(end, ImporterError):
            raise end
        return end

    before = clock.now()
    code = _import_at_last(import_once, path, context=Context(clock=clock))
    assert not left
    return code, clock.now() - before


def test_a_file_waits_for_the_server_and_for_others(capsys: pytest.CaptureFixture[str]) -> None:
    """While another import is sending, or the server is away, the file is tried again, each time after longer."""
    ends = (BusyError("another run"), AddressError("refused"), ListingError("no list"), CircuitOpenError("down"), 0)
    assert run(*ends) == (0, 15 * FIRST_WAIT)
    said = capsys.readouterr().err
    assert said.count("Trying a.csv again") == 4
    assert "error: another run" in said


def test_the_waits_are_bounded() -> None:
    """After a night without the server a file waits a quarter of an hour at most."""
    _, seconds = run(*[ListingError("no list")] * 20, 1)
    assert seconds < 20 * LONGEST_WAIT


@pytest.mark.parametrize(("end", "code"), [(InputError("broken"), 2), (FinalCheckError("no list", PATH), 3)], ids=str)
def test_the_next_file_is_next(end: ImporterError, code: int) -> None:
    """A file that can't be read, and rows that have their answers but couldn't be compared, hold nobody up."""
    assert run(end) == (code, 0)


def test_a_sub_folder_that_vanishes_holds_nobody_up(tmp_path: Path) -> None:
    """Its run file went with it, which says nothing of the disk: the other folders are watched on."""
    gone = StorageError("Somebody removed it", PATH)
    assert run(gone, path=tmp_path / "gone" / "a.csv") == (3, 0)
    with pytest.raises(StorageError):
        run(gone, path=tmp_path / "a.csv")


@pytest.mark.parametrize("end", [KeyRefusedError("401", PATH), ListingStoppedError("Ctrl-C", PATH)], ids=str)
def test_what_no_wait_mends_ends_the_watching(end: ImporterError) -> None:
    """Every other file would meet the same; a Ctrl-C is an end too."""
    with pytest.raises(type(end)):
        run(end)
