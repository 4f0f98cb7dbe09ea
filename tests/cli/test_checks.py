"""How rows are weighed from the command line: the options, and the lab's file that they stand on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from importer.cli.app import app

run = CliRunner().invoke
TABLE = "sample_id,layer_id,composition_string\n1,2,In0.53Ga0.48As\n1,3,D2O\n"


@pytest.fixture(autouse=True)
def at_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a table that has two warnings and a note."""
    (tmp_path / "grown.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path)


def check(*options: str) -> tuple[int, set[tuple[str, str]]]:
    """Return the exit code of a check, and severity and code of what it says."""
    ended = run(app, ["validate", "grown.csv", "--format", "json", *options])
    found = json.loads(ended.stdout)
    return ended.exit_code, {(issue["severity"], issue["code"]) for issue in found["issues"]}


START, SITE, ISOTOPE = ("warning", "stack-start"), ("warning", "formula-site-sum"), ("note", "formula-isotope")


@pytest.mark.parametrize(
    ("options", "exit_code", "found"),
    [
        ((), 0, {START, SITE, ISOTOPE}),
        (("--strict",), 1, {("error", "stack-start"), ("error", "formula-site-sum"), ISOTOPE}),
        (("--ignore", "stack-start", "--ignore", "formula-isotope"), 0, {SITE}),
        (("--strict", "--ignore", "stack-start", "--ignore", "formula-site-sum"), 0, {ISOTOPE}),
        (("--only", "stack-start"), 0, {START}),
        (("--strict", "--only", "formula-isotope"), 0, {ISOTOPE}),
    ],
)
def test_options_weigh_what_is_told(options: tuple[str, ...], exit_code: int, found: set[tuple[str, str]]) -> None:
    """Warnings become errors, or are left out, and the exit code follows."""
    assert check(*options) == (exit_code, found)


def test_a_labs_file_holds_until_an_option_says_otherwise() -> None:
    """The file of the working folder counts for every command; ignored codes of both add up."""
    Path(".layer-importer.yaml").write_text("strict: true\nignore: [stack-start]\n")
    assert check() == (1, {("error", "formula-site-sum"), ISOTOPE})
    assert check("--no-strict") == (0, {SITE, ISOTOPE})
    assert check("--ignore", "formula-site-sum") == (0, {ISOTOPE})


def test_a_labs_pyproject_counts_for_an_import_too() -> None:
    """The rehearsed import derives element tables as the lab's table asks, unless told not to."""
    Path("pyproject.toml").write_text("[tool.layer-importer]\nderive_elements = true\n")
    for name, option, derived in (("a", (), {"D": 2, "O": 1}), ("b", ("--no-derive-elements",), None)):
        report = Path(f"{name}.jsonl")
        arguments = ["import", "grown.csv", "--dry-run", "--run", f"{name}.sqlite", "--report", str(report), *option]
        assert run(app, arguments).exit_code == 0
        payload = json.loads(report.read_text().splitlines()[1])["payload"]
        assert payload.get("element_dict") == derived


@pytest.mark.parametrize("options", [("--ignore", "layer-gap"), ("--ignore", "layer-gaps"), ("--only", "typo")])
def test_codes_that_cant_be_left_out_are_wrong_use(options: tuple[str, str]) -> None:
    """An error that is to be ignored, or a mistyped code, stops the command with exit 2 before it reads a row."""
    ended = run(app, ["validate", "grown.csv", *options])
    assert ended.exit_code == 2
    assert options[1] in ended.stderr
