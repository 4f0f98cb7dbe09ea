"""How the sandbox always is, where that is otherwise than the API's pages lead one to expect: part of the plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from importer.sandbox.plan.faults import Names, Seconds  # noqa: TC001  # read by pydantic

MAX_RULES = 200

Count = Annotated[int, Field(ge=0, le=1_000_000)]
IdSpelling = Annotated[str, Field(pattern=r"^(text|float|null|top|half|[+-][0-9]{1,6})$")]
"""``text`` "1", ``float`` 1.0, ``null``, ``top`` "top", ``half`` 1.5, or a shift: ``+1``, ``-1``."""
Shift = Annotated[str, Field(pattern=r"^[+-][0-9]{1,6}$")]
NameChange = Annotated[str, Field(pattern=r"^(trim|lower|upper|squeeze|nfc|[1-9][0-9]{0,3})$")]
"""``trim``, ``lower``, ``upper``, ``squeeze`` (blanks to one), ``nfc``, or a number of characters to keep."""
Layers = Annotated[tuple[int, ...], Field(max_length=100)]


class Part(BaseModel):
    """A part of the plan: only keys that it knows."""

    model_config = ConfigDict(extra="forbid")


class StoredChange(Part):
    """What is kept otherwise than sent; of all writes, or of those to some samples and layers."""

    samples: Names = ()
    layers: Layers = ()
    sample_name: Annotated[tuple[NameChange, ...], Field(max_length=10)] = ()
    layer_id: Shift | None = None
    sample_id: Shift | None = None
    drops_metadata: bool = False


class SpaceGroup(StrEnum):
    """How a space group is shown."""

    SPACED = "spaced"
    NUMBER = "number"
    FILLED = "filled"


class ElementTable(StrEnum):
    """How an element table is shown."""

    FLOATS = "floats"
    STRINGS = "strings"
    FRACTIONS = "fractions"
    NONE = "none"


class MpId(StrEnum):
    """How a Materials Project id is shown."""

    UPPER = "upper"
    NUMBER = "number"
    DIGITS = "digits"
    FILLED = "filled"


class Formula(StrEnum):
    """How a formula is shown."""

    REORDERED = "reordered"


class Spelling(Part):
    """How records are shown; all of them, or those of some samples and layers."""

    samples: Names = ()
    layers: Layers = ()
    hidden: bool = False
    sample_name: Annotated[tuple[NameChange, ...], Field(max_length=10)] = ()
    id: IdSpelling | None = None
    layer_id: IdSpelling | None = None
    sample_id: IdSpelling | None = None
    composition_string: Formula | None = None
    element_dict: ElementTable | None = None
    space_group: SpaceGroup | None = None
    mp_id: MpId | None = None


class Paging(StrEnum):
    """How a paged list says that there is more."""

    CUT = "cut"
    COUNT = "count"
    LINK = "link"
    LINK_ELSEWHERE = "link-elsewhere"
    LINK_LOOP = "link-loop"
    ITEMS = "items"
    BARE = "bare"
    META = "meta"
    RANGE = "range"
    HAS_MORE = "has-more"


class Foreign(StrEnum):
    """Entries of the list that concern nobody and can't be read as records, or not easily."""

    NAN = "nan"
    SURROGATE = "surrogate"
    NULL = "null"
    TEXT = "text"
    BIG_ID = "big-id"
    NO_SAMPLE = "no-sample"
    DEEP = "deep"
    BAD_UTF8 = "bad-utf8"
    BOM = "bom"


class CacheHeader(StrEnum):
    """What a cached list says of its age."""

    AGE = "age"
    DATE = "date"
    HIT = "hit"


class LagOf(StrEnum):
    """Which records are late in the list."""

    ALL = "all"
    TARGETS = "targets"


class Delivery(Part):
    """How the list is given.

    Attributes:
        lag_seconds: how long a new record isn't shown.
        lag_reads: how many lists don't show a new record.
        lag_of: all new records, or only those that came with their target material.
        cache_seconds: how long a list is answered again as it was.
        cache_tells: headers that give the cache away: ``age``, ``date`` (an old Date), ``hit`` (X-Cache).
        cache_heeds: whether ``Cache-Control: no-cache`` gets a new list.
        page: records of a page; 0 for one page.
        paging: how the end of a page says that there is more.
        takes: seconds over which the list drips in.
        stalls_after: bytes after which it stops until ``takes`` is over.
        size_mb: size to which foreign records blow it up.
        foreign: entries that concern nobody and are hard to read.
        is_twice: whether each record is listed twice.
    """

    lag_seconds: Seconds = 0.0
    lag_reads: Count = 0
    lag_of: LagOf = LagOf.ALL
    cache_seconds: Seconds = 0.0
    cache_tells: Annotated[tuple[CacheHeader, ...], Field(max_length=3)] = ()
    cache_heeds: bool = False
    page: Count = 0
    paging: Paging = Paging.CUT
    takes: Seconds = 0.0
    stalls_after: Count = 0
    size_mb: Annotated[int, Field(ge=0, le=2_048)] = 0
    foreign: Annotated[tuple[Foreign, ...], Field(max_length=20)] = ()
    is_twice: bool = False


class Patching(StrEnum):
    """What PATCH does to fields that it isn't sent."""

    PATCH = "patch"
    PUT = "put"


Spellings = Annotated[tuple[Spelling, ...], Field(max_length=MAX_RULES)]


class Behaviour(Part):
    """How the sandbox always is."""

    stored: Annotated[tuple[StoredChange, ...], Field(max_length=MAX_RULES)] = ()
    echo: Spellings = ()
    listing: Spellings = ()
    shown: Spellings = ()
    patch: Patching = Patching.PATCH
    delivery: Delivery = Delivery()
