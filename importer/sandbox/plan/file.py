"""The plan: what the sandbox does otherwise than the API's pages lead one to expect.

::

    seed: 7
    faults:                                   # single requests, see `importer.sandbox.plan.faults`
      - {kind: status, status: 503, when: after, on: [3, 9], method: POST}
      - {kind: reset, when: after, probability: 0.1, times: 5}
    behaviour:                                # how it always is
      stored:                                 # kept otherwise than sent
        - {sample_name: [trim, lower, "20"]}
      echo:                                   # answers to writes spell the record otherwise
        - {layer_id: text}
      listing:                                # so does the list
        - {layer_id: "null", samples: [A17], layers: [2]}
      shown:                                  # answers and list both
        - {space_group: spaced, element_dict: floats, mp_id: upper}
      patch: put                              # PATCH wipes what it isn't sent
      delivery: {lag_seconds: 3, page: 100, paging: link}
    colleagues:                               # somebody else writes, at a request's number
      - {at: 2, when: after, do: change, sample: 7, layer: 1, fields: {orientation: "111"}}
    keys: {key-of-lab-a: a, key-of-lab-b: b}  # each key, and the organisation that it belongs to
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import yaml
from pydantic import Field, ValidationError, model_validator

from importer.sandbox.models import MAX_WHOLE
from importer.sandbox.plan.behaviour import MAX_RULES, Behaviour, Part
from importer.sandbox.plan.faults import Fault, When

if TYPE_CHECKING:
    from pathlib import Path

MAX_PLAN = 2**20
"""Bytes of a plan file that are read."""
MAX_DEPTH = 8
"""How deep lists and mappings of a plan may lie in each other."""

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Word = Annotated[str, Field(max_length=1_000)]


class Deed(StrEnum):
    """What a colleague does."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class Fields(Part):
    """What a colleague writes."""

    composition_string: Word | None = None
    element_dict: Annotated[dict[str, Amount], Field(max_length=120)] | None = None
    orientation: Word | None = None
    space_group: Word | None = None
    mp_id: Word | None = None
    sample_name: Word | None = None
    substrate: Word | None = None


class ColleagueWrite(Part):
    """Something that somebody else writes.

    Attributes:
        at: number of the request, over those that ``method`` lets through; 0 is before the first.
        when: before or after that request is carried out; its answer leaves later.
        method: only requests of this method are counted.
        do: add a record, change, or remove what is there.
        sample: id of the target material; one that doesn't exist comes to be.
        name: the target material by its name, in place of ``sample``; the sandbox gives a new one its id.
        layer: position; without one, the whole stack is meant.
        fields: what the record holds then.
        organisation: in which organisation.
    """

    at: Annotated[int, Field(ge=0)]
    when: When = When.BEFORE
    method: str | None = None
    do: Deed
    sample: Annotated[int, Field(ge=0, le=MAX_WHOLE)] | None = None
    name: Word | None = None
    layer: Annotated[int, Field(ge=0, le=MAX_WHOLE)] | None = None
    fields: Fields = Fields()
    organisation: Word = ""

    @model_validator(mode="after")
    def _must_say_where(self) -> ColleagueWrite:
        if (self.sample is None) == (self.name is None):
            raise ValueError("needs 'sample' (an id) or 'name', not both")
        if self.do is Deed.ADD and self.layer is None:
            raise ValueError("needs 'layer', the position to fill")
        return self


Organisation = Annotated[str, Field(pattern=r"^[a-z0-9-]{0,20}$")]


class Plan(Part):
    """A seed, and all that goes otherwise."""

    seed: int = 0
    faults: Annotated[tuple[Fault, ...], Field(max_length=MAX_RULES)] = ()
    behaviour: Behaviour = Behaviour()
    colleagues: Annotated[tuple[ColleagueWrite, ...], Field(max_length=MAX_RULES)] = ()
    keys: dict[str, Organisation] = Field(max_length=20, default_factory=dict)


def load_plan(path: Path) -> Plan:
    """Return the plan of a file.

    Raises:
        ValueError: unreadable, not YAML, or not a plan; the message says what and where.
    """
    try:
        found = _load_yaml(path)
    except yaml.YAMLError as error:
        raise ValueError(f"the fault plan {path} isn't valid YAML: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"the fault plan {path} is not UTF-8 text") from error
    except OSError as error:
        raise ValueError(f"the fault plan {path} can't be read ({error.strerror})") from error
    try:
        return Plan.model_validate(found or {})
    except ValidationError as error:
        wrong = "\n".join(f"  {_word_place(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise ValueError(f"the fault plan {path} can't be used:\n{wrong}") from error


def _load_yaml(path: Path) -> object:
    with path.open("rb") as file:
        content = file.read(MAX_PLAN + 1)
    if len(content) > MAX_PLAN:
        raise ValueError(f"the fault plan {path} is larger than {MAX_PLAN // 2**20} MB")
    text, depth = content.decode("utf-8"), 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise ValueError(
                f"the fault plan {path}, line {line}: aliases, or more than {MAX_DEPTH} levels, aren't read"
            )
    # Every scalar as its text: YAML 1.1 would read the key `on` as a truth value.
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # builds only text


_ENTRIES = {"faults": "fault", "colleagues": "colleague"}


def _word_place(place: tuple[int | str, ...]) -> str:
    """Return where in a plan something stands, rules counted from 1 as people do."""
    match place:
        case (str(part), int(number), *rest) if part in _ENTRIES:
            return ", ".join([f"{_ENTRIES[part]} {number + 1}", *(str(key) for key in rest[:1])])
        case ():
            return "the plan"
        case _:
            return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)
