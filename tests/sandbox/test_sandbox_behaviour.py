"""What the plan can ask beyond single faults, as a bare client sees it; the truth is read beside the list."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from importer.sandbox.plan.file import load_plan
from tests.helpers.processes import KEY, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIST, LAYERS = "/target-materials/", "/target-materials/layers/"
LAYER = {
    "layer_id": 1, "sample_id": 7, "composition_string": "BaTiO3", "space_group": "P4mm", "mp_id": "mp-5020",
    "orientation": "001",
}  # fmt: skip
NAMED = {"sample": {"sample_name": " A17 on MgO ", "substrate": "MgO"}, "layers": [{"layer_id": 1}, {"layer_id": 2}]}

Answer = tuple[int, dict[str, str], Any]


class Client:
    """A client without manners of its own."""

    def __init__(self, port: int) -> None:
        self._port = port

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Make one request; return status, headers in lower case, and JSON."""
        sent = {
            "X-API-KEY": KEY,
            "Content-Type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            content = response.read()
            told = {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()
        return response.status, told, json.loads(content) if content and b"html" not in content[:20] else content

    def post(self, **fields: object) -> Any:  # noqa: ANN401  # what JSON carries
        """Store a layer; return the answer's body."""
        return self.call("POST", LAYERS, {**LAYER, **fields})[2]

    def read(self, path: str = LIST, **headers: str) -> Any:  # noqa: ANN401  # what JSON carries
        """Return what a GET answers."""
        return self.call("GET", path, **headers)[2]

    def truth(self) -> list[tuple[int, int]]:
        """Return the positions that are truly filled, one for each record."""
        return [(record["sample_id"], record["layer_id"]) for record in self.read("/_sandbox/records")]


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Any]:
    """Start a sandbox by a plan; give a client."""

    @contextmanager
    def run(**plan: object) -> Iterator[Client]:
        path = tmp_path / "plan.yaml"
        path.write_text(yaml.safe_dump(plan))
        with run_sandbox("--faults", str(path)) as sandbox:
            yield Client(sandbox.port)

    return run


def test_names_and_positions_are_kept_otherwise_than_sent(serve: Callable[..., Any]) -> None:
    """Names are trimmed, lower-cased and cut, layers renumbered; a PATCH finds the layer where the list shows it."""
    stored = [{"sample_name": ["trim", "lower", "3"]}, {"layer_id": "-1", "samples": ["7"]}]
    with serve(behaviour={"stored": stored}) as client:
        assert client.call("POST", LIST, NAMED)[2]["sample_name"] == "a17"
        assert client.post()["layer_id"] == 0
        assert client.call("PATCH", LAYERS, {"sample_id": 7, "layer_id": 0, "mp_id": "mp-1"})[2]["mp_id"] == "mp-1"
        assert {(record["sample_name"], record["layer_id"]) for record in client.read()} == {
            ("a17", 1), ("a17", 2), ("sample 7", 0),
        }  # fmt: skip


def test_records_are_spelled_anew(serve: Callable[..., Any]) -> None:
    """Answers and list show ids and content in other spellings, for all records or for some; the store knows better."""
    behaviour = {
        "shown": [
            {"space_group": "spaced", "element_dict": "floats", "composition_string": "reordered", "mp_id": "upper"},
        ],
        "echo": [{"layer_id": "text", "sample_id": "+5"}],
        "listing": [
            {"layer_id": "null", "layers": [1]},
            {"layer_id": "top", "layers": [2]},
            {"layer_id": "half", "layers": [3], "mp_id": "number"},
            {"layer_id": "float", "layers": [4], "samples": ["sample 7"]},
            {"hidden": True, "layers": [5]},
        ],
    }
    with serve(behaviour=behaviour) as client:
        answers = [client.post(layer_id=number) for number in range(1, 6)]
        first = answers[0]
        assert (first["layer_id"], first["sample_id"], first["space_group"]) == ("1", 12, "P 4 m m")
        assert (first["composition_string"], first["mp_id"]) == ("O3TiBa", "MP-5020")
        assert json.dumps(first["element_dict"]) == '{"Ba": 1.0, "Ti": 1.0, "O": 3.0}'
        shown = client.read()
        assert [json.dumps(record["layer_id"]) for record in shown] == ["null", '"top"', "3.5", "4.0"]
        assert client.truth() == [(7, number) for number in range(1, 6)]


def test_patch_can_work_like_put(serve: Callable[..., Any]) -> None:
    """With ``patch: put`` the fields that aren't sent are empty afterwards."""
    with serve(behaviour={"patch": "put"}) as client:
        client.post()
        changed = client.call("PATCH", LAYERS, {"sample_id": 7, "layer_id": 1, "orientation": "111"})[2]
        assert (changed["orientation"], changed["composition_string"], changed["mp_id"]) == ("111", None, None)


def test_a_late_list(serve: Callable[..., Any]) -> None:
    """New records are missing for so many reads; ``lag_of: targets`` spares those of a known target material."""
    with serve(behaviour={"delivery": {"lag_reads": 2}}) as client:
        client.post()
        assert [len(client.read()) for _ in range(3)] == [0, 0, 1]
    with serve(behaviour={"delivery": {"lag_seconds": 600, "lag_of": "targets"}}) as client:
        client.post()
        client.call("POST", LIST, NAMED)
        assert [record["sample_id"] for record in client.read()] == [7]
        assert len(client.truth()) == 3


def test_a_cached_list(serve: Callable[..., Any]) -> None:
    """The list is answered again as it was, with the headers that the plan asks for; some caches heed no-cache."""
    delivery = {"cache_seconds": 600, "cache_tells": ["age", "date"], "cache_heeds": True}
    with serve(behaviour={"delivery": delivery}) as client:
        fresh = client.call("GET", LIST)
        assert "age" not in fresh[1]
        client.post()
        time.sleep(1.1)  # a Date has whole seconds
        _, told, shown = client.call("GET", LIST)
        assert (shown, told["age"], told["date"]) == ([], "1", fresh[1]["date"])
        assert len(client.read(Cache_Control="no-cache")) == 1
    with serve(behaviour={"delivery": {"cache_seconds": 600}}) as client:
        client.read()
        client.post()
        assert client.call("GET", LIST, Cache_Control="no-cache")[2] == []


@pytest.mark.parametrize("paging", ["cut", "count", "link", "link-elsewhere", "link-loop", "items"])
def test_a_paged_list(serve: Callable[..., Any], paging: str) -> None:
    """A page ends silently, or says in one of several ways that there is more, or where."""
    with serve(behaviour={"delivery": {"page": 2, "paging": paging}}) as client:
        for number in (1, 2, 3):
            client.post(layer_id=number)
        _, told, first = client.call("GET", LIST)
        link = told.get("link", "")
        if paging == "items":
            assert (len(first["items"]), first["total"], first["next"]) == (2, 3, "/target-materials/?page=2")
            assert client.read(first["next"])["next"] is None
            return
        assert (len(first), told.get("x-total-count")) == (2, "3" if paging == "count" else None)
        assert link.startswith("<http://localhost:9/") == (paging == "link-elsewhere")
        assert ("?page=2>" in link) == (paging in {"link", "link-elsewhere"})
        assert link.endswith('/target-materials/>; rel="next"') == (paging == "link-loop")
        _, told, second = client.call("GET", f"{LIST}?page=2")
        assert (len(second), "link" in told) == (1, False)


def test_a_slow_and_a_huge_list(serve: Callable[..., Any]) -> None:
    """A list drips or stalls for as long as the plan says, or is as large, and is whole JSON in the end."""
    for extra in ({}, {"stalls_after": 10}):
        with serve(behaviour={"delivery": {"takes": 0.5, **extra}}) as client:
            client.post()
            begun = time.monotonic()
            assert len(client.read()) == 1
            assert time.monotonic() - begun >= 0.5
    with serve(behaviour={"delivery": {"size_mb": 2}}) as client:
        assert len({record["id"] for record in client.read()}) > 4_000
        client.post()
        _, told, shown = client.call("GET", LIST)
        assert (told["transfer-encoding"], shown[-1]["sample_id"]) == ("chunked", 7)
        assert 2**21 <= len(json.dumps(shown)) < 2**21 + 10_000


def test_foreign_entries(serve: Callable[..., Any]) -> None:
    """Entries that are hard to read come before ours, on the wire just so."""
    kinds = ["nan", "surrogate", "null", "text", "big-id", "no-sample", "bom"]
    with serve(behaviour={"delivery": {"foreign": kinds}}) as client:
        client.post()
        connection = http.client.HTTPConnection("127.0.0.1", client._port, timeout=20)  # its port
        connection.request("GET", LIST, headers={"X-API-KEY": KEY})
        body = connection.getresponse().read()
        connection.close()
        assert body.startswith(b"\xef\xbb\xbf[")
        for piece in (b"NaN", rb"\ud800", b"null, ".strip(b", "), b'"a text"', b"9" * 30, b'"sample_id": null'):
            assert piece in body
        assert json.loads(body.decode("utf-8-sig"))[-1]["sample_id"] == 7
    with serve(behaviour={"delivery": {"foreign": ["deep", "bad-utf8"]}}) as client:
        connection = http.client.HTTPConnection("127.0.0.1", client._port, timeout=20)  # its port
        connection.request("GET", LIST, headers={"X-API-KEY": KEY})
        body = connection.getresponse().read()
        connection.close()
        assert b"[" * 5_000 in body
        assert b"bad \xff byte" in body


def test_replays_and_lies(serve: Callable[..., Any]) -> None:
    """One POST is stored twice, one is answered and not kept, and its id is spent; the log tells each."""
    faults = [
        {"kind": "replay", "on": [1], "method": "POST"},
        {"kind": "not-kept", "on": [2], "method": "POST"},
        {"kind": "replay-late", "on": [3], "method": "POST", "seconds": 0.2},
    ]
    with serve(faults=faults) as client:
        assert client.post()["id"] == 1
        assert client.post(layer_id=2)["id"] == 3
        assert client.post(layer_id=3)["id"] == 4
        deadline = time.monotonic() + 10
        while len(client.truth()) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert client.truth() == [(7, 1), (7, 1), (7, 3), (7, 3)]
        log = [(entry["fault"], entry["status"], entry["stored"]) for entry in client.read("/_sandbox/log")]
        assert log == [
            ("replay-before", 200, 1), ("replay-before", 200, 1), ("not-kept-before", 200, 0),
            ("replay-late-before", 200, 1),
        ]  # fmt: skip
        assert [rule["used"] for rule in client.read("/_sandbox/faults")] == [1, 1, 1]


def test_other_answers_to_what_was_stored(serve: Callable[..., Any]) -> None:
    """202 with the record, 204 without anything, an id alone, an answer before the answer, the key in a message."""
    faults = [
        {"kind": "accepted", "status": 202, "on": [1], "method": "POST"},
        {"kind": "accepted", "status": 204, "on": [2], "method": "POST"},
        {"kind": "id-only", "on": [3], "method": "POST"},
        {"kind": "early-hints", "on": [4], "method": "POST"},
        {"kind": "tell-key", "status": 422, "on": [5], "method": "POST"},
    ]
    with serve(faults=faults) as client:
        answers = [client.call("POST", LAYERS, {**LAYER, "layer_id": number}) for number in range(1, 6)]
        # The standard library takes the answer before the answer for the answer.
        assert [status for status, _, _ in answers] == [202, 204, 200, 103, 422]
        assert answers[0][2]["layer_id"] == 1
        assert answers[1][2] == b""
        assert answers[2][2] == {"id": 3}
        assert all(key in answers[4][2]["detail"] for key in (KEY, KEY.upper(), "ZTJlLWtleS0"))
        assert client.truth() == [(7, 1), (7, 2), (7, 3), (7, 4)]


def test_faults_of_some_samples_and_of_a_time(serve: Callable[..., Any]) -> None:
    """A fault can be about some samples or positions only; an outage lasts, for all requests, and ends."""
    faults = [
        {"kind": "status", "status": 403, "probability": 1, "samples": ["8", "B2"]},
        {"kind": "status", "status": 409, "probability": 1, "samples": ["7"], "layers": [3]},
        {"kind": "status", "status": 503, "on": [4], "lasts": 1.0},
    ]
    with serve(faults=faults) as client:
        named = {"sample": {"sample_name": "B2", "substrate": "Si"}}
        statuses = [
            client.call("POST", LAYERS, {**LAYER, "sample_id": 8})[0],
            client.call("POST", LIST, named)[0],
            client.call("POST", LAYERS, {**LAYER, "layer_id": 3})[0],
            client.call("POST", LAYERS, LAYER)[0],
            client.call("GET", LIST)[0],
        ]
        assert statuses == [403, 403, 409, 503, 503]
        time.sleep(1.1)  # the end of the outage
        assert client.call("GET", LIST)[0] == 200
        assert client.truth() == []


def test_colleagues_write(serve: Callable[..., Any]) -> None:
    """Somebody adds, changes, fills in and removes at the requests that the plan numbers, once each."""
    colleagues: list[dict[str, object]] = [
        {"at": 0, "do": "add", "name": "A17", "layer": 1, "fields": {"composition_string": "MgO", "substrate": "Si"}},
        {"at": 0, "do": "add", "sample": 9, "layer": 1},
        {
            "at": 1,
            "when": "after",
            "method": "POST",
            "do": "change",
            "sample": 7,
            "layer": 1,
            "fields": {"mp_id": "mp-1"},
        },
        {"at": 2, "method": "POST", "do": "add", "sample": 7, "layer": 9, "fields": {"element_dict": {"O": 0.5}}},
        {"at": 1, "method": "GET", "when": "after", "do": "remove", "name": "A17"},
        {"at": 1, "method": "GET", "when": "after", "do": "change", "sample": 9, "fields": {"sample_name": "renamed"}},
    ]
    with serve(colleagues=colleagues) as client:
        assert client.post()["mp_id"] == "mp-5020"
        client.post(layer_id=2)
        records = {(r["sample_name"], r["layer_id"]): r for r in client.read()}
        assert set(records) == {("A17", 1), ("sample 9", 1), ("sample 7", 1), ("sample 7", 2), ("sample 7", 9)}
        assert (records["A17", 1]["substrate"], records["sample 7", 1]["mp_id"]) == ("Si", "mp-1")
        assert records["sample 7", 9]["element_dict"] == {"O": 0.5}
        names = {(record["sample_name"], record["layer_id"]) for record in client.read()}
        assert names == {("renamed", 1), ("sample 7", 1), ("sample 7", 2), ("sample 7", 9)}
        assert [rule["used"] for rule in client.read("/_sandbox/faults")] == [1] * 6


def test_another_key_is_another_organisation(serve: Callable[..., Any]) -> None:
    """Each key of the plan sees its own organisation alone; an unknown key sees nothing."""
    with serve(keys={"k-b": "b"}) as client:
        client.post()
        assert client.read(X_API_KEY="k-b") == []
        client.call("POST", LAYERS, {**LAYER, "sample_id": 8}, X_API_KEY="k-b")
        assert [record["sample_id"] for record in client.read(X_API_KEY="k-b")] == [8]
        assert client.truth() == [(7, 1)]
        assert [client.call("GET", LIST, X_API_KEY=key)[0] for key in ("k-c", "refused", "")] == [401, 403, 401]


def test_the_door(serve: Callable[..., Any]) -> None:
    """Only loopback names with the right port get in, whatever the path; the page of endpoints loads nothing."""
    with serve() as client:
        for host in ("evil.example", "127.0.0.1:1", "127.0.0.1", "localhost.evil.example", "[::1]"):
            for path in (LIST, "/docs", "/openapi.json", "/_sandbox/records"):
                assert client.call("GET", path, Host=host)[0] == 421
        port = client._port  # its port
        assert client.call("GET", LIST, Host=f"LOCALHOST:{port}")[0] == 200
        assert client.call("GET", LIST, Host=f"[::1]:{port}")[0] == 200
        status, told, page = client.call("GET", "/docs", X_API_KEY="")
        assert (status, told["content-security-policy"]) == (200, "default-src 'none'")
        assert b"PATCH /target-materials/layers/" in page
        assert not any(word in page.lower() for word in (b"<script", b"<link", b"src=", b"http:", b"https:"))
        assert client.call("GET", "/redoc")[0] == 404


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("behaviour: {colour: red}", "behaviour.colour: Extra inputs"),
        ("behaviour: {listing: [{layer_id: third}]}", "behaviour.listing.1.layer_id: String should match"),
        ("behaviour: {delivery: {paging: maybe}}", "behaviour.delivery.paging: Input should be 'cut'"),
        ("behaviour: {delivery: {size_mb: 9999}}", "less than or equal to 2048"),
        ("colleagues:\n  - {at: 1, do: add, sample: 7}", "colleague 1: Value error, needs 'layer'"),
        ("colleagues:\n  - {at: 1, do: add, layer: 7}", "colleague 1: Value error, needs 'sample' (an id) or 'name'"),
        ("faults:\n  - {kind: accepted, on: [1], status: 404}", "'accepted' needs a 'status' from 201 to 299"),
        ("keys: {k: 'A b'}", "keys.k: String should match"),
        ("faults: &a [*a]", "line 1: aliases"),
        ("a: " + "[" * 9 + "]" * 9, "more than 8 levels"),
        ("# " + "x" * 2**20, "is larger than 1 MB"),
    ],
)
def test_a_wrong_plan_is_told(tmp_path: Path, text: str, words: str) -> None:
    """Unknown keys and values, and what is too deep or too large, are refused with the place and the reason."""
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"plan\.yaml") as caught:
        load_plan(path)
    assert words in str(caught.value)
