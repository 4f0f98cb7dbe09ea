"""A lab's own weights: strict, ignore, only, derived element tables, and the file that sets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from importer.errors import InputLimitError, SettingsError
from importer.formats import limits
from importer.model import Severity
from importer.rules import issue_store as kept
from importer.settings import CheckSettings, InDoubt, PlanSettings, ReadSettings, SendSettings
from importer.settings.file import load_settings
from importer.tasks.import_layers import import_layers, validate

if TYPE_CHECKING:
    from pathlib import Path

DRY = SendSettings(dry_run=True)
TABLE = "sample_id,layer_id,composition_string\n1,2,In0.53Ga0.48As\n1,3,D2O\n1,4,Xx\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table with a warning on the stack and on a cell, a note, and an error."""
    path = tmp_path / "grown.csv"
    path.write_text(TABLE)
    return path


def list_codes(path: Path, check: CheckSettings) -> list[tuple[str, str]]:
    """Return severity and code of all issues."""
    return sorted((str(issue.severity), issue.code) for issue in validate(path, check=check).issues)


def test_without_a_policy_all_is_told(table: Path) -> None:
    """Error, warnings and note, as the catalogue weighs them."""
    assert list_codes(table, CheckSettings()) == [
        ("error", "unknown-element"),
        ("note", "formula-isotope"),
        ("warning", "formula-site-sum"),
        ("warning", "stack-start"),
    ]


def test_strict_makes_warnings_errors_and_stops_their_rows(table: Path) -> None:
    """Warnings of a cell and of a stack stop the row; notes stay notes."""
    assert validate(table).valid == 2
    checked = validate(table, check=CheckSettings(strict=True))
    assert checked.valid == 1
    assert {issue.severity for issue in checked.issues} == {Severity.ERROR, Severity.NOTE}


def test_strict_holds_for_an_import_too(table: Path, tmp_path: Path) -> None:
    """The row with a warning is not among those that would be sent."""
    report = import_layers(
        table, check=CheckSettings(strict=True), plan=PlanSettings(run=tmp_path / "run.sqlite"), send=DRY
    )
    assert report.frame["status"].tolist() == ["invalid", "not_sent", "invalid"]


def test_ignored_codes_are_left_out_even_when_strict(table: Path) -> None:
    """What is ignored neither shows nor stops."""
    ignore = frozenset({"stack-start", "formula-site-sum"})
    found = list_codes(table, CheckSettings(strict=True, ignore=ignore))
    assert found == [("error", "unknown-element"), ("note", "formula-isotope")]


def test_only_leaves_errors_in(table: Path) -> None:
    """Other warnings and notes are left out; errors always stay."""
    found = list_codes(table, CheckSettings(only=frozenset({"stack-start"})))
    assert found == [("error", "unknown-element"), ("warning", "stack-start")]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (CheckSettings(ignore=frozenset({"layer-gap"})), "can't be ignored"),
        (CheckSettings(ignore=frozenset({"layer-gaps"})), "no issue code"),
        (CheckSettings(only=frozenset({"typo"})), "no issue code"),
    ],
)
def test_a_policy_that_would_hide_errors_is_refused(table: Path, check: CheckSettings, words: str) -> None:
    """Errors can't be ignored, and a mistyped code isn't passed over."""
    with pytest.raises(SettingsError, match=words):
        validate(table, check=check)


def test_element_tables_are_derived_only_where_asked_and_only_from_exact_formulas(tmp_path: Path) -> None:
    """A given table stays; open and doped formulas get none; the payload carries what was derived."""
    path = tmp_path / "grown.csv"
    path.write_text(
        "sample_id,layer_id,composition_string,element_dict\n"
        '1,1,Sr2/3Ti,\n1,2,BaTiO3,"Ba:2, Ti:2, O:6"\n1,3,La1-xSrxMnO3,\n1,4,Nb:SrTiO3,\n1,5,SrTiO3,\n'
    )
    plain = validate(path).frame
    derived = validate(path, check=CheckSettings(derive_elements=True)).frame
    assert plain is not None
    assert derived is not None
    assert plain["element_dict"].tolist() == [None, {"Ba": 2, "Ti": 2, "O": 6}, None, None, None]
    assert derived["element_dict"].tolist() == [
        {"Sr": 0.6666666667, "Ti": 1},
        {"Ba": 2, "Ti": 2, "O": 6},
        None,
        None,
        {"Sr": 1, "Ti": 1, "O": 3},
    ]
    check = CheckSettings(derive_elements=True)
    report = import_layers(path, check=check, plan=PlanSettings(run=tmp_path / "run.sqlite"), send=DRY)
    payload = report.frame["payload"].iloc[4]
    payload = payload if isinstance(payload, dict) else json.loads(payload)
    assert payload["element_dict"] == {"Sr": 1, "Ti": 1, "O": 3}


def test_verdicts_come_with_the_validation(table: Path) -> None:
    """The stack's verdict names how much of it can get in and what is missing."""
    [stack] = validate(table).stacks
    assert (stack.label, str(stack.verdict), stack.layers, stack.ready, stack.missing) == ("1", "partial", 3, 2, (4,))


def test_a_labs_file_is_found_above_the_folder(tmp_path: Path) -> None:
    """The nearest file counts, also from a folder below it; without one the usual rules hold."""
    below = tmp_path / "runs" / "november"
    below.mkdir(parents=True)
    assert load_settings(below).check == CheckSettings()
    (tmp_path / "pyproject.toml").write_text('[tool.layer-importer]\nstrict = true\nignore = ["stack-start"]\n')
    assert load_settings(below).check == CheckSettings(strict=True, ignore=frozenset({"stack-start"}))
    (tmp_path / "runs" / ".layer-importer.yaml").write_text("derive_elements: true\nmax_layers: 50\n")
    assert load_settings(below).check == CheckSettings(derive_elements=True, max_layers=50)


def test_a_labs_file_sets_how_inputs_are_read_and_sent(tmp_path: Path) -> None:
    """Sections fill the other settings; a mapping is found beside the file, wherever the command runs."""
    (tmp_path / ".layer-importer.yaml").write_text(
        "strict: true\nread: {mapping: lab.yaml}\nsend: {workers: 2, rate: 5, in_doubt: hold, max_failed: 5%}\n"
    )
    (tmp_path / "below").mkdir()
    found = load_settings(tmp_path / "below")
    assert found.check == CheckSettings(strict=True)
    assert found.read == ReadSettings(mapping=tmp_path / "lab.yaml")
    assert found.send == SendSettings(workers=2, rate=5.0, in_doubt=InDoubt.HOLD, max_failed="5%")


def test_a_pyproject_of_something_else_is_passed_by(tmp_path: Path) -> None:
    """Only a table of this tool's own counts."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    assert load_settings(tmp_path).check == CheckSettings()


@pytest.mark.parametrize(
    "text",
    [
        "strict: yes please",
        "ignore: stack-start",
        "max_layers: 0",
        "max_layers: true",
        "typo: 1",
        "send: 4",
        "send: {workers: many}",
        "send: {workers: 0}",
        "send: {dry_run: true}",
        "send: {rate: 1" + "0" * 400 + "}",
        "send: {max_failed: 5}",
        "send: {in_doubt: maybe}",
        "read: {sheet: 1}",
        "read: {repair: [zeros-lost]}",
        "plan: {on_existing: update}",
        "api: {url: https://example.org}",
        "- 1",
        "{",
        "a: &a [*a]",
    ],
)
def test_a_labs_file_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    """A slip in the file stops the command, and the file is named."""
    (tmp_path / ".layer-importer.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"\.layer-importer\.yaml"):
        load_settings(tmp_path)


def test_a_flood_of_issues_ends_with_the_most_frequent_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More issues than memory should hold end in a message that names the most frequent and its first place."""
    (tmp_path / "a.csv").write_text("layer_id,formula\n" + "1,Xx\n1,BaTiO3\n" * 60)
    monkeypatch.setattr(kept, "MAX_ISSUES", 100)
    with pytest.raises(InputLimitError, match=r"More than 100 issues, 120 of them missing-sample\. .*a\.csv, row 2: "):
        validate(tmp_path / "a.csv")


def test_more_rows_than_a_run_may_have_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small packed file can hold half a thousand million rows; what is kept of each of them has a bound."""
    path = tmp_path / "a.csv"
    path.write_text("sample_id,layer_id,composition_string\n" + "".join(f"{n},1,BaTiO3\n" for n in range(200)))
    monkeypatch.setattr(limits, "MAX_ROWS", 100)
    with pytest.raises(InputLimitError, match=r"a\.csv: the inputs hold more than 100 rows"):
        validate(path)
