"""Comparing, sending and what comes after, over the page's routes against a real sandbox; and where the key is."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.draft import tables
from importer.settings import ApiSettings
from importer.tasks.set_up.embedded_sandbox import start_sandbox
from importer.web.app import guard_app
from importer.web.session import Session
from importer.web.workplace import Workplace
from tests.web.conftest import PORT, TOKEN, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

SHEET = """sample_name,layer_id,composition_string,orientation,substrate
A,1,BaTiO3,001,SrTiO3
A,2,batio3,001,SrTiO3
B,1,GaAs,110,GaAs
"""
KEY = "secret-key-of-a-lab-4711"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Give the page's server over a sandbox of its own."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(SHEET)
    with start_sandbox() as api:
        session = Session(Workplace(Path()), sandbox=api)
        yield Client(session, guard_app(session, port=PORT, token=TOKEN))
        session.close()


def wait(client: Client) -> dict[str, Any]:
    """Wait for the job's end, and return how it stands; the wait is bounded by the stream's own end."""
    lines = client.ask("GET", "/api/job/events").body.splitlines()
    found: dict[str, Any] = json.loads(lines[-1])
    assert found["done"]
    return found


def compare(client: Client, **choice: str) -> dict[str, Any]:
    """Open the sheet, compare it, and return the plan."""
    (file,) = [each for each in client.ask("GET", "/api/files").json["files"] if each["name"] == "a.csv"]
    draft = client.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    begun = client.ask("POST", "/api/runs", {"draft": draft["id"], "version": draft["version"], **choice})
    assert begun.status == 200, begun.body
    ended = wait(client)
    assert ended["fault"] == ""
    run: dict[str, Any] = client.ask("GET", f"/api/runs/{ended['result']['run']}").json
    return run


def send(client: Client, run: dict[str, Any], **changed: object) -> dict[str, Any]:
    """Agree to what a plan shows, and return how the send ended."""
    agreed = {"rows": run["send"]["rows"], "stacks": run["send"]["stacks"], "address": run["address"], **changed}
    answer = client.ask("POST", f"/api/runs/{run['id']}/apply", agreed)
    assert answer.status == 200, answer.body
    return wait(client)


def test_a_target_material_of_which_no_row_can_be_sent_is_no_new_one(demo: Client) -> None:
    """What is held back by its lowest layer isn't announced; what would be made is just what is sent."""
    Path("a.csv").write_text(SHEET.replace("batio3", "SrRuO3").replace("BaTiO3", "batio3"))
    run = compare(demo)
    assert (run["steps"], run["send"]) == ({"create": 1, "invalid": 1, "blocked": 1}, {"rows": 1, "stacks": 1})
    assert run["new_targets"] == {"count": 1, "names": ["B"]}


def test_from_plan_to_undone(demo: Client) -> None:
    """Each step says what it came to, and the run file is what is shown."""
    run = compare(demo)
    assert sum(run["steps"].values()) == sum(run["counts"].values()) == 3
    assert (run["steps"], run["send"]) == ({"create": 2, "invalid": 1}, {"rows": 2, "stacks": 2})
    assert run["new_targets"] == {"count": 2, "names": ["A", "B"]}
    assert send(demo, run)["counts"] == {"created": 2}
    after = demo.ask("GET", f"/api/runs/{run['id']}").json
    assert list(after["counts"]) == ["invalid", "created"]
    rows = demo.ask("GET", f"/api/runs/{run['id']}/rows?status=invalid").json
    (row,) = rows["rows"]
    assert (row["row"], row["cell"], row["layer"]) == (3, "C3", 2)
    demo.ask("POST", f"/api/runs/{run['id']}/verify", {})
    assert wait(demo)["result"]["counts"]["verified"] == 2
    demo.ask("POST", f"/api/runs/{run['id']}/undo", {"stacks": 5})
    assert "changed 2 stacks, not 5" in wait(demo)["fault"]
    demo.ask("POST", f"/api/runs/{run['id']}/undo", {"stacks": 2})
    assert sorted(wait(demo)["result"]["undone"]) == ["A", "B"]
    (view,) = demo.ask("GET", "/api/runs").json["runs"]
    assert (view["id"], view["undone"]) == (run["id"], 2)


@pytest.mark.parametrize("changed", [{"rows": 3}, {"stacks": 1}])
def test_nothing_else_is_sent_than_what_was_agreed_to(demo: Client, changed: dict[str, object]) -> None:
    """Where the counts aren't those that the page showed, nothing is written and the plan stays one."""
    run = compare(demo)
    assert "isn't what the page showed" in send(demo, run, **changed)["fault"]
    after = demo.ask("GET", f"/api/runs/{run['id']}").json
    assert (after["begun"], after["send"]) == (False, run["send"])


def test_a_plan_of_another_sheet_than_the_one_in_sight_is_not_sent(demo: Client) -> None:
    """Once the sheet is edited or read differently, what was compared is old: the page is told, and nothing is sent."""
    run = compare(demo)
    assert demo.ask("GET", f"/api/runs/{run['id']}").json["stale"] is False
    (file,) = [each for each in demo.ask("GET", "/api/files").json["files"] if each["name"] == "a.csv"]
    draft = demo.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    path = f"/api/drafts/{draft['id']}"
    for method, where, change in (
        ("POST", "edits", {"version": draft["version"], "cells": [[0, 2, 3, "110"]]}),
        ("PUT", "mapping", {"add": [{"ignore": ["orientation"]}]}),
    ):
        assert demo.ask(method, f"{path}/{where}", change).status == 200
        assert demo.ask("GET", f"/api/runs/{run['id']}").json["stale"] is True
        body = {"rows": run["send"]["rows"], "stacks": run["send"]["stacks"], "address": run["address"]}
        answer = demo.ask("POST", f"/api/runs/{run['id']}/apply", body)
        assert (answer.status, "compare again" in answer.json["error"]) == (409, True)
        run = compare(demo)
        assert demo.ask("GET", f"/api/runs/{run['id']}").json["stale"] is False


def test_another_address_than_the_shown_one_is_refused(demo: Client) -> None:
    """What goes to a server was agreed to for that server."""
    run = compare(demo)
    body = {"rows": 2, "stacks": 2, "address": "http://127.0.0.1:1"}
    answer = demo.ask("POST", f"/api/runs/{run['id']}/apply", body)
    assert answer.status == 422
    assert "Load the page again" in answer.json["error"]


def test_a_job_tells_how_far_its_phase_is(demo: Client) -> None:
    """Planning and verifying count their stacks to the end."""
    run = compare(demo)
    assert demo.session.jobs.current is not None
    assert demo.session.jobs.current.view()["progress"] == [2, 2]
    send(demo, run)
    demo.ask("POST", f"/api/runs/{run['id']}/verify", {})
    assert wait(demo)["progress"] == [2, 2]
    demo.ask("POST", f"/api/runs/{run['id']}/undo", {"stacks": 2})
    assert wait(demo)["progress"] == [2, 2]


def test_differences_are_told_field_by_field(demo: Client) -> None:
    """What the server has and what the file says stand beside each other; the choice is part of the plan."""
    send(demo, compare(demo))
    Path("a.csv").write_text(SHEET.replace("GaAs,110,GaAs", "GaAs,111,GaAs"))
    run = compare(demo)
    assert run["steps"]["conflict"] == 1
    (row,) = demo.ask("GET", f"/api/runs/{run['id']}/differences").json["rows"]
    assert (row["row"], row["sample"], row["fields"]) == (4, "B", [["orientation", "110", "111"]])
    chosen = compare(demo, on_existing="update")
    assert (chosen["on_existing"], chosen["steps"]["update"], chosen["send"]["rows"]) == ("update", 1, 1)


def test_edits_go_into_a_copy_that_is_what_is_sent(demo: Client) -> None:
    """The input of the run is the corrected copy; compared again without a new edit, the same copy."""
    (file,) = demo.ask("GET", "/api/files").json["files"]
    draft = demo.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    demo.ask("POST", f"/api/drafts/{draft['id']}/take", {"version": 0, "code": "formula-case"})
    for _ in range(2):
        run = compare(demo)
        assert run["inputs"] == ["a.corrected.csv"]
        assert run["steps"] == {"create": 3}
    assert not Path("a.corrected-2.csv").exists()
    assert Path("a.csv").read_text() == SHEET


def test_only_one_thing_runs_at_a_time(demo: Client) -> None:
    """A second job is refused with 409 as long as one runs."""
    run = compare(demo)
    demo.session.jobs.begin("wait", lambda job, _: {"ended": job.stop.wait(30)})
    answer = demo.ask("POST", f"/api/runs/{run['id']}/verify", {})
    assert answer.status == 409
    assert demo.ask("POST", "/api/job/stop", {}).status == 200
    assert wait(demo)["result"] == {"ended": True}


def test_a_report_is_downloaded_once(demo: Client) -> None:
    """Each kind of report can be had; an unknown kind is refused."""
    run = compare(demo)
    for suffix, beginning in ((".csv", b"source,"), (".xlsx", b"PK"), (".html", b"<!doctype html>")):
        ticket = demo.ask("POST", f"/api/runs/{run['id']}/report", {"suffix": suffix}).json["ticket"]
        answer = demo.ask("GET", f"/dl/{ticket}")
        assert answer.body.lower().startswith(beginning.lower())
        assert demo.ask("GET", f"/dl/{ticket}").status == 404
    assert demo.ask("POST", f"/api/runs/{run['id']}/report", {"suffix": "/../x"}).status == 422


def test_the_sandbox_keeps_its_own_key(demo: Client) -> None:
    """In a demo no key can be typed: it would be sent nowhere, and the page would look real."""
    assert demo.ask("POST", "/api/key", {"key": KEY}).status == 422
    assert demo.ask("DELETE", "/api/key").status == 422
    assert demo.session.has_key


def test_the_key_is_in_memory_only(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """The key is in no answer, log or file, and is forgotten when it is asked to be."""
    caplog.set_level(logging.DEBUG)
    body = {"key": KEY, "address": "http://127.0.0.1:9"}
    answers = [client.ask("POST", "/api/key", body)]
    assert answers[0].status == 204
    (file,) = client.ask("GET", "/api/files").json["files"]
    draft = client.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    answers += [client.ask("GET", path) for path in ("/api/session", "/api/files", "/api/runs", "/")]
    client.ask("POST", "/api/runs", {"draft": draft["id"], "version": 0})
    client.session.jobs.stop()
    answers.append(client.ask("GET", "/api/job/events"))
    assert client.ask("GET", "/api/session").json["has_key"]
    answers += [client.ask("POST", "/api/key", {"key": KEY + "\n\x00"}), client.ask("POST", "/api/key", {"key": [KEY]})]
    assert {answer.status for answer in answers[-2:]} == {422}
    assert [answer.body for answer in answers if KEY.encode() in answer.body] == []
    assert KEY not in caplog.text
    assert [path for path in Path().rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []
    assert KEY not in repr(vars(client.session))
    assert client.ask("DELETE", "/api/key").status == 204
    assert not client.ask("GET", "/api/session").json["has_key"]
    assert (
        client.ask("POST", "/api/runs", {"draft": draft["id"], "version": 0}).json["error"] == "Type the API key first."
    )


def test_a_key_of_the_environment_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has set the key for the command line needn't type it; it belongs to the address set there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AS_API_KEY", KEY)
    monkeypatch.setenv("AS_API_ENDPOINT", "http://127.0.0.1:9")
    session = Session(Workplace(Path()))
    assert session.require_api() == ApiSettings(url="http://127.0.0.1:9", key=KEY)
    session.close()


def test_a_file_too_large_to_edit_is_compared_as_it_is(demo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be edited can still be sent: the file itself is read."""
    monkeypatch.setattr(tables, "MAX_DRAFT_ROWS", 1)
    run = compare(demo)
    assert (run["inputs"], run["steps"]) == (["a.csv"], {"create": 2, "invalid": 1})
