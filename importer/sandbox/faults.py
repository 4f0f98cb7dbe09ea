"""The fault plan: which requests go wrong, and how.

::

    seed: 7
    faults:
      - {kind: status, status: 503, when: after, on: [3, 9], method: POST}
      - {kind: reset, when: after, probability: 0.1, times: 5}

Requests are counted for each rule by itself, over those that its ``method`` and ``path`` let through, from 1.
"""

from __future__ import annotations

import random
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:
    from pathlib import Path


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


class When(StrEnum):
    """Whether the request is carried out first."""

    BEFORE = "before"
    AFTER = "after"


class Fault(BaseModel):
    """One rule of the plan.

    Attributes:
        kind: what goes wrong.
        when: before or after the request is carried out; ``delay``, ``wrong-echo`` and ``late`` carry it out anyway.
        status: the status answered, for ``status`` and ``redirect``.
        retry_after: value of the Retry-After header: seconds, or ``date`` for a date two seconds ahead.
        seconds: how long, for ``delay``, ``late`` and ``drip``.
        location: where to, for ``redirect``.
        on: numbers of the requests it hits.
        probability: chance by which it hits any other request.
        times: how often it hits at the most.
        method: only requests of this method.
        path: only requests to this path.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    when: When = When.BEFORE
    status: Annotated[int, Field(ge=200, le=599)] = 503
    retry_after: int | str | None = None
    seconds: Annotated[float, Field(ge=0, le=600)] = 1.0
    location: str = "http://127.0.0.1:9/"
    on: list[Annotated[int, Field(ge=1)]] = []
    probability: Annotated[float, Field(ge=0, le=1)] = 0.0
    times: Annotated[int, Field(ge=1)] | None = None
    method: str | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _must_hit(self) -> Fault:
        if not self.on and not self.probability:
            raise ValueError("needs 'on' (request numbers) or 'probability'")
        return self


class Plan(BaseModel):
    """A seed and the rules, the first that hits counts."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    faults: list[Fault] = []


def load_plan(path: Path) -> Plan:
    """Return the plan of a file.

    Raises:
        ValueError: unreadable, not YAML, or not a plan; the message says what and where.
    """
    try:
        # Every scalar as its text: YAML 1.1 would read the key `on` as a truth value.
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # builds only text
    except yaml.YAMLError as error:
        raise ValueError(f"the fault plan {path} is not YAML: {error}") from error
    except OSError as error:
        raise ValueError(f"the fault plan {path} can't be read ({error.strerror})") from error
    try:
        return Plan.model_validate(found or {})
    except ValidationError as error:
        wrong = "\n".join(f"  {_word_place(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise ValueError(f"the fault plan {path} can't be used:\n{wrong}") from error


def _word_place(place: tuple[int | str, ...]) -> str:
    """Return where in a plan something stands, rules counted from 1 as people do."""
    match place:
        case ("faults", int(number), *rest):
            return ", ".join([f"fault {number + 1}", *(str(part) for part in rest[:1])])
        case ():
            return "the plan"
        case _:
            return ".".join(str(part) for part in place)


class Dice:
    """Decides which requests are hit, and counts it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)  # noqa: S311  # faults, not secrets
        self._seen = [0] * len(plan.faults)
        self._used = [0] * len(plan.faults)

    def pick_fault(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits a request, if any."""
        found: Fault | None = None
        for number, fault in enumerate(self._plan.faults):
            if (fault.method or method) != method or (fault.path or path) != path:
                continue
            self._seen[number] += 1
            # The dice roll for every rule, so that one rule's hits don't shift another's.
            is_hit = self._seen[number] in fault.on or self._random.random() < fault.probability
            is_spent = fault.times is not None and self._used[number] >= fault.times
            if found is None and is_hit and not is_spent:
                self._used[number] += 1
                found = fault
        return found

    def list_use(self) -> list[dict[str, object]]:
        """Return, for each rule, how many requests it saw and how many it hit."""
        return [
            {"kind": fault.kind.value, "when": fault.when.value, "seen": seen, "used": used}
            for fault, seen, used in zip(self._plan.faults, self._seen, self._used, strict=True)
        ]
