"""The sandbox as a process: the six endpoints, the key, and every fault as a bare client sees it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox.plan.file import load_plan
from tests.helpers.faults import write_plan
from tests.helpers.processes import read_line, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYER = {"layer_id": 1, "sample_id": 42, "composition_string": "BaTiO3", "orientation": "001"}
KEY = {"X-API-KEY": "anything", "Content-Type": "application/json"}


@contextmanager
def serve(*options: str) -> Iterator[int]:
    """Run a sandbox and give its port."""
    with run_sandbox(*options, keys=[KEY["X-API-KEY"]]) as sandbox:
        yield sandbox.port


def call(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Make one request with the standard library's client; return status and JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            method, path, None if body is None else json.dumps(body), KEY if headers is None else headers
        )
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A sandbox without faults, for the tests of this module."""
    with serve() as found:
        yield found


def test_a_layer_is_stored_with_an_id_and_elements(port: int) -> None:
    """POST stores a layer, answers all eight fields, and the listing shows it with its sample."""
    status, record = call(port, "POST", "/target-materials/layers/", LAYER)
    assert status == 200
    assert set(record) == {
        "layer_id", "sample_id", "composition_string", "element_dict", "orientation", "space_group", "mp_id", "id",
    }  # fmt: skip
    assert record["element_dict"] == {"Ba": 1, "Ti": 1, "O": 3}
    _, listing = call(port, "GET", "/target-materials/")
    assert next(entry for entry in listing if entry["id"] == record["id"])["sample_id"] == 42


def test_a_target_is_made_with_its_layers_changed_and_replaced(port: int) -> None:
    """The other four endpoints do what the API page says."""
    sample = {"sample_name": "BaTiO3 on Si", "substrate": "Si", "sample_metadata": {"run": "x"}}
    status, target = call(port, "POST", "/target-materials/", {"sample": sample, "layers": [{"layer_id": 1}]})
    assert (status, target["sample_name"], target["version"]) == (200, "BaTiO3 on Si", 1)
    made = target["sample_id"]
    change = {"sample_id": made, "layer_id": 1, "space_group": "P4mm"}
    assert call(port, "PATCH", "/target-materials/layers/", change)[1]["space_group"] == "P4mm"
    assert call(port, "PATCH", f"/target-materials/{made}", {"substrate": "SrTiO3"})[1]["version"] == 2
    assert call(port, "POST", f"/target-materials/{made}/layers", [{"layer_id": 1}, {"layer_id": 2}]) == (200, {})
    _, listing = call(port, "GET", "/target-materials/")
    mine = [entry for entry in listing if entry["sample_id"] == made]
    assert [entry["layer_id"] for entry in mine] == [1, 2]
    assert {entry["substrate"] for entry in mine} == {"SrTiO3"}
    assert {json.dumps(entry["sample_metadata"]) for entry in mine} == {'{"run": "x"}'}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, LAYER, 401),
        ({"X-API-KEY": "refused"}, LAYER, 403),
        (KEY, {"layer_id": "one"}, 422),
        (KEY, {**LAYER, "colour": "red"}, 422),
        (KEY, {"sample_id": 42}, 422),
    ],
)
def test_what_is_not_right_is_refused(port: int, headers: dict[str, str], body: object, status: int) -> None:
    """A missing key gets 401, a refused one 403, a body that is no layer 422 with a list of faults."""
    found, answer = call(port, "POST", "/target-materials/layers/", body, headers)
    assert found == status
    assert isinstance(answer["detail"], list) == (status == 422)


def test_a_second_post_makes_a_duplicate_unless_told_otherwise() -> None:
    """By default a position can be stored twice, as the API promises nothing else."""
    with serve() as port:
        for _ in range(2):
            call(port, "POST", "/target-materials/layers/", LAYER)
        assert len(call(port, "GET", "/target-materials/")[1]) == 2
    with serve("--same-position", "refuse") as port:
        assert [call(port, "POST", "/target-materials/layers/", LAYER)[0] for _ in range(2)] == [200, 409]


def write_fault(folder: Path, **fault: object) -> str:
    """Write a plan of one fault that hits the first write."""
    return write_plan(folder, {"on": [1], "method": "POST", **fault})


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"kind": "status", "status": 503, "retry_after": 3}, 503),
        ({"kind": "redirect", "status": 307}, 307),
        ({"kind": "reset"}, ConnectionResetError),
        ({"kind": "close"}, http.client.RemoteDisconnected),
        ({"kind": "garbage"}, ValueError),
        ({"kind": "truncated"}, http.client.IncompleteRead),
    ],
)
def test_each_fault_is_seen_and_counted(
    tmp_path: Path, fault: dict[str, object], seen: int | type[Exception], when: str
) -> None:
    """A fault shows itself on the wire as it should, before or after storing, and the plan counts it as used."""
    with serve("--faults", write_fault(tmp_path, when=when, **fault)) as port:
        if isinstance(seen, int):
            assert call(port, "POST", "/target-materials/layers/", LAYER)[0] == seen
        else:
            with pytest.raises(seen):
                call(port, "POST", "/target-materials/layers/", LAYER)
        assert len(call(port, "GET", "/target-materials/")[1]) == (when == "after")
        assert call(port, "GET", "/_sandbox/faults")[1][0]["used"] == 1
        assert call(port, "GET", "/_sandbox/log")[1][0]["stored"] == (when == "after")


def test_a_plan_written_by_hand_is_read_as_text(tmp_path: Path) -> None:
    """The key ``on``, which YAML 1.1 takes for a truth value, is the key ``on``."""
    plan = tmp_path / "plan.yaml"
    plan.write_text("faults:\n  - {kind: status, status: 500, method: POST, on: [1], seconds: 0.5}\n")
    with serve("--faults", str(plan)) as port:
        assert call(port, "POST", "/target-materials/layers/", LAYER)[0] == 500


def test_a_wrong_echo_and_a_cut_head(tmp_path: Path) -> None:
    """An answer about another layer, and a head that is cut short, come as planned."""
    with serve("--faults", write_fault(tmp_path, kind="wrong-echo")) as port:
        assert call(port, "POST", "/target-materials/layers/", LAYER)[1]["layer_id"] == 1001
    with serve("--faults", write_fault(tmp_path, kind="cut-head", when="after")) as port:
        assert call(port, "POST", "/target-materials/layers/", LAYER) == (200, None)


def test_a_file_store_outlives_its_process(tmp_path: Path) -> None:
    """What was stored in a file is there after a restart."""
    store = str(tmp_path / "store.sqlite")
    with serve("--store", store) as port:
        call(port, "POST", "/target-materials/layers/", LAYER)
    with serve("--store", store) as port:
        assert len(call(port, "GET", "/target-materials/")[1]) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "192.0.2.1"], "this machine only"),
        (["--faults", "PLAN"], "needs 'on'"),
    ],
)
def test_a_bad_start_is_told(tmp_path: Path, options: list[str], words: str) -> None:
    """Another host than loopback, or a plan that hits nothing, ends with a message and exit code 2."""
    plan = tmp_path / "bad.yaml"
    plan.write_text("faults:\n  - {kind: reset}\n")
    command = [
        sys.executable,
        "-m",
        "importer.sandbox",
        "--port",
        "0",
        *(str(plan) if o == "PLAN" else o for o in options),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_late_commit_is_stored_once_after_its_answer(tmp_path: Path, when: str) -> None:
    """``late`` answers 504 and stores later, once, whatever ``when`` says, and the log tells it then."""
    with serve("--faults", write_fault(tmp_path, kind="late", when=when, seconds=0.5)) as port:
        assert call(port, "POST", "/target-materials/layers/", LAYER)[0] == 504
        assert call(port, "GET", "/target-materials/")[1] == []
        assert call(port, "GET", "/_sandbox/log")[1][0]["stored"] == 0
        deadline = time.monotonic() + 10
        while not call(port, "GET", "/target-materials/")[1] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(call(port, "GET", "/target-materials/")[1]) == 1
        assert call(port, "GET", "/_sandbox/log")[1][0]["stored"] == 1


def test_a_delay_and_a_drip_take_their_time_and_answer_whole(tmp_path: Path) -> None:
    """A delayed answer and one that comes byte by byte are whole in the end."""
    for kind in ("delay", "drip"):
        with serve("--faults", write_fault(tmp_path, kind=kind, when="after", seconds=0.002)) as port:
            assert call(port, "POST", "/target-materials/layers/", LAYER)[1]["layer_id"] == 1


def test_a_date_in_retry_after_can_be_asked_for(tmp_path: Path) -> None:
    """``retry_after: date`` answers an HTTP date instead of seconds."""
    with serve("--faults", write_fault(tmp_path, kind="status", status=429, retry_after="date")) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/target-materials/layers/", json.dumps(LAYER), KEY)
        response = connection.getresponse()
        assert (response.status, response.headers["Retry-After"][-3:]) == (429, "GMT")
        connection.close()


def test_the_sandbox_ends_with_its_parent(tmp_path: Path) -> None:
    """Started with ``--end-with-input``, it leaves no orphan when the parent is killed."""
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'importer.sandbox', '--port', '0', "
        "'--end-with-input', '--keys', sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline().strip().rsplit(':', 1)[1], flush=True)\n"
        "time.sleep(60)\n"
    )
    keys = tmp_path / "keys.txt"
    keys.write_text(KEY["X-API-KEY"])
    with subprocess.Popen([sys.executable, "-c", code, str(keys)], stdout=subprocess.PIPE, text=True) as parent:
        port = int(read_line(parent, parent.stdout))
        assert call(port, "GET", "/target-materials/") == (200, [])
        parent.kill()
        parent.wait(10)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            call(port, "GET", "/target-materials/")
        except OSError:
            return
        time.sleep(0.05)
    pytest.fail("the sandbox outlived its parent")


def test_a_stack_with_a_layer_that_is_no_layer_is_left_as_it_was(port: int) -> None:
    """Replacing a stack is all or nothing, and an unknown target material is 404."""
    sample = {"sample_name": "kept", "substrate": "Si"}
    made = call(port, "POST", "/target-materials/", {"sample": sample, "layers": [{"layer_id": 1}]})[1]["sample_id"]
    assert call(port, "POST", f"/target-materials/{made}/layers", [{"layer_id": 1}, {"layer_id": -1}])[0] == 422
    assert call(port, "POST", "/target-materials/987654/layers", [{"layer_id": 1}])[0] == 404
    held = [entry for entry in call(port, "GET", "/target-materials/")[1] if entry["sample_id"] == made]
    assert [entry["layer_id"] for entry in held] == [1]


def test_a_made_target_does_not_take_an_id_that_a_layer_names_later() -> None:
    """Ids given to new target materials stay clear of those that layers bring along."""
    with serve() as port:
        sample = {"sample_name": "by name", "substrate": "Si"}
        made = call(port, "POST", "/target-materials/", {"sample": sample})[1]["sample_id"]
        assert made > 1_000_000
        call(port, "POST", "/target-materials/layers/", {**LAYER, "sample_id": 1})
        assert call(port, "POST", "/target-materials/", {"sample": sample})[1]["sample_id"] == made + 1


def test_a_taken_record_id_changes_nothing(port: int) -> None:
    """A layer that brings another record's id is 409, also within a stack, whose old layers then stay."""
    sample = {"sample_name": "taken", "substrate": "Si"}
    made = call(port, "POST", "/target-materials/", {"sample": sample, "layers": [{"layer_id": 1}]})[1]["sample_id"]
    other = call(port, "POST", "/target-materials/layers/", LAYER)[1]["id"]
    body = [{"layer_id": 1}, {"layer_id": 2, "id": other}]
    assert call(port, "POST", f"/target-materials/{made}/layers", body)[0] == 409
    assert (
        call(port, "POST", "/target-materials/", {"sample": sample, "layers": [{"layer_id": 1, "id": other}]})[0] == 409
    )
    assert call(port, "POST", "/target-materials/layers/", {**LAYER, "id": other})[0] == 409
    held = [entry for entry in call(port, "GET", "/target-materials/")[1] if entry["sample_name"] == "taken"]
    assert [(entry["sample_id"], entry["layer_id"]) for entry in held] == [(made, 1)]


def test_ids_from_zero_are_ids(port: int) -> None:
    """A target material may have the id 0, and its id may be changed, taking its layers along."""
    assert call(port, "POST", "/target-materials/layers/", {**LAYER, "sample_id": 0})[1]["sample_id"] == 0
    assert call(port, "PATCH", "/target-materials/0", {"sample_id": 77})[1]["sample_id"] == 77
    assert call(port, "PATCH", "/target-materials/77", {"sample_id": 42})[0] == 409
    listed = {entry["sample_id"] for entry in call(port, "GET", "/target-materials/")[1]}
    assert 77 in listed
    assert 0 not in listed


@pytest.mark.parametrize("amount", [True, "1", -1])
def test_amounts_are_numbers_from_zero_up(port: int, amount: object) -> None:
    """Truth values and texts are no amounts."""
    assert call(port, "POST", "/target-materials/layers/", {**LAYER, "element_dict": {"Ba": amount}})[0] == 422


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "faults:\n  - {kind: reset, on: [1]}\n  - {kind: explode, on: [1]}\n",
            "fault 2, kind: Input should be 'status'",
        ),
        ("faults:\n  - {kind: reset, on: [1], colour: red}\n", "fault 1, colour: Extra inputs"),
        ("faults: [\n", "isn't valid YAML"),
        ("- a\n", "the plan: Input should be"),
        (None, "No such file"),
    ],
)
def test_a_plan_that_cant_be_used_is_told_in_words(tmp_path: Path, text: str | None, words: str) -> None:
    """The message names the file, the rule and what is wrong with it."""
    path = tmp_path / "plan.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=r"plan\.yaml") as caught:
        load_plan(path)
    assert words in str(caught.value)
    assert "pydantic" not in str(caught.value)
