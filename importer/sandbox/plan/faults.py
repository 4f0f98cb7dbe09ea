"""Faults of single requests: which requests go wrong, and how."""

from __future__ import annotations

import random
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

MAX_NUMBERS = 10_000
Number = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0, le=3_600)]
Names = Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=100)]
"""Target materials, by id or by name."""


class Kind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    DELAY = "delay"
    RESET = "reset"
    CLOSE = "close"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    CUT_HEAD = "cut-head"
    WRONG_ECHO = "wrong-echo"
    LATE = "late"
    DRIP = "drip"
    REDIRECT = "redirect"
    REPLAY = "replay"
    REPLAY_LATE = "replay-late"
    NOT_KEPT = "not-kept"
    ACCEPTED = "accepted"
    ID_ONLY = "id-only"
    WRAPPED = "wrapped"
    LOCATION = "location"
    EARLY_HINTS = "early-hints"
    TELL_KEY = "tell-key"


CARRIED_OUT = frozenset(
    {
        Kind.DELAY,
        Kind.WRONG_ECHO,
        Kind.REPLAY,
        Kind.REPLAY_LATE,
        Kind.NOT_KEPT,
        Kind.ACCEPTED,
        Kind.ID_ONLY,
        Kind.WRAPPED,
        Kind.LOCATION,
        Kind.EARLY_HINTS,
    }
)
"""Kinds that carry the request out whatever ``when`` says."""


class When(StrEnum):
    """Whether the request is carried out first."""

    BEFORE = "before"
    AFTER = "after"


class Fault(BaseModel):
    """One rule of the plan.

    Attributes:
        kind: what goes wrong.
        when: before or after the request is carried out; see `CARRIED_OUT` for the kinds that do so anyway.
        status: the status answered, for ``status``, ``redirect``, ``tell-key``, ``late`` and ``accepted`` (2xx).
        retry_after: value of the Retry-After header: seconds, or ``date`` for a date two seconds ahead.
        seconds: how long, for ``delay``, ``late``, ``drip`` and ``replay-late``.
        lasts: seconds from a hit on in which every request that the rule lets through is hit too: an outage.
        location: where to, for ``redirect``.
        on: numbers of the requests it hits.
        probability: chance by which it hits any other request; 1 hits them all.
        times: how often it hits at the most.
        method: only requests of this method.
        path: only requests to this path.
        samples: only writes to these target materials, by id or name.
        layers: only writes to these positions.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    when: When = When.BEFORE
    status: Annotated[int, Field(ge=200, le=599)] = 503
    retry_after: int | str | None = None
    seconds: Seconds = 1.0
    lasts: Seconds = 0.0
    location: str = "http://127.0.0.1:9/"
    on: Annotated[tuple[Number, ...], Field(max_length=MAX_NUMBERS)] = ()
    probability: Annotated[float, Field(ge=0, le=1)] = 0.0
    times: Number | None = None
    method: str | None = None
    path: str | None = None
    samples: Names = ()
    layers: Annotated[tuple[int, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _must_hit(self) -> Fault:
        if not self.on and not self.probability:
            raise ValueError("needs 'on' (request numbers) or 'probability'")
        if self.kind is Kind.ACCEPTED and not 201 <= self.status <= 299:  # noqa: PLR2004  # successes
            raise ValueError("'accepted' needs a 'status' from 201 to 299")
        return self

    def lets_through(self, method: str, path: str, samples: Collection[str], layers: Collection[object]) -> bool:
        """Tell whether the rule is about such a request."""
        return (
            (self.method or method) == method
            and (self.path or path) == path
            and (not self.samples or any(name in samples for name in self.samples))
            and (not self.layers or any(layer in layers for layer in self.layers))
        )


class Dice:
    """Decides which requests are hit, and counts it.

    Requests are counted for each rule by itself, over those that it lets through, from 1.
    """

    def __init__(self, faults: Sequence[Fault] = (), *, seed: int = 0, now: Callable[[], float] = monotonic) -> None:
        self._faults = list(faults)
        self._random = random.Random(seed)  # noqa: S311  # faults, not secrets
        self._now = now
        self._seen = [0] * len(self._faults)
        self._used = [0] * len(self._faults)
        self._until: list[float | None] = [None] * len(self._faults)

    def pick_fault(
        self, method: str, path: str, samples: Collection[str] = (), layers: Collection[object] = ()
    ) -> Fault | None:
        """Return the fault that hits a request, if any; the first of the plan counts."""
        found: Fault | None = None
        for number, fault in enumerate(self._faults):
            if not fault.lets_through(method, path, samples, layers):
                continue
            self._seen[number] += 1
            # The dice roll for every rule, so that one rule's hits don't shift another's.
            is_hit = self._seen[number] in fault.on or self._random.random() < fault.probability
            is_hit = is_hit or self._is_lasting(number)
            is_spent = fault.times is not None and self._used[number] >= fault.times
            if found is None and is_hit and not is_spent:
                self._used[number] += 1
                found = fault
                if fault.lasts and self._until[number] is None:
                    self._until[number] = self._now() + fault.lasts
        return found

    def _is_lasting(self, number: int) -> bool:
        until = self._until[number]
        return until is not None and self._now() < until

    def list_use(self) -> list[dict[str, object]]:
        """Return, for each rule, how many requests it saw and how many it hit."""
        return [
            {"kind": fault.kind.value, "when": fault.when.value, "seen": seen, "used": used}
            for fault, seen, used in zip(self._faults, self._seen, self._used, strict=True)
        ]
