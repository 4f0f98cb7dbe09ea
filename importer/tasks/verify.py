"""Comparing what a run stored with what the server holds now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import orjson

from importer.context import Context, require_settings
from importer.events import Phase, iter_told
from importer.layers.same import describe_differences, is_same_layer
from importer.model import GOOD_STATUSES
from importer.run import RunFile
from importer.settings import SendSettings
from importer.tasks.connection import check_target, connect_run

if TYPE_CHECKING:
    from importer.model import RunPlace
    from importer.run import WorkRow
    from importer.server.listing import Record
    from importer.settings import ApiSettings


class Standing(StrEnum):
    """How a layer on the server compares with what was sent."""

    VERIFIED = "verified"
    DRIFTED = "drifted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a run found.

    Attributes:
        run_path: the run file, into which it was written.
        counts: how many of the rows that are in stand how.
        faults: stack, layer and words for each that isn't as it was meant.
    """

    run_path: RunPlace
    counts: dict[Standing, int]
    faults: tuple[tuple[str, int, str], ...]

    @property
    def exit_code(self) -> int:
        """0 when every row that is in is verified, else 1."""
        return int(bool(self.faults))


def verify_run(
    run: str | RunPlace,
    *,
    api: ApiSettings,
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Verification:
    """Read the stored list once and compare every field of every stored row with what was sent.

    The results are written into the run file and shown in later reports, next to each row's message.

    Raises:
        RunFileError, UsageError: see `importer.tasks.connection.check_target`.
        AbortedError: the stored list can't be read.
    """
    require_settings(api=api, send=send, context=context)
    context = context or Context()
    counts = dict.fromkeys(Standing, 0)
    faults: list[tuple[str, int, str]] = []
    with RunFile.open(run, readonly=False) as file:
        check_target(file, api.url)
        with connect_run(file, api, send=send, context=context) as connection:
            listing = connection.read_listing()
        phase = Phase("verify", sum(1 for _ in file.iter_work_stacks()))
        for stack in iter_told(file.iter_work_stacks(), phase, context.watch):
            verdicts: list[tuple[int, str]] = []
            for row in file.list_work_rows(stack.id):
                if row.status not in GOOD_STATUSES:
                    continue
                standing, words = compare_row(row, listing.find_records(stack.target_id, row.layer_id))
                counts[standing] += 1
                verdicts.append((row.seq, words))
                if standing is not Standing.VERIFIED:
                    faults.append((stack.label, row.layer_id, words))
            file.set_verified(verdicts)
        told = ", ".join(f"{count} {standing}" for standing, count in counts.items() if count)
        file.add_event("verified", told or "no row of this run is stored")
    return Verification(file.place, counts, tuple(faults))


def compare_row(row: WorkRow, found: list[Record]) -> tuple[Standing, str]:
    """Return how a row that is in stands, by the records at its position, and in words."""
    sent = orjson.loads(row.payload)
    if not found:
        return Standing.MISSING, "missing: the server has no layer at this position"
    if len(found) > 1:
        return Standing.DRIFTED, f"drifted: the server has {len(found)} records at this position"
    if is_same_layer(sent, found[0]):
        return Standing.VERIFIED, "verified: stored as sent"
    return Standing.DRIFTED, f"drifted: {describe_differences(sent, found[0])}"
