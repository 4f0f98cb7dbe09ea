"""One mapping file for many files: rules by patterns of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.columns import load_mapping
from importer.errors import MappingError, UsageError
from importer.settings import ReadSettings
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """
columns: {Nr: layer_id}
files:
  mbe/*.csv:
    columns: {Stoff: composition_string, Probe: sample_id}
  "*.csv":
    columns: {Film: composition_string, Chip: sample_id}
    encoding: cp1252
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Give two labs' files, each with headers of its own, and a mapping file for both."""
    (tmp_path / "mbe").mkdir()
    (tmp_path / "mbe" / "a.csv").write_text("Probe;Nr;Stoff\n1;1;SrTiO3\n".replace(";", ","))
    (tmp_path / "b.csv").write_bytes("Chip,Nr,Film,Gr\u00f6\u00dfe\n2,1,BaTiO3,x\n".encode("cp1252"))
    (tmp_path / "lab.mapping.yaml").write_text(MAPPING)
    return tmp_path


def test_the_first_pattern_that_fits_a_file_counts(archive: Path) -> None:
    """Each file's headers are read by its own rules, on top of those of all, and by its own encoding."""
    checked = validate(archive, read=ReadSettings(mapping=archive / "lab.mapping.yaml"))
    assert checked.frame is not None
    assert checked.frame[["sample_id", "layer_id", "composition_string", "valid"]].values.tolist() == [
        [2, 1, "BaTiO3", True], [1, 1, "SrTiO3", True],
    ]  # fmt: skip
    assert [issue.code for issue in checked.issues if issue.severity != "note"] == []


def test_a_pattern_that_fits_no_file_is_told(archive: Path) -> None:
    """It may be misspelt: then its rules hold for nothing."""
    (archive / "m.yaml").write_text(MAPPING + "  'pld/*.csv': {order: top-down}\n")
    checked = validate(archive / "mbe" / "a.csv", read=ReadSettings(mapping=archive / "m.yaml"))
    told = [issue for issue in checked.issues if issue.code == "mapping-unmatched"]
    assert [issue.value for issue in told] == ["pld/*.csv"]


def test_a_pattern_without_quotes_is_told(tmp_path: Path) -> None:
    """YAML takes a star for a reference, and says so in its own words only."""
    (tmp_path / "m.yaml").write_text("files:\n  *.csv: {order: top-down}\n")
    with pytest.raises(MappingError, match=r"line 2.*begins with \* or & needs quotation marks"):
        load_mapping(tmp_path / "m.yaml")


def test_rules_of_files_are_checked_as_all_are(tmp_path: Path) -> None:
    """An unknown rule, names of materials, and an encoding that there isn't are refused."""
    faults: list[dict[str, object]] = [{"colums": {}}, {"names": ["HTM"]}, {"files": {}}]
    for fault in faults:
        with pytest.raises(MappingError):
            load_mapping({"files": {"*.csv": fault}})
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    with pytest.raises(UsageError, match="klingon"):
        validate(tmp_path / "a.csv", read=ReadSettings(mapping={"files": {"*.csv": {"encoding": "klingon"}}}))


def test_rules_of_a_sheet_are_merged_file_by_file() -> None:
    """A sheet has the rules of all, of its name, of its file, and of its name in its file."""
    mapping = load_mapping(
        {
            "ignore": ["a"],
            "sheets": {"S": {"ignore": ["b"]}},
            "files": {"x.xlsx": {"ignore": ["c"], "sheets": {"S": {"ignore": ["d"]}}}},
        }
    )
    assert mapping.choose("lab/x.xlsx").find_rules("S").ignore == ("a", "c", "b", "d")
    assert mapping.choose("lab/x.xlsx").find_rules("T").ignore == ("a", "c")
    assert mapping.choose("lab/y.xlsx").find_rules("S").ignore == ("a", "b")


def test_header_rows_of_a_transposed_table_are_refused(tmp_path: Path) -> None:
    """Its headers are a column: rows that are named beside that would be passed over without a word."""
    (tmp_path / "m.yaml").write_text("transposed: true\nheader_rows: [1]\n")
    with pytest.raises(MappingError, match="leave header_rows out"):
        load_mapping(tmp_path / "m.yaml")
