"""Every sample file does what it is there to show."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from importer.context import Context
from importer.errors import InputError
from importer.issues import load_codes
from importer.settings import CheckSettings, ReadSettings
from importer.tasks.import_layers import validate
from tests.helpers.reports import read_answers

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[2] / "sample_data"
INVALID = sorted(
    path for path in (SAMPLES / "invalid").iterdir() if path.is_file() and not path.name.endswith(".expected.yaml")
)


def test_the_valid_samples_are_all_stored_and_nothing_else(
    tmp_path: Path, run_cli: Callable[..., subprocess.CompletedProcess[str]], sandbox: object
) -> None:
    """Importing the folder ends with exit 0, and the server holds exactly the layers that the report tells of."""
    report = tmp_path / "answers.jsonl"
    run = tmp_path / "samples.run.sqlite"
    ended = run_cli(
        "import", str(SAMPLES / "valid"), "--run", str(run), "--report", str(report), url=sandbox.url  # type: ignore[attr-defined]
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    answers = read_answers(report)
    assert {answer["status"] for answer in answers} == {"created"}
    listing = sandbox.list_layers()  # type: ignore[attr-defined]
    assert sorted(record["id"] for record in listing) == sorted(answer["record_id"] for answer in answers)
    stored = {record["id"]: record for record in listing}
    for answer in answers:
        payload = answer["payload"] if isinstance(answer["payload"], dict) else json.loads(answer["payload"])
        assert {name: stored[answer["record_id"]][name] for name in payload} == payload


def test_the_migration_has_its_two_thousand_layers() -> None:
    """The migration sample is what the README says, and every cell of it arrives."""
    path = SAMPLES / "valid" / "migration_2000_layers.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file, delimiter="\t"))
    checked = validate(path)
    assert (checked.rows, checked.valid) == (2000, 2000)
    assert checked.frame is not None
    for name in ("composition_string", "orientation", "space_group"):
        assert checked.frame[name].tolist() == [row[name] for row in written]


def test_a_mapping_for_a_misspelt_sheet_is_told_with_the_table(tmp_path: Path) -> None:
    """Rules for a sheet that isn't there are a warning, and with --strict stop the last table."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,BaTiO3\n")
    (tmp_path / "m.yaml").write_text("sheets: {Run: {constants: {substrate: Si}}}\n")
    read = ReadSettings(mapping=tmp_path / "m.yaml")
    checked = validate(tmp_path / "a.csv", read=read)
    assert ([issue.code for issue in checked.issues], checked.valid) == (["mapping-unmatched"], 1)
    strict = CheckSettings(strict=True)
    assert validate(tmp_path / "a.csv", read=read, check=strict).valid == 0


def test_a_file_that_changes_while_it_is_checked_is_told(tmp_path: Path) -> None:
    """A check of a file that is still being written, or goes away, ends in a message, not in half a result."""
    path = tmp_path / "a.csv"
    for change in (lambda: path.write_text("sample_id,layer_id\n1,2\n1,3\n"), path.unlink):
        path.write_text("sample_id,layer_id,formula\n1,1,BaTiO3\n")

        def disturb(_: object, change: Callable[[], object] = change) -> None:
            change()

        with pytest.raises(InputError, match=r"changed while it was being read|can't be read"):
            validate(path, context=Context(watch=disturb))


def test_a_file_of_which_no_row_names_a_sample_is_checked(tmp_path: Path) -> None:
    """Where no row can be placed in a stack, each gets its issue and nothing breaks."""
    (tmp_path / "a.csv").write_text("layer_id,formula\n1,BaTiO3\n")
    told = [issue.code for issue in validate(tmp_path / "a.csv").issues]
    assert told == ["sample-outside-table", "missing-sample"]


def test_there_are_at_least_twenty_invalid_samples() -> None:
    """The folder of faults hasn't been emptied by accident."""
    assert len(INVALID) >= 20


@pytest.mark.parametrize("path", INVALID, ids=[path.name for path in INVALID])
def test_an_invalid_sample_gets_exactly_its_issues(path: Path) -> None:
    """Each file's errors and warnings, with their places, are those that stand beside it; notes may come on top.

    What stands beside it is a list of issues, or a mapping with the options that it is read with: ``mapping`` names a
    mapping file, ``repair`` the codes to repair, and ``issues`` is the list.
    """
    beside = yaml.safe_load(path.with_name(f"{path.name}.expected.yaml").read_text(encoding="utf-8"))
    options = {} if isinstance(beside, list) else beside
    expected = beside if isinstance(beside, list) else beside["issues"]
    mapping = path.parent / options["mapping"] if "mapping" in options else None
    read = ReadSettings(mapping=mapping, repair=tuple(options.get("repair", ())))
    checked = validate(path, read=read, keep_frame=False)
    found = [
        {"code": issue.code, "row": issue.where.row, "column": issue.where.column, "cell": issue.where.cell}
        for issue in checked.issues
    ]
    told = {entry["code"] for entry in expected}
    serious = [entry for entry in found if entry["code"] in told or load_codes()[str(entry["code"])].severity != "note"]
    assert sorted(serious, key=str) == sorted(expected, key=str)
