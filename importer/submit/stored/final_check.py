"""The end of a run, checked: one stored list, compared with every answer that the run has given.

An answer that the list contradicts is changed, also that of a row which the server refused but stored all the same. A
list may be late: what it lacks, or shows as it was before, changes an answer only after looks over a whole settle time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from importer.errors import AddressError, FinalCheckError, KeyRefusedError, ListingError
from importer.events import Notice
from importer.model import WRITTEN_STATUSES, Status
from importer.run import FINAL_CHECK, NOT_MADE, Action, Log, Revised, State, Step
from importer.submit.request_bodies import make_mark
from importer.submit.stored.findings import Presence, find_row
from importer.submit.stored.settle import is_untouched

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from importer.events import Event
    from importer.run import WorkRow, WorkStack
    from importer.server.listing import Listing
    from importer.submit.shared import Shared

LOOKS = 6
"""Looks at the stored list, over a settle time, until it shows all rows that are answered as stored."""
CHECKED_ROWS = 25_000
"""Rows whose answers are compared with one stored list: memory is bounded by it, whatever the run's size."""

Work = tuple["WorkStack", "list[WorkRow]"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the stored list says of the answers.

    Attributes:
        revised: the answers that it contradicts, however often it is read.
        open: the answers that a later list may confirm: row -> what they become if none does.
    """

    revised: tuple[Revised, ...]
    open: dict[int, Revised]


def check_run(shared: Shared, tell: Callable[[Event], None]) -> None:
    """Compare all answers of a run with the stored list, and change those that it contradicts.

    Where no list is to be had the answers stay as they are, and the run doesn't end as if it had been checked.

    Args:
        shared: what all workers share.
        tell: told what is done.

    Raises:
        FinalCheckError: the stored list can't be read.
        KeyRefusedError, AddressError: the server refuses to show it.
        StorageError: the run file can't be written.
    """
    clock, changed = shared.gate.clock, 0
    for works in shared.run.iter_work(CHECKED_ROWS):
        try:
            revised = _check_works(works, shared, tell)
        except ListingError as error:
            shared.journal.write(Log(clock.time(), FINAL_CHECK, f"{NOT_MADE}: {error}"))
            if shared.gate.is_closed:
                return
            raise FinalCheckError(
                f"Every row has its answer, but the answers couldn't be compared with the server at the end. {error} "
                "Once it can be read, `resume` compares them."
            ) from error
        except (KeyRefusedError, AddressError) as error:
            shared.journal.write(Log(clock.time(), FINAL_CHECK, f"{NOT_MADE}: {error}"))
            raise
        if shared.gate.is_closed:
            shared.journal.write(Log(clock.time(), FINAL_CHECK, f"{NOT_MADE}: the run was stopped"))
            return
        changed += len(revised)
        if revised:
            shared.write(*revised)
    words = f"{changed} answers changed" if changed else "all answers agree with the stored list"
    shared.journal.write(Log(clock.time(), FINAL_CHECK, words))


def _check_works(works: Sequence[Work], shared: Shared, tell: Callable[[Event], None]) -> tuple[Revised, ...]:
    """Return the answers that the stored list contradicts, of some stacks.

    Rows that it doesn't show are looked for again, for a settle time: it may be late.
    """
    found = _read_and_check(works, (), shared)
    revised = found.revised
    for look in range(1, LOOKS):
        if not found.open or shared.gate.is_closed:
            return revised
        if look == 1:
            tell(
                Notice(
                    f"The stored list doesn't show {len(found.open):,} layers as the server answered. Looking again."
                )
            )
        shared.gate.sleep(shared.send.settle / (LOOKS - 1))
        missing = [(stack, [row for row in rows if row.seq in found.open]) for stack, rows in works]
        found = _read_and_check([(stack, rows) for stack, rows in missing if rows], found.open, shared)
        revised = (*revised, *found.revised)
    return (*revised, *found.open.values())


def _read_and_check(works: Sequence[Work], named: Collection[int], shared: Shared) -> Checked:
    """Read the stored list and compare; records of the rows with these numbers are looked for wherever they are."""
    listing = shared.stored.read(
        {stack.target_id for stack, _ in works},
        names={stack.sample_name for stack, _ in works},
        record_ids={row.record_id for _, rows in works for row in rows if row.seq in named},
    )
    return check_answers(works, listing, run_key=shared.run_key, at=shared.gate.clock.time())


def check_answers(works: Iterable[Work], listing: Listing, *, run_key: str, at: float) -> Checked:
    """Compare the answers of some stacks with the stored list.

    Args:
        works: stacks with their rows.
        listing: the stored list, read after the last write.
        run_key: the run's key, by which target materials that it made are known again.
        at: POSIX time.
    """
    revised: list[Revised] = []
    open_rows: dict[int, Revised] = {}
    for stack, rows in works:
        made = listing.find_marked(make_mark(run_key, stack))
        if len(made) > 1:
            ids = ", ".join(str(sample_id) for sample_id in sorted(made))
            words = f"the server created {len(made)} target materials instead of one: samples {ids}"
            revised += [
                Revised(row.seq, Status.CONFLICT, None, words, at) for row in rows if row.status in WRITTEN_STATUSES
            ]
            continue
        for row in rows:
            if row.state is not State.DONE:
                continue
            if row.status in WRITTEN_STATUSES or row.status is Status.UNCHANGED:
                finding = find_row(row, stack.target_id, listing, is_ours=row.status in WRITTEN_STATUSES)
                is_left = row.status is Status.UNCHANGED and row.difference is not None
                if finding.presence is Presence.ABSENT:
                    open_rows[row.seq] = _doubt(stack, row, at=at)
                elif finding.presence is Presence.OTHER and not is_left:
                    other = Revised(row.seq, Status.CONFLICT, finding.record_id, finding.words, at)
                    if row.status is Status.UPDATED:
                        open_rows[row.seq] = other
                    else:
                        revised.append(other)
            elif row.status in {Status.REFUSED, Status.FAILED} and row.attempts:
                revised += _check_unstored(stack, row, listing, at=at)
    return Checked(tuple(revised), open_rows)


def _check_unstored(stack: WorkStack, row: WorkRow, listing: Listing, *, at: float) -> Iterator[Revised]:
    """Yield the answer of a row that the server said it hadn't stored, where the list shows that it has."""
    before, is_change = orjson.loads(stack.before or "[]"), row.step is Step.UPDATE
    if not is_change and any(record.get("layer_id") == row.layer_id for record in before):
        return
    finding = find_row(row, stack.target_id, listing, is_ours=not is_change)
    if finding.presence is Presence.SAME:
        words = f"stored after all, according to the stored list; answered as {row.status}"
        status = Status.UPDATED if is_change else Status.CREATED
        yield Revised(row.seq, status, finding.record_id, words, at)
    elif is_untouched(stack, row, finding):
        return
    elif finding.presence is Presence.OTHER:
        words = f"answered as {row.status}, but {finding.words}"
        yield Revised(row.seq, Status.CONFLICT, finding.record_id, words, at)


def _doubt(stack: WorkStack, row: WorkRow, *, at: float) -> Revised:
    """Return what becomes of the answer of a row that no stored list shows."""
    name = f"record {row.record_id}" if row.record_id is not None else "a record"
    said = "replaced" if stack.action is Action.REPLACE_STACK else str(row.status)
    words = f"answered as {said} ({name}), but the stored list doesn't show it"
    return Revised(row.seq, Status.UNCONFIRMED, row.record_id, words, at)
