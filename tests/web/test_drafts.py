"""The sheet over the page's routes: windows, marks, edits, versions, copies, columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import importer
from importer.draft import tables
from importer.web import session
from tests.web.conftest import SHEET

if TYPE_CHECKING:
    import pytest

    from tests.web.conftest import Client

VIEW = {"table": 0, "first": 0, "last": 100}


def test_an_opened_file_has_counts_columns_and_issues(opened: dict[str, Any]) -> None:
    """What is shown beside the sheet is what the check says."""
    assert (opened["rows"], opened["valid"], opened["version"]) == (3, 1, 0)
    assert [column["header"] for column in opened["tables"][0]["columns"]] == SHEET.splitlines()[0].split(",")
    group = opened["groups"][0]
    assert (group["code"], group["severity"], group["count"], group["takeable"]) == ("formula-case", "e", 2, 2)


def test_marks_travel_with_the_rows_of_a_window(client: Client, opened: dict[str, Any]) -> None:
    """A window has its rows, the marks of these and no others, texts numbered once."""
    found = client.ask("GET", f"/api/drafts/{opened['id']}/rows?table=0&first=0&last=1").json
    assert [row[:3] for row in found["rows"]] == [[0, 2, ["A", "1", "batio3", "001"]]]
    assert found["total"] == 4
    (mark,) = found["marks"]
    assert mark[:3] == [0, 2, "e"]
    assert found["texts"][mark[3]] == "formula-case"
    assert found["texts"][mark[5]] == "BaTiO3"


def test_an_edit_is_answered_with_counts_and_the_window_in_sight(client: Client, opened: dict[str, Any]) -> None:
    """No second request is needed after an edit, and the file stays as it is."""
    path = f"/api/drafts/{opened['id']}"
    body = {"version": 0, "cells": [[0, 2, 2, "BaTiO3"]], "view": VIEW}
    answer = client.ask("POST", f"{path}/edits", body).json
    assert (answer["version"], answer["valid"], answer["can_undo"]) == (1, 2, True)
    assert answer["window"]["rows"][0][2][2] == "BaTiO3"
    assert answer["window"]["rows"][0][3] == [2]
    assert Path("a.csv").read_text() == SHEET


def test_of_two_tabs_the_one_behind_is_told(client: Client, opened: dict[str, Any]) -> None:
    """An edit of an old version changes nothing, and answers 409."""
    path = f"/api/drafts/{opened['id']}"
    client.ask("POST", f"{path}/edits", {"version": 0, "cells": [[0, 2, 2, "BaTiO3"]]})
    for what, body in (("edits", {"cells": [[0, 2, 2, "x"]]}), ("take", {"code": "formula-case"}), ("undo", {})):
        answer = client.ask("POST", f"{path}/{what}", {"version": 0, **body})
        assert answer.status == 409
        assert answer.json["kind"] == "StaleDraftError"
    assert client.ask("GET", path).json["version"] == 1


def test_take_undo_and_redo(client: Client, opened: dict[str, Any]) -> None:
    """All suggestions of a code are one step."""
    path = f"/api/drafts/{opened['id']}"
    taken = client.ask("POST", f"{path}/take", {"version": 0, "code": "formula-case", "view": VIEW}).json
    assert taken["taken"] == 2
    undone = client.ask("POST", f"{path}/undo", {"version": 1, "view": VIEW}).json
    assert undone["valid"] == opened["valid"]
    redone = client.ask("POST", f"{path}/redo", {"version": 2, "view": VIEW}).json
    assert redone["valid"] == taken["valid"]
    assert client.ask("POST", f"{path}/redo", {"version": 3}).json["error"] == "There is nothing to redo."


def test_edits_survive_a_restart(client: Client, opened: dict[str, Any]) -> None:
    """Another process that opens the same file has the edits."""
    client.ask("POST", f"/api/drafts/{opened['id']}/edits", {"version": 0, "delete": [[0, 4]], "why": "deleted"})
    client.session._drafts.clear()
    assert client.ask("GET", f"/api/drafts/{opened['id']}").status == 422
    (file,) = client.ask("GET", "/api/files").json["files"]
    assert file["edited"]
    again = client.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    assert (again["id"], again["version"], again["rows"]) == (opened["id"], 1, 2)


def test_the_corrected_copy_can_be_downloaded_once(client: Client, opened: dict[str, Any]) -> None:
    """The copy is in the folder, and its ticket is good for one download, without the token."""
    path = f"/api/drafts/{opened['id']}"
    client.ask("POST", f"{path}/take", {"version": 0, "code": "formula-case"})
    (copy,) = client.ask("POST", f"{path}/copy", {}).json["copies"]
    assert copy["name"] == "a.corrected.csv"
    bare: dict[str, str | None] = {"authorization": None, "origin": None}
    first = client.ask("GET", f"/dl/{copy['ticket']}", headers=bare)
    assert first.body == Path("a.corrected.csv").read_bytes()
    assert "attachment" in first.headers["content-disposition"]
    assert client.ask("GET", f"/dl/{copy['ticket']}", headers=bare).status == 404


def test_a_late_ticket_is_void(client: Client, opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket that isn't used soon is good for nothing."""
    assert opened["id"]
    monkeypatch.setattr(session, "TICKET_SECONDS", -1.0)
    ticket = client.session.give_ticket(Path("a.csv"), "a.csv", is_temporary=False)
    assert client.ask("GET", f"/dl/{ticket}").status == 404
    assert Path("a.csv").exists()


def test_columns_that_were_chosen_are_the_mapping_file(client: Client, opened: dict[str, Any]) -> None:
    """A choice is written beside the sheet, holds at once, and holds for the command line."""
    path = f"/api/drafts/{opened['id']}/mapping"
    before = client.ask("GET", path).json
    assert [column["use"] for column in before["tables"][0]["columns"]][2] == "composition_string"
    choices = [
        {"header": "orientation", "use": "ignore"},
        {
            "header": "composition_string",
            "use": "composition_string",
            "values": {"batio3": "BaTiO3"},
            "fill_down": False,
        },
    ]
    after = client.ask("PUT", path, {"columns": choices}).json
    assert after["mapping"] == "a.mapping.yaml"
    assert "batio3: BaTiO3" in Path("a.mapping.yaml").read_text()
    codes = {group["code"]: group["count"] for group in after["draft"]["groups"]}
    assert codes["formula-case"] == 1
    assert "zeros-lost" not in codes
    auto = [{"header": header, "use": "auto"} for header in ("orientation", "composition_string")]
    assert client.ask("PUT", path, {"columns": auto}).json["draft"]["valid"] == opened["valid"]


def test_choices_that_contradict_each_other_change_nothing(client: Client, opened: dict[str, Any]) -> None:
    """Two columns for one field are refused in words, and no mapping file is left."""
    choices = [{"header": header, "use": "substrate"} for header in ("orientation", "composition_string")]
    answer = client.ask("PUT", f"/api/drafts/{opened['id']}/mapping", {"columns": choices})
    assert answer.status == 422
    assert "substrate" in answer.json["error"]
    assert not Path("a.mapping.yaml").exists()


def test_next_and_the_stack(client: Client, opened: dict[str, Any]) -> None:
    """From issue to issue, and the stack of a row drawn and told."""
    path = f"/api/drafts/{opened['id']}"
    assert client.ask("GET", f"{path}/next?table=0&row=-1&col=-1").json == {"at": [0, 0, 2]}
    stack = client.ask("GET", f"{path}/stack?table=0&row=1").json
    assert stack["label"] == "A"
    assert stack["svg"].startswith("<svg ")
    assert "layer 2" in stack["words"]
    assert client.ask("GET", f"{path}/stack?table=0&row=3").json == {}
    for row in (-1, 4, 10**30):
        assert client.ask("GET", f"{path}/stack?table=0&row={row}").json == {}


def test_nonsense_is_refused_in_words(client: Client, opened: dict[str, Any]) -> None:
    """Wrong tables, rows, texts and forms are answers, never a defect."""
    path = f"/api/drafts/{opened['id']}"
    for what, body in (
        ("edits", {"version": 0, "cells": [[9, 2, 2, "x"]]}),
        ("edits", {"version": 0, "cells": [[0, 99, 2, "x"]]}),
        ("edits", {"version": 0, "cells": [[0, 2, 2, "a\nb"]]}),
        ("edits", {"version": 0, "cells": [[0, 2, 2]]}),
        ("edits", {"version": 0, "cells": [[0, 2, 2, 5]]}),
        ("edits", {"version": "x"}),
        ("edits", {"version": 0, "more": 1}),
        ("take", {"version": 0, "code": "none"}),
        ("undo", {"version": 0}),
    ):
        assert client.ask("POST", f"{path}/{what}", body).status == 422, body
    assert client.ask("GET", f"{path}/rows?table=7&first=0&last=5").status == 422
    assert client.ask("POST", f"{path}/edits", b"{no json").status == 422


def test_a_stack_file_is_corrected_as_fix_does(client: Client, opened: dict[str, Any], tmp_path: Path) -> None:
    """The copy of a YAML file is the same, byte for byte, that `fix` writes, and can be opened."""
    path = Path("s.yaml")
    path.write_text("# growth\nsample_name: A\nlayers:\n- formula: batio3  # bottom\n- formula: 'GaAs'\n")
    (file,) = [each for each in client.ask("GET", "/api/files").json["files"] if each["name"] == "s.yaml"]
    draft = client.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    assert [(each["code"], each["takeable"], each["fixable"]) for each in draft["groups"]] == [("formula-case", 0, 1)]
    answer = client.ask("POST", f"/api/drafts/{draft['id']}/fix", {"take": ["formula-case"]}).json
    (copy,) = answer["copies"]
    assert (copy["name"], copy["changed"], copy["rows"], copy["valid"]) == ("s.corrected.yaml", 1, 2, 2)
    importer.fix(path, tmp_path / "own.yaml", what=importer.FixSettings(take=["formula-case"]))
    assert Path("s.corrected.yaml").read_bytes() == (tmp_path / "own.yaml").read_bytes()
    assert client.ask("GET", f"/dl/{copy['ticket']}").body == Path("s.corrected.yaml").read_bytes()
    again = client.ask("POST", "/api/drafts", {"files": [copy["file"]]}).json
    assert again["valid"] == 2
    assert client.ask("POST", f"/api/drafts/{again['id']}/fix", {}).json["error"].startswith("There is nothing to")
    assert client.ask("POST", f"/api/drafts/{draft['id']}/fix", {"take": ["no-such"]}).status == 422
    assert client.ask("POST", f"/api/drafts/{opened['id']}/fix", {}).status == 422


def test_a_file_too_large_to_edit_is_looked_at(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its issues are told by code with their first places, rows are shown at a typed place, edits are refused."""
    monkeypatch.setattr(tables, "MAX_DRAFT_ROWS", 100)
    rows = [f"A{number // 5},{number % 5 + 1},{'batio3' if number % 3 == 0 else 'GaAs'},001" for number in range(400)]
    Path("l.csv").write_text("\n".join([SHEET.splitlines()[0], *rows]))
    (file,) = [each for each in client.ask("GET", "/api/files").json["files"] if each["name"] == "l.csv"]
    large = client.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    assert (large["large"], large["rows"], large["valid"]) == (True, 400, 266)
    (group,) = [each for each in large["groups"] if each["code"] == "formula-case"]
    assert (group["count"], len(group["places"])) == (134, 20)
    assert (group["places"][1]["file"], group["places"][1]["sheet"], group["places"][1]["row"]) == ("l.csv", None, 5)
    path = f"/api/drafts/{large['id']}"
    assert client.ask("GET", path).json == large
    window = client.ask("GET", f"{path}/around?file=l.csv&row=23").json
    assert [row[1] for row in window["rows"]][:7] == [18, 19, 20, 21, 22, 23, 24]
    assert [mark[:3] for mark in window["marks"]][:2] == [[2, 2, "e"], [5, 2, "e"]]
    assert client.ask("GET", f"{path}/around?file=l.csv&row=9999").json["rows"][-1][1] == 401
    assert client.ask("GET", f"{path}/around?file=l.csv&row=2&sheet=x").status == 422
    assert client.ask("GET", f"{path}/around?file=a.csv&row=2").status == 422
    for what, body in (("edits", {"version": 0}), ("undo", {"version": 0}), ("copy", {}), ("fix", {})):
        assert "not edited here" in client.ask("POST", f"{path}/{what}", body).json["error"]
