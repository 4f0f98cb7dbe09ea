"""Somebody else, who writes when the plan says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.sandbox.plan.faults import When
from importer.sandbox.plan.file import Deed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.sandbox.plan.file import ColleagueWrite
    from importer.sandbox.store import Store

OF_TARGET = {"sample_name", "substrate"}
"""Fields of a target material; all others are a layer's."""


class Colleagues:
    """Counts requests and writes what is due; each write is done once."""

    def __init__(self, writes: Sequence[ColleagueWrite], find_store: Callable[[str], Store]) -> None:
        self._writes = list(writes)
        self._find_store = find_store
        self._seen = [0] * len(self._writes)
        self._used = [0] * len(self._writes)
        self._write_due(When.BEFORE)

    def count_request(self, method: str) -> None:
        """Count a request and write what is due before it."""
        for number, write in enumerate(self._writes):
            self._seen[number] += (write.method or method) == method
        self._write_due(When.BEFORE)

    def end_request(self) -> None:
        """Write what is due after the request that was carried out last."""
        self._write_due(When.AFTER)

    def list_use(self) -> list[dict[str, object]]:
        """Return, for each write of the plan, how many requests it saw and whether it was done."""
        return [
            {"kind": f"colleague-{write.do}", "when": write.when.value, "seen": seen, "used": used}
            for write, seen, used in zip(self._writes, self._seen, self._used, strict=True)
        ]

    def _write_due(self, when: When) -> None:
        for number, write in enumerate(self._writes):
            is_due = self._seen[number] >= write.at and (write.when is when or write.at == 0)
            if is_due and not self._used[number]:
                self._used[number] = 1
                carry_out(write, self._find_store(write.organisation))


def carry_out(write: ColleagueWrite, store: Store) -> None:
    """Write what a colleague writes."""
    fields: dict[str, Any] = write.fields.model_dump(exclude_unset=True)
    sample = {key: value for key, value in fields.items() if key in OF_TARGET}
    fields = {key: value for key, value in fields.items() if key not in OF_TARGET}
    sample_id = write.sample if write.name is None else store.find_sample(write.name)
    if sample_id is None or not store.has_sample(sample_id):
        if write.do is not Deed.ADD:
            return
        made = {"sample_id": sample_id, "sample_name": write.name or f"sample {sample_id}", "substrate": "", **sample}
        sample_id = int(store.add_sample(made)["sample_id"])
    elif sample:
        store.change_sample(sample_id, sample)
    match write.do:
        case Deed.ADD:
            store.add_layer({"sample_id": sample_id, "layer_id": write.layer, **fields})
        case Deed.REMOVE:
            store.remove_layers(sample_id, write.layer)
        case Deed.CHANGE if write.layer is not None:
            for record in store.find_layers(sample_id, write.layer):
                store.change_layer(int(record["id"]), fields)
        case Deed.CHANGE:
            pass
