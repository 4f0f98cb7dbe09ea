"""Which answers say that something is stored: such a request is never sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from importer.server import Reply, Sent
from importer.submit.request_bodies import is_echo, names_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

SENT = {"sample_id": 7, "layer_id": 1, "composition_string": "MgO"}
STORED = {**SENT, "id": 5}


def answer(status: int, data: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an answer that came whole."""
    return Reply(sent=Sent.ANSWERED, status=status, data=data, whole=True, headers=headers or {})


@pytest.mark.parametrize(
    "data",
    [STORED, {"data": STORED}, [STORED], {"result": {"layer": STORED}}, {"status": "ok", "item": STORED, "count": 1}],
)
def test_the_thing_that_was_sent_counts_wherever_it_stands(data: object) -> None:
    """Alone, in a list of one, or inside an object, the layer with an id is the echo."""
    assert is_echo(orjson.dumps(SENT), answer(200, data))


@pytest.mark.parametrize(
    ("status", "data", "headers"),
    [
        (200, {"id": 5}, {}),
        (200, {"id": "3f0c-uuid"}, {}),
        (200, {"data": {"id": {"$oid": "0005"}}}, {}),
        (201, None, {}),
        (202, {"status": "queued"}, {}),
        (204, None, {}),
        (200, None, {"Location": "/target-materials/layers/5"}),
    ],
)
def test_what_says_that_it_is_stored(status: int, data: object, headers: Mapping[str, str]) -> None:
    """An id of any kind, a Location, and the statuses that say created, accepted or done."""
    reply = answer(status, data, headers)
    assert names_stored(reply)
    assert not is_echo(orjson.dumps(SENT), reply)


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (200, None),
        (200, {}),
        (200, {"error": "no", "id": None}),
        (200, [STORED, STORED]),
        (500, {"id": 5}),
        (422, {"id": 5}),
    ],
)
def test_what_says_nothing_of_it(status: int, data: object) -> None:
    """An empty 200 may be a cut answer or a proxy's; an id in a refusal names nothing that was stored."""
    assert not names_stored(answer(status, data))
