"""Columns on the page: what is chosen, said and typed there is the mapping file that the command line uses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer import validate
from importer.columns import load_mapping
from importer.model import Issue, Severity, Where
from importer.settings import ReadSettings
from importer.web.columns.offers import list_offers, tell_plainly

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.conftest import Client

SHEET = """Growth,Orient.,Film,Run,Piece,SG/MP,Note
1,001,STO,230415,a,Pm-3m/mp-5229,smooth
2,001,LSMO,,b,Pm-3m/mp-5986,rough
"""


@pytest.fixture
def draft(client: Client) -> Callable[[str], str]:
    """Give a function that opens a sheet, and returns the address of its draft."""

    def open_sheet(sheet: str) -> str:
        Path("log.csv").write_text(sheet)
        files = {file["name"]: file["id"] for file in client.ask("GET", "/api/files").json["files"]}
        return f"/api/drafts/{client.ask('POST', '/api/drafts', {'files': [files['log.csv']]}).json['id']}/mapping"

    return open_sheet


def put(client: Client, path: str, **body: object) -> dict[str, Any]:
    """Put choices that must be taken."""
    answer = client.ask("PUT", path, body)
    assert answer.status == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def columns_of(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the columns of the first table by their keys."""
    return {column["key"]: column for column in view["tables"][0]["columns"]}


def test_all_that_can_be_said_of_columns_holds_for_the_command_line(
    client: Client, draft: Callable[[str], str]
) -> None:
    """Fields, words, splits, elements, fill-down, order, constants, defaults and templates: written, shown, read."""
    path = draft(SHEET)
    after = put(
        client,
        path,
        columns=[
            {"header": "Growth", "use": "layer_id"},
            {"header": "Film", "use": "composition_string", "values": {"STO": "SrTiO3", "LSMO": "La0.7Sr0.3MnO3"}},
            {"header": "Orient.", "use": "orientation"},
            {"header": "SG/MP", "use": "split", "split": {"separator": "/", "fields": ["space_group", "mp_id"]}},
            {"header": "Run", "use": "ignore", "fill_down": True},
            {"header": "Note", "use": "ignore"},
        ],
        order="top-down",
        made=[["templates", "sample_name", "{Run}-x"], ["constants", "substrate", "Si"]],
    )
    assert after["draft"]["valid"] == 2
    assert after["order"] == "top-down"
    assert after["made"] == [["constants", "substrate", "Si"], ["templates", "sample_name", "{Run}-x"]]
    found = columns_of(after)
    assert {key: column["choice"] for key, column in found.items()} == {
        "Growth": "layer_id",
        "Orient.": "orientation",
        "Film": "composition_string",
        "Run": "ignore",
        "Piece": "auto",
        "SG/MP": "split",
        "Note": "ignore",
    }
    assert found["Film"]["values"] == {"STO": "SrTiO3", "LSMO": "La0.7Sr0.3MnO3"}
    assert found["Run"]["fill_down"] is True
    assert found["SG/MP"]["split"] == {"separator": "/", "fields": ["space_group", "mp_id"]}
    rows = validate("log.csv", read=ReadSettings(mapping="log.mapping.yaml"))
    assert (rows.rows, rows.exit_code) == (2, 0)
    again = put(client, path, columns=[{"header": key, "use": "auto", "fill_down": False} for key in found], order="")
    assert again["text"] == "constants:\n  substrate: Si\ntemplates:\n  sample_name: '{Run}-x'\n"
    assert put(client, path, made=[])["text"] == "{}\n"


def test_what_an_issue_says_to_write_is_a_button(client: Client, draft: Callable[[str], str]) -> None:
    """The library's words for a mapping file are offered, and taking an offer writes just them."""
    path = draft("Sample,Layer,Material,Orient.\nP1,1,SrTiO3,001\n,2,BaTiO3,001\n")
    before = columns_of(client.ask("GET", path).json)
    (sample,), (layer,), (orient,) = (before[key]["says"] for key in ("Sample", "Layer", "Orient."))
    assert [offer["label"] for offer in sample["offers"]] == ["Yes, fill blank cells from above"]
    assert sample["message"] == "'Sample' is blank in row 3. Is it 'P1', as in row 2?"
    assert [offer["label"] for offer in layer["offers"]] == ["Yes, it's the position", "Don't send this column"]
    assert [offer["label"] for offer in orient["offers"]] == ["Use as orientation", "Don't send this column"]
    after = put(client, path, add=[each["offers"][0]["add"] for each in (sample, layer, orient)])
    assert after["draft"]["valid"] == 2
    assert all(not column["says"] for key, column in columns_of(after).items() if key != "Material")
    mapping = load_mapping("log.mapping.yaml").rules
    assert (dict(mapping.columns), mapping.fill_down) == (
        {"Layer": "layer_id", "Orient.": "orientation"},
        ("Sample",),
    )
    after = put(client, path, add=[{"ignore": ["Orient."]}])
    assert columns_of(after)["Orient."]["choice"] == "ignore"


def test_issues_of_columns_bring_their_offers_to_the_sheet_too(client: Client, draft: Callable[[str], str]) -> None:
    """Beside the sheet the same offers stand with the issue's group."""
    path = draft("Sample,Layer,Material,Orient.\nP1,1,SrTiO3,001\n,2,BaTiO3,001\n").removesuffix("/mapping")
    groups = {group["code"]: group for group in client.ask("GET", path).json["groups"]}
    (place,) = groups["looks-like-field"]["places"]
    assert place["at"] is None
    added = [each["add"] for each in place["offers"]]
    assert added == [{"columns": {"Orient.": "orientation"}}, {"ignore": ["Orient."]}]


def test_the_order_of_rows_can_be_the_layers(client: Client, draft: Callable[[str], str]) -> None:
    """Where no column numbers the layers one is asked; the answer is a rule, shown and changed among the others."""
    path = draft("Sample,Formula\nP1,SrTiO3\nP1,BaTiO3\nP2,Si\n")
    (asked,) = client.ask("GET", path).json["tables"][0]["says"]
    assert asked["message"] == "No column numbers the layers. Do the rows of each sample list its layers in order?"
    labels = ["Yes, the first row is on the substrate", "Yes, the first row is the top layer"]
    assert [offer["label"] for offer in asked["offers"]] == labels
    after = put(client, path, add=[asked["offers"][1]["add"]])
    assert (after["draft"]["valid"], after["order"], after["tables"][0]["says"]) == (3, "rows-top-down", [])
    assert after["text"] == "number_rows: top-down\n"
    after = put(client, path, order="rows-bottom-up")
    assert (after["order"], after["text"]) == ("rows-bottom-up", "number_rows: bottom-up\n")
    assert put(client, path, order="top-down")["text"] == "order: top-down\n"
    assert put(client, path, add=[{"number_rows": "bottom-up"}])["text"] == "number_rows: bottom-up\n"
    assert put(client, path, order="")["text"] == "{}\n"


def test_words_of_a_column_that_nobody_chose(client: Client, draft: Callable[[str], str]) -> None:
    """Words may be replaced in a column that its header names; the field is then written with them."""
    path = draft("Sample,Layer,Material\nP1,1,STO\n")
    after = put(client, path, columns=[{"header": "Material", "use": "auto", "values": {"STO": "SrTiO3"}}])
    assert after["draft"]["valid"] == 1
    assert columns_of(after)["Material"]["choice"] == "composition_string"
    answer = client.ask("PUT", path, {"columns": [{"header": "Nowhere", "use": "auto", "values": {"a": "b"}}]})
    assert (answer.status, "sent as" in answer.json["error"]) == (422, True)


def test_a_column_without_or_with_another_s_header_is_named_by_its_letter(
    client: Client, draft: Callable[[str], str]
) -> None:
    """A header that isn't there, or is there twice, can't say which column is meant: its letter can."""
    path = draft("Sample,Layer,,Formula,Formula\nP1,1,001,SrTiO3,x\n")
    assert list(columns_of(client.ask("GET", path).json)) == ["Sample", "Layer", "column C", "column D", "column E"]
    chosen = [
        {"header": "column C", "use": "orientation"},
        {"header": "column D", "use": "composition_string"},
        {"header": "column E", "use": "ignore"},
    ]
    after = put(client, path, columns=chosen)
    assert after["draft"]["valid"] == 1
    assert columns_of(after)["column C"]["choice"] == "orientation"


def test_the_mapping_file_as_text(client: Client, draft: Callable[[str], str]) -> None:
    """What is typed is the file, comments and all, and says how files are taken apart; nonsense changes nothing."""
    path = draft("Sample,P1,P1\nLayer,1,2\nMaterial,SrTiO3,BaTiO3\n")
    text = "# turned, as the old logs are\ntransposed: true\n"
    after = client.ask("PUT", f"{path}/text", {"text": text}).json
    assert after["text"] == text == Path("log.mapping.yaml").read_text()
    assert (after["draft"]["rows"], after["draft"]["valid"]) == (2, 2)
    for wrong in ("columns: [", "columns: {Film: nothing}", "nonsense: 1", "a: &a 1"):
        answer = client.ask("PUT", f"{path}/text", {"text": wrong})
        assert answer.status == 422, wrong
        assert Path("log.mapping.yaml").read_text() == text
    assert client.ask("GET", path).json["text"] == text


def test_a_sheet_s_own_rule_isn_t_overridden_in_silence(client: Client, draft: Callable[[str], str]) -> None:
    """Where the mapping file says something else for this file alone, a choice that would do nothing is refused."""
    path = draft("Sample,Layer,Material,Dir\nP1,1,SrTiO3,001\n")
    text = "files: {log.csv: {columns: {Dir: orientation}}}\n"
    assert client.ask("PUT", f"{path}/text", {"text": text}).status == 200
    answer = client.ask("PUT", path, {"columns": [{"header": "Dir", "use": "substrate"}]})
    assert answer.status == 422
    assert "rule of its own for 'Dir' in log.csv" in answer.json["error"]
    assert Path("log.mapping.yaml").read_text() == text


def test_two_texts_for_one_field_are_refused(client: Client, draft: Callable[[str], str]) -> None:
    """A field that is given twice is told, and nothing is written."""
    path = draft("Sample,Layer,Material\nP1,1,SrTiO3\n")
    answer = client.ask("PUT", path, {"made": [["constants", "substrate", "Si"], ["constants", "substrate", "MgO"]]})
    assert answer.status == 422
    assert not Path("log.mapping.yaml").exists()


@pytest.mark.parametrize(
    ("message", "labels"),
    [
        ("Is it? Then write `order: top-down` (or `order: bottom-up` if they aren't) in a mapping file.",
         ["Layer 1 is at the top", "Layer 1 is on the substrate"]),
        ("If they are, write `transposed: true` in a mapping file.", ["Read the columns as layers"]),
        ("Write `constants: {layer_id: 1}` in a mapping file.", ["The position is 1 in all rows"]),
        ('Write `templates: {sample_name: "{sheet}"}` in a mapping file.', ["The sample name is {sheet} in all rows"]),
        ('Write `blanks: ["-"]` in a mapping file.', ["Count these texts as empty"]),
        ("Write `stack_cells: {A: {separator: /, order: bottom-up, lowest: layer}}`, or with `order: top-down`.",
         ["Cut its cells into layers"]),
        ("Write `columns: {B: substrate}` in a mapping file.", []),
        ("The key `formula: [` is odd, and `nonsense: 1` too, and `columns: {A: no_field}`.", []),
    ],
)  # fmt: skip
def test_only_rules_are_offered(message: str, labels: list[str]) -> None:
    """A text in back-quotes is offered where it is a rule that can be used, for the issue's own column."""
    issue = Issue("code", Severity.WARNING, Where("a.csv", column="A"), message)
    assert [offer.label for offer in list_offers(issue)] == labels


def test_an_example_is_no_offer() -> None:
    """What is said of a whole table names a column for an example only: nothing is offered that might be wrong."""
    said = "No column says what the layers are made of. Name one in a mapping file, e.g. `columns: {A: substrate}`."
    assert list_offers(Issue("code", Severity.ERROR, Where("a.csv"), said)) == []
    assert tell_plainly(said) == "No column says what the layers are made of."


def test_the_rest_of_a_message_is_kept() -> None:
    """Without what to write in a file the message still says what is wrong."""
    assert tell_plainly("'A' is odd. It looks wrong. If so, write `ignore: [A]` now.") == "'A' is odd. It looks wrong."
    assert tell_plainly("'A' is odd.") == "'A' is odd."


def test_fields_have_their_names_for_people() -> None:
    """The API's names of fields don't stand in what the page says; a header of the sheet stays as it is."""
    said = "'layer_id' was taken as composition_string, not sample_name-2. If it isn't, write `ignore: [A]` now."
    assert tell_plainly(said) == "'layer_id' was taken as composition, not sample_name-2."


def test_columns_without_headers_say_so_once(client: Client, draft: Callable[[str], str]) -> None:
    """What is said of a column without a header stands once with each of them."""
    columns = client.ask("GET", draft("Sample,Layer,Material,,\nP1,1,SrTiO3,x,y\n")).json["tables"][0]["columns"]
    assert [len(column["says"]) for column in columns if not column["header"]] == [1, 1]


def test_a_doubted_column_can_be_confirmed() -> None:
    """Beside the field that a column looks like stands the one that it is taken for: either can be said."""
    message = "'A' looks like formulas. If it holds them, write `columns: {A: composition_string}` in a mapping file."
    issue = Issue("code", Severity.WARNING, Where("a.csv", column="A"), message)
    offers = list_offers(issue, field="sample_name")
    assert [offer.label for offer in offers] == [
        "Yes, it's the sample name",
        "Use as composition",
        "Don't send this column",
    ]
    assert offers[0].rules == {"columns": {"A": "sample_name"}}
