"""Servers whose answers differ from what is stored: an answer that names an id is stored, and the end is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.rows import (
    AGAIN,
    ALL_RIGHT,
    IMPORT,
    NAMED,
    ONCE,
    RESUME,
    TABLE,
    TOLD,
    UPDATE,
    Row,
    add,
    add_table,
    always,
    list_parameters,
    run_row,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.rows import Start, World

STORED = "created|unconfirmed|conflict"
"""What may be said of a layer whose answer named an id: never that it isn't stored."""
TWICE = (*ONCE, ONCE[1])
BUT_ONE = (ONCE[0], ONCE[2])
TURNED = TABLE.replace("001", "111")
ROWS_AND = (IMPORT, RESUME, RESUME)


def echo(**rule: object) -> dict[str, object]:
    """Return a plan whose answers to writes spell the record so; the list doesn't."""
    return {"behaviour": {"echo": [rule]}}


def shown(**rule: object) -> dict[str, object]:
    """Return a plan whose answers and list spell records so."""
    return {"behaviour": {"shown": [rule]}}


def stored(**rule: object) -> dict[str, object]:
    """Return a plan that keeps what is sent so."""
    return {"behaviour": {"stored": [rule]}}


def once(kind: str, number: int = 2, **more: object) -> dict[str, object]:
    """Return a plan in which one POST meets a fault."""
    return {"faults": [{"kind": kind, "on": [number], "method": "POST", **more}]}


def _check_no_double(world: World) -> None:
    contents = [(record["sample_name"], record["composition_string"]) for record in world.list_records()]
    assert len(set(contents)) == len(contents)


ECHOES = [
    Row(
        says=f"the answer shows {key} as {spelling}: stored once, never sent again",
        plan=echo(**{key: spelling}),
        steps=ROWS_AND,
        exits=(ALL_RIGHT, "*"),
        answers=(STORED,) * 3,
    )
    for key, spelling in (
        *(("layer_id", spelling) for spelling in ("text", "float", "null", "top", "+1")),
        *(("sample_id", spelling) for spelling in ("text", "float", "null", "+100")),
    )
]
NAMES = [
    Row(
        says=f"the server keeps names otherwise ({change}): each is made once, and said to be stored",
        plan=stored(sample_name=[change]),
        table=NAMED,
        steps=ROWS_AND,
        exits=("0|4", "*"),
        stored=places,
        answers=(STORED,) * 3,
    )
    for change, places in (
        ("lower", ("a17/1", "a17/2", "b2/1")),
        ("2", ("A1/1", "A1/2", "B2/1")),
    )
]
UNMARKED = [
    Row(
        says="the server keeps a letter and its accent as one, and drops the run's mark: made once, found again",
        plan=stored(sample_name=["nfc"], drops_metadata=True),
        table=NAMED.replace("A17", "A\u030a17"),
        steps=(IMPORT, AGAIN),
        stored=("\u00c517/1", "\u00c517/2", "B2/1"),
        answers=("unchanged",) * 3,
    ),
    Row(
        says="the server keeps names otherwise and drops the run's mark: the sample that it named is ours",
        plan=stored(sample_name=["squeeze", "lower"], drops_metadata=True),
        table=NAMED.replace("A17", "A  17"),
        stored=("a 17/1", "a 17/2", "b2/1"),
        answers=("created",) * 3,
    ),
]
RENUMBERED = [
    Row(
        says="the server keeps each layer one position higher: stored once, told, and it blocks the layers above it",
        plan=stored(layer_id="+1"),
        steps=ROWS_AND,
        exits=(TOLD, "*"),
        stored=None,
        answers=("conflict", "not_sent|conflict", "conflict"),
        check=_check_no_double,
    ),
    Row(
        says="the server keeps each layer of a new target material one position higher: none is sent again",
        plan=stored(layer_id="+1"),
        table=NAMED,
        steps=ROWS_AND,
        exits=(TOLD, "*"),
        stored=("A17/2", "A17/3", "B2/2"),
    ),
    Row(
        says="the server keeps each layer in another sample: stored once, and the run doesn't say that all is right",
        plan=stored(sample_id="+100"),
        steps=ROWS_AND,
        exits=(TOLD, "*"),
        stored=None,
        check=_check_no_double,
    ),
    Row(
        says="202 with the record: stored, created",
        plan=once("accepted", status=202),
    ),
    Row(
        says="the answer is inside an object: it counts as the answer",
        plan=once("wrapped"),
        answers=("created",) * 3,
        never=("confirmed by",),
    ),
    Row(
        says="201 without a body, with a Location: stored once, looked up",
        plan=once("location"),
        answers=("created",) * 3,
    ),
    Row(
        says="202, and stored two seconds later, later than any settling: never sent again",
        plan=once("late", status=202, seconds=2.5),
        steps=((*IMPORT, "--settle", "0.4"), (*RESUME, "--settle", "2")),
        exits=("0|4", "0|4"),
        check=lambda world: _check_no_double(world),  # noqa: PLW0108  # which stands above
    ),
    Row(
        says="204 without a word: stored once, looked up",
        plan=once("accepted", status=204),
    ),
    Row(
        says="an answer that holds an id and nothing else: stored once, looked up by it",
        plan=once("id-only"),
    ),
    Row(
        says="an answer before the answer (103): read past",
        plan=once("early-hints"),
    ),
]
LIES = [
    Row(
        says="a proxy stores one POST twice: the double is told at the end",
        plan=once("replay"),
        exits=("1|4",),
        stored=None,
        answers=("created|conflict",) * 3,
        check=lambda world: _check_number(len(world.list_records()), 4),
        words=("twice|2 times|2 records|two",),
    ),
    Row(
        says="one POST is answered with 200 and not kept: it isn't called created",
        plan=once("not-kept", samples=["8"], number=1),
        exits=("1|4",),
        stored=ONCE[:2],
        answers=("created", "created", "unconfirmed|conflict|failed"),
    ),
    Row(
        says="422 after storing: the row isn't called refused and nothing more",
        plan=once("status", number=1, status=422, when="after", samples=["8"]),
        exits=("0|1|4",),
        answers=("created", "created", "created|unconfirmed|conflict"),
    ),
    Row(
        says="422 after an update was stored: the row isn't called refused and nothing more",
        plan={
            "faults": [
                {"kind": "status", "status": 422, "when": "after", "on": [1], "method": "PATCH", "samples": ["8"]},
                {"kind": "status", "status": 422, "when": "before", "on": [1], "method": "PATCH", "layers": [2]},
            ],
            "colleagues": add_table(),
        },
        table=TURNED,
        steps=((*IMPORT, *UPDATE),),
        exits=("1",),
        answers=("updated", "refused", "updated|unconfirmed|conflict"),
        records={"sample 8/1": {"orientation": "111"}, "sample 7/2": {"orientation": "001"}},
    ),
    Row(
        says="429 after storing: what is there twice then is told",
        plan=once("status", number=1, status=429, retry_after=0, when="after", samples=["8"]),
        exits=("0|1|4",),
        stored=None,
        check=lambda world: _check_doubles_are_told(world),  # noqa: PLW0108  # which stands below
    ),
    Row(
        says="the list leaves one stored layer out for good: unconfirmed, and sent once",
        plan={"behaviour": {"listing": [{"hidden": True, "samples": ["8"]}]}},
        exits=("4",),
        answers=("created", "created", "unconfirmed"),
    ),
    Row(
        says="409 that the list doesn't explain: the run ends and says which row, the others get in",
        plan={"faults": [always(409, method="POST", samples=["8"])]},
        exits=("1|4",),
        stored=ONCE[:2],
        answers=("created", "created", "unconfirmed|conflict|failed|refused"),
    ),
]
NORMALISED = [
    Row(
        says=f"the server shows {', '.join(f'{key} {value}' for key, value in rule.items())}: created, then unchanged",
        plan=shown(**rule),
        table=(
            "sample_id,layer_id,formula,orientation,space_group,mp_id,element_dict\n"
            '7,1,BaTiO3,001,P4mm,mp-5020,"Ba:1,Ti:1,O:3"\n7,2,SrTiO3,001,Pm-3m,mp-5229,"Sr:1,Ti:1,O:3"\n'
            '8,1,MgO,001,Fm-3m,mp-1265,"Mg:1,O:1"\n'
        ),
        steps=(IMPORT, AGAIN),
        answers=("unchanged",) * 3,
    )
    for rule in (
        {"space_group": "spaced"},
        {"space_group": "number"},
        {"composition_string": "reordered"},
        {"element_dict": "floats"},
        {"element_dict": "strings"},
        {"element_dict": "fractions"},
        {"mp_id": "upper"},
        {"mp_id": "digits"},
        {"mp_id": "number"},
    )
]
TABLES = '7,1,BaTiO3,"Ba:1,Ti:1,O:3"\n7,2,SrTiO3,"Sr:1,Ti:1,O:3"\n8,1,MgO,"Mg:1,O:1"\n'
REDUCED = [
    Row(
        says="the server keeps no element table: created once, and said",
        plan=shown(element_dict="none"),
        table=f"sample_id,layer_id,formula,element_dict\n{TABLES}",
        answers=("created",) * 3,
    ),
]
FILLED = [
    Row(
        says="the server fills space_group and mp_id that weren't sent: created, then unchanged",
        plan=shown(space_group="filled", mp_id="filled"),
        steps=(IMPORT, AGAIN),
        answers=("unchanged",) * 3,
    ),
]
PATCHES = [
    Row(
        says="PATCH works like PUT: the first one stops the run, and its row isn't called updated",
        plan={
            "behaviour": {"patch": "put"},
            "colleagues": [{**entry, "fields": {**entry["fields"], "mp_id": "mp-5020"}} for entry in add_table()],
        },
        table=TURNED,
        steps=((*IMPORT, *UPDATE, "--workers", "1"),),
        exits=(TOLD,),
        answers=("conflict|unconfirmed|failed", "not_sent", "not_sent"),
        check=lambda world: _check_number(len([w for w in world.list_writes() if w["method"] == "PATCH"]), 1),
    ),
    Row(
        says="a formula alone is updated: that the element table there may no longer fit is said",
        plan={"colleagues": [add(7, 1, composition_string="SrTiO3", mp_id="mp-5229", orientation="001")]},
        table="sample_id,layer_id,formula,orientation\n7,1,PbTiO3,001\n",
        steps=((*IMPORT, *UPDATE),),
        exits=("0|1",),
        stored=ONCE[:1],
        words=("element_dict|mp_id",),
    ),
]


def _check_number(found: int, wanted: int) -> None:
    assert found == wanted


def _check_doubles_are_told(world: World) -> None:
    doubled = len(world.list_records()) > len(ONCE)
    assert not doubled or world.ended[-1].returncode in {1, 4}


@pytest.mark.parametrize(
    "row", list_parameters([*ECHOES, *NAMES, *RENUMBERED, *LIES, *NORMALISED, *REDUCED, *FILLED, *PATCHES])
)
def test_answers_that_differ(row: Row, tmp_path: Path, start_forked: Start) -> None:
    """What an answer says never leads to a second copy, nor to an answer that isn't true; see the row's name."""
    run_row(row, tmp_path, start_forked)
