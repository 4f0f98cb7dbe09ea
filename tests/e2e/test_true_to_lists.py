"""Servers whose list of stored layers is late, cached, cut, in pages, spells ids otherwise, or has odd entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.rows import (
    AGAIN,
    IMPORT,
    NAMED,
    NAMED_ONCE,
    ONCE,
    REPLACE,
    RESUME,
    TOLD,
    UPDATE,
    Row,
    add,
    add_table,
    list_parameters,
    run_row,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.rows import Start, World

STACK = "sample_id,layer_id,formula\n7,1,PbTiO3\n"
"""A file that changes the first layer of a stack."""
MANY = 101
WIDE = "sample_id,layer_id,formula\n" + "".join(f"7,{layer},SrTiO3\n" for layer in range(1, MANY))


def deliver(**habits: object) -> dict[str, Any]:
    """Return a plan whose list comes so."""
    return {"behaviour": {"delivery": habits}}


def list_as(spelling: str, **more: object) -> dict[str, Any]:
    """Return a plan whose list spells layer_id so."""
    return {"behaviour": {"listing": [{"layer_id": spelling, **more}]}}


def no_write(world: World) -> None:
    """Nothing was sent but reads."""
    assert world.list_writes() == []


SPELLED = [
    Row(
        says=f"the list spells layer_id {spelling}: a second import doubles nothing",
        plan=list_as(spelling),
        steps=(IMPORT, AGAIN),
        exits=("0|1|4", exits),
        answers=("unchanged" if exits == "0" else "not_sent|conflict|unconfirmed|invalid",) * 3,
        check=lambda world: _count_posts(world, 3),
    )
    for spelling, exits in (("text", "0"), ("float", "0"), ("null", TOLD), ("top", TOLD), ("half", TOLD))
]
REPLACED = [
    Row(
        says=f"the list spells the second layer's id {spelling}: replacing the stack doesn't remove that layer",
        plan={
            **list_as(spelling, layers=[2]),
            "colleagues": [add(7, 1, composition_string="SrTiO3"), add(7, 2, composition_string="MgO")],
        },
        table=STACK,
        steps=((*IMPORT, *REPLACE),),
        exits=(TOLD,),
        stored=ONCE[:2],
        records={"sample 7/2": {"composition_string": "MgO"}, "sample 7/1": {"composition_string": "SrTiO3"}},
    )
    for spelling in ("text", "float", "null", "top", "half")
]
PAGED = [
    Row(
        says=f"the list is in pages ({paging}): a second import doubles nothing",
        plan=deliver(page=2, paging=paging),
        steps=(IMPORT, AGAIN),
        exits=("0|1|3|4", exits),
        stored=() if paging == "bare" else ONCE,
        check=lambda world: _check_no_double(world),  # noqa: PLW0108  # which stands below
    )
    for paging, exits in (
        ("link", "0"),
        ("items", "0|1|3|4"),
        ("count", TOLD),
        ("range", TOLD),
        ("has-more", TOLD),
        ("bare", TOLD),
        ("meta", TOLD),
    )
]
CUT = [
    Row(
        says=f"the list is {words}: nothing is concluded from it, nothing is sent on its word",
        plan={**deliver(page=100, paging=paging), "colleagues": [add(7, layer) for layer in range(1, MANY + 1)]},
        table=WIDE,
        steps=((*IMPORT, *options),),
        exits=(TOLD,),
        stored=[f"sample 7/{layer}" for layer in range(1, MANY + 1)],
        check=no_write,
    )
    for words, paging, options in (
        ("cut silently at 100 entries, and a stack is replaced", "cut", REPLACE),
        ("in pages that lead to another host", "link-elsewhere", ()),
        ("in pages that lead in a circle", "link-loop", ()),
    )
]
LATE = [
    Row(
        says="new records show in the list half a second later: nothing is doubled, all is right in the end",
        plan=deliver(lag_seconds=0.5),
        steps=((*IMPORT, "--settle", "2"), (*AGAIN, "--settle", "2")),
        answers=("unchanged",) * 3,
    ),
    Row(
        says="new target materials never show in the list: each is made once, also by going on",
        plan=deliver(lag_seconds=3_000, lag_of="targets"),
        table=NAMED,
        steps=(IMPORT, RESUME, RESUME),
        exits=("4", "*"),
        stored=NAMED_ONCE,
    ),
    Row(
        says="new records never show, and one answer was lost: the row is unconfirmed, not sent again",
        plan={
            **deliver(lag_seconds=3_000),
            "faults": [{"kind": "reset", "when": "after", "on": [2], "method": "POST"}],
        },
        steps=((*IMPORT, "--workers", "1"), RESUME),
        exits=("4", "4|*"),
    ),
    Row(
        says="30 stacks, and new records show five reads late: each comes to its end by itself",
        plan=deliver(lag_reads=3),
        table="sample_id,layer_id,formula\n" + "".join(f"{7 + stack},1,MgO\n" for stack in range(30)),
        steps=((*IMPORT[:-2], "--settle", "2"),),
        exits=("0",),
        stored=[f"sample {7 + stack}/1" for stack in range(30)],
    ),
]
CACHED = [
    Row(
        says=f"a cache answers the old list ({words}): a lost answer isn't taken for not stored",
        plan={
            **deliver(cache_seconds=3_000, cache_tells=tells),
            "faults": [{"kind": "reset", "when": "after", "on": [2], "method": "POST"}],
        },
        steps=((*IMPORT, "--workers", "1"), RESUME),
        exits=("4", "*"),
    )
    for words, tells in (("with its Age", ["age"]), ("with its old Date", ["date"]), ("without a word", []))
]
CACHED += [
    Row(
        says="a cache that heeds no-cache: all is as without it",
        plan=deliver(cache_seconds=3_000, cache_heeds=True),
        steps=(IMPORT, AGAIN),
        answers=("unchanged",) * 3,
    ),
    *(
        Row(
            says=f"a cache that says {words} answers the list from before the first import: the second sends nothing",
            plan=deliver(cache_seconds=3_000, cache_tells=[tells]),
            steps=(IMPORT, AGAIN),
            exits=("0|4", "1|3|4"),
            check=lambda world: _count_posts(world, 3),
        )
        for words, tells in (("its Age", "age"), ("HIT", "hit"))
    ),
    Row(
        says="the list names each record twice: one record is one",
        plan=deliver(is_twice=True),
        steps=(IMPORT, AGAIN),
        answers=("unchanged",) * 3,
    ),
    Row(
        says="an object around the list says how long it is: the list counts as whole",
        plan=deliver(paging="meta"),
        steps=(IMPORT, AGAIN),
        answers=("unchanged",) * 3,
    ),
]
FOREIGN = [
    Row(
        says=f"another sample's entry in the list is {kind}: passed over",
        plan=deliver(foreign=[kind]),
        steps=(IMPORT, AGAIN),
        answers=("unchanged",) * 3,
    )
    for kind in (
        "nan",
        "surrogate",
        "null",
        "text",
        "big-id",
        "no-sample",
        "deep",
        "bad-utf8",
        "bom",
    )
]
GAPS = [
    Row(
        says="layers 2 and 4 of a stack whose 1 to 4 are stored: no gap is told",
        plan={"colleagues": [add(7, layer, composition_string="MgO") for layer in (1, 2, 3, 4)]},
        table="sample_id,layer_id,formula\n7,2,SrTiO3\n7,4,SrTiO3\n",
        steps=((*IMPORT, *UPDATE),),
        stored=[f"sample 7/{layer}" for layer in (1, 2, 3, 4)],
        never=("(?i)gap|layer 3 is missing|missing.* 3",),
    ),
    Row(
        says="a new sample whose only layer is 5: the gap is told",
        table="sample_id,layer_id,formula\n9,5,SrTiO3\n",
        exits=("0|1",),
        stored=None,
        words=("(?i)gap|missing|starts at|lowest layer",),
    ),
]
REST = [
    Row(
        says="layers that a colleague stored with the same content: unchanged, nothing is sent",
        plan={"colleagues": add_table()},
        answers=("unchanged",) * 3,
        check=no_write,
    ),
]


def _count_posts(world: World, number: int) -> None:
    assert len([write for write in world.list_writes() if write["method"] == "POST"]) == number


def _check_no_double(world: World) -> None:
    places = [(record["sample_name"], record["layer_id"]) for record in world.list_records()]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    "row", list_parameters([*SPELLED, *REPLACED, *PAGED, *CUT, *LATE, *CACHED, *FOREIGN, *GAPS, *REST])
)
def test_lists_that_differ(row: Row, tmp_path: Path, start_forked: Start) -> None:
    """What a list shows or leaves out never leads to a copy, a loss, or an untrue answer; see the row's name."""
    run_row(row, tmp_path, start_forked)
