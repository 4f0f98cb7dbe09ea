"""Claims, fence and pace of several processes, each with its own connections to a real server."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import pytest

from importer.errors import AbortedError, RunFileError
from importer.model import Status
from importer.run import Claims, CrewJournal, CrewRun, End, Intent, Pace, ParkedClaim, RunFile, stop_crews
from tests.helpers.crews import ServerRun
from tests.helpers.staging import make_stacks, stage_layers
from tests.helpers.stores import read_server_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.model import ServerPlace
    from importer.run.store.crew_store import Passed

pytestmark = pytest.mark.server
STACKS = 10
_numbers = itertools.count()


@pytest.fixture
def outside() -> ServerRun:
    """A run of ten stacks of two layers, looked at from outside."""
    run = ServerRun(f"claims{next(_numbers)}")
    stage_layers(read_server_place(run.address), make_stacks(STACKS, 2))
    return run


@pytest.fixture
def place(outside: ServerRun) -> ServerPlace:
    """Where the run is."""
    return read_server_place(outside.address)


@pytest.fixture
def first(place: ServerPlace) -> Iterator[CrewRun]:
    """The process that opens the run."""
    with CrewRun.join(place, is_first=True) as run:
        Claims(run.crew).begin([], rows=STACKS * 2, rate=None)
        Claims(run.crew).open("an earlier attempt")
        yield run


@pytest.fixture
def second(first: CrewRun, place: ServerPlace) -> Iterator[CrewRun]:
    """A process that has joined."""
    assert first.crew.number
    with CrewRun.join(place) as run:
        yield run


def lose(run: CrewRun, outside: ServerRun) -> None:
    """End the session by which others see a process, and wait until the server knows."""
    pid = run.crew._session.info.backend_pid
    run.crew._session.close()
    outside.wait_for("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s)", pid)


def test_a_stack_is_claimed_once(first: CrewRun, second: CrewRun) -> None:
    """Two processes that claim at once never get the same stack, and all stacks are claimed."""
    found: dict[int, list[int]] = {0: [], 1: []}

    def claim(number: int, run: CrewRun) -> None:
        while got := Claims(run.crew).claim(1):
            found[number] += got

    threads = [threading.Thread(target=claim, args=each) for each in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found[0] + found[1]) == list(range(STACKS))


def test_the_last_stacks_are_shared(first: CrewRun, second: CrewRun) -> None:
    """A process that could take all leaves some for the other; what its idle workers need it takes in any case."""
    claims = Claims(first.crew)
    got = [claims.claim(STACKS, needed=1) for _ in range(STACKS)]
    sizes = [*map(len, got)]
    assert sizes[0] == STACKS // 4
    assert sum(sizes) == STACKS
    assert sizes[-1] <= 1
    claims.claim(0, ended=[stack for each in got for stack in each])
    claims.open("")
    assert len(Claims(second.crew).claim(STACKS, needed=STACKS - 1)) == STACKS - 1
    assert claims.claim(STACKS, needed=0) == []
    assert len(claims.claim(STACKS, needed=2)) == 1


def test_claims_end_with_what_is_done(first: CrewRun) -> None:
    """What has ended is given up, and nothing is left when all has."""
    claims = Claims(first.crew)
    got = claims.claim(STACKS)
    assert claims.claim(0, ended=got[:5]) == []
    assert not claims.is_empty()
    assert claims.claim(3, ended=got[5:]) == []
    assert claims.is_empty()


def test_nobody_joins_a_run_that_is_not_open(outside: ServerRun, place: ServerPlace) -> None:
    """Neither before it is opened nor once somebody writes it alone again."""
    with pytest.raises(RunFileError, match="isn't open for work"):
        CrewRun.join(place)
    with CrewRun.join(place, is_first=True) as run:
        Claims(run.crew).begin([0], rows=2, rate=None)
        with pytest.raises(RunFileError, match="isn't open for work"):
            CrewRun.join(place)
        Claims(run.crew).open("")
        CrewRun.join(place).close()
        run.crew.say_goodbye()
    RunFile.open(place, readonly=False).close()
    with pytest.raises(RunFileError, match="isn't open for work"):
        CrewRun.join(place)
    assert outside.ask("SELECT count(*) FROM claim") == [(STACKS,)]


def test_nobody_writes_alone_beside_others(first: CrewRun, place: ServerPlace) -> None:
    """A run that processes are at work on is opened for writing by nobody, and stays open for them."""
    with pytest.raises(RunFileError, match=r"are at work on the run .*: process \d+ on .*layer-importer stop"):
        RunFile.open(place, readonly=False)
    CrewRun.join(place).close()
    first.crew.say_goodbye()
    first.close()
    RunFile.open(place, readonly=False).close()


def test_a_fenced_process_writes_nothing(first: CrewRun, second: CrewRun, outside: ServerRun) -> None:
    """Once others have lost it from sight, neither its intents nor its claims get in."""
    got = Claims(first.crew).claim(2)
    with CrewJournal(first, lambda _: None) as journal:
        assert journal.write(Intent(0, 1.0))
        lose(first, outside)
        ((mark, is_lost),) = second.crew.take_over_lost()
        assert (mark.pid > 0, is_lost) == (True, True)  # it is this very process, which lives
        with pytest.raises(AbortedError, match="lost sight of this one"):
            journal.write(Intent(1, 1.0))
    with pytest.raises(AbortedError, match="lost sight of this one"):
        Claims(first.crew).claim(2)
    assert outside.ask("""SELECT count(*) FROM "row" WHERE state = 'sending'""") == [(1,)]
    assert outside.ask("SELECT stack_id, lost FROM parked") == [(0, True)]
    assert outside.ask("SELECT owner FROM claim WHERE stack_id = ANY(%s) ORDER BY 1", got) == [(0,), (None,)]
    assert second.crew.take_over_lost() == []


def test_a_fence_waits_for_the_group_under_way(first: CrewRun, second: CrewRun, outside: ServerRun) -> None:
    """A process whose transaction has passed the fence is fenced after it, not in the middle."""
    with first.crew.write():
        lose(first, outside)
        taken = threading.Event()

        def take_over() -> None:
            second.crew.take_over_lost()
            taken.set()

        thread = threading.Thread(target=take_over)
        thread.start()
        assert not taken.wait(0.5)
    thread.join(30)
    assert taken.is_set()


def test_who_leaves_gives_back_what_it_had(first: CrewRun, second: CrewRun, outside: ServerRun) -> None:
    """Stacks without rows in doubt are free again; the others are parked, and not as lost."""
    Claims(first.crew).claim(3)
    with CrewJournal(first, lambda _: None) as journal:
        journal.write(Intent(2, 1.0))
    first.crew.say_goodbye()
    assert second.crew.take_over_lost() == []
    assert outside.ask("SELECT stack_id, lost FROM parked") == [(1, False)]
    assert Claims(second.crew).claim(STACKS) == [0, *range(2, STACKS)]


def test_a_pause_of_one_holds_for_all(first: CrewRun, second: CrewRun, outside: ServerRun) -> None:
    """While one was told to wait, the others' intents are refused and their answers are written."""
    seen: list[Passed] = []
    Claims(second.crew).claim(2)
    with CrewJournal(second, seen.append) as journal:
        assert journal.write(Intent(0, 1.0))
        Pace(first.crew).pause(30)
        assert not journal.write(End(0, Status.CREATED, 1, 200, "", 2.0), Intent(1, 2.0))
    assert 29 < seen[-1].pause <= 30
    assert outside.ask("""SELECT seq, state FROM "row" WHERE seq < 2 ORDER BY seq""") == [(0, "done"), (1, "ready")]


def test_troubles_in_a_row_count_once_for_those_who_meet_them(first: CrewRun, second: CrewRun) -> None:
    """The pause doubles from trouble to trouble, not from process to process."""
    one, two = Pace(first.crew), Pace(second.crew)
    for pace in (one, two, one):
        assert pace.back_off(0.2, at_least=0.0, at_most=30.0) <= 0.2
    first.crew.ask("SELECT pg_sleep(0.25)")
    assert 0.3 < two.back_off(0.2, at_least=0.0, at_most=30.0) <= 0.4
    one.forget_failures()
    first.crew.ask("SELECT pg_sleep(0.45)")
    assert one.back_off(0.2, at_least=0.0, at_most=30.0) <= 0.2
    assert two.back_off(0.2, at_least=5.0, at_most=30.0) > 4.9


def test_a_rate_is_shared_out(first: CrewRun, second: CrewRun) -> None:
    """Times that two processes reserve follow each other at the rate of both together."""
    one, two = Pace(first.crew), Pace(second.crew)
    waits = [pace.reserve(5, 10.0) for pace in (one, two, one, two)]
    assert waits == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=0.2)


def test_stop_ends_a_run_for_all(first: CrewRun, second: CrewRun, place: ServerPlace) -> None:
    """Each sees it with its next group; where nobody is at work there is nothing to stop."""
    seen: list[Passed] = []
    assert stop_crews(place, "stopped") == 2
    Claims(second.crew).claim(1)
    with CrewJournal(second, seen.append) as journal:
        assert not journal.write(Intent(0, 1.0))
    assert seen[-1].error == Pace(first.crew).read().error == "stopped"
    for run in (first, second):
        run.crew.say_goodbye()
        run.close()
    assert stop_crews(place, "stopped") == 0


def test_what_is_due_is_settled_together(first: CrewRun, outside: ServerRun) -> None:
    """None before its time; all at once when the last one's has come, or the first has waited twice as long."""
    claims = Claims(first.crew)
    claims.claim(3)
    for stack_id in range(2):
        claims.park(ParkedClaim(stack_id, "lost", "why"))
    assert claims.list_due(60, read_back="stack-made") == []
    outside.ask("UPDATE parked SET since = since - interval '70 s' WHERE stack_id = 0")
    assert claims.list_due(60, read_back="stack-made") == []
    outside.ask("UPDATE parked SET since = since - interval '70 s'")
    assert [due.stack_id for due in claims.list_due(60, read_back="stack-made")] == [0, 1]
    claims.settle(freed=[0], left=[1])
    assert outside.ask("SELECT stack_id, owner FROM claim WHERE stack_id < 3 ORDER BY 1") == [(0, None), (2, 1)]


def test_a_stack_that_was_made_is_read_back_when_nothing_else_is_left(first: CrewRun) -> None:
    """It doesn't wait for the settle time then, and only for the first look."""
    claims = Claims(first.crew)
    got = claims.claim(STACKS)
    claims.park(ParkedClaim(0, "stack-made", ""))
    assert claims.list_due(60, read_back="stack-made") == []
    claims.claim(0, ended=got)
    assert [due.stack_id for due in claims.list_due(60, read_back="stack-made")] == [0]
    claims.park(ParkedClaim(0, "stack-made", "", absent_once=True))
    assert claims.list_due(60, read_back="stack-made") == []


def test_one_process_settles_and_another_takes_its_place(first: CrewRun, second: CrewRun, outside: ServerRun) -> None:
    """The settler's lock is one process's, until its session ends."""
    assert first.crew.try_lock("settler")
    assert not second.crew.try_lock("settler")
    lose(first, outside)
    assert second.crew.try_lock("settler")
