"""How columns are understood, shown and written as a mapping file."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from importer.cli.app import app
from importer.columns import load_mapping
from importer.formats.read import find_sources
from importer.model import Severity
from importer.settings import ReadSettings
from importer.tasks.preview_columns import draft_mapping, iter_tables
from importer.tasks.validate import validate

TABLE = "Layer no.,Formel (°),Orientaton,Ba,O,Notiz,\n1,SrTiO3,001,20,60,x: y,\n"


def test_every_column_has_a_meaning(tmp_path: Path) -> None:
    """Each column is told with its letter, meaning and first text; an empty one is left out."""
    (tmp_path / "a.csv").write_text(TABLE)
    (table,) = iter_tables(find_sources([tmp_path / "a.csv"]))
    assert [(view.letters, view.meaning, view.sample, view.is_used, view.suggestion) for view in table.columns] == [
        ("A", "layer_id", "1", True, None),
        ("B", "not used", "SrTiO3", False, "composition_string"),
        ("C", "not used", "001", False, "orientation"),
        ("D", "element_dict, the amount of Ba", "20", True, None),
        ("E", "element_dict, the amount of O", "60", True, None),
        ("F", "not used", "x: y", False, None),
    ]


def test_draft_can_be_used_and_changes_nothing(tmp_path: Path) -> None:
    """The mapping file that is written loads, and the table is understood as without it."""
    (tmp_path / "a.csv").write_text(TABLE)
    sources = find_sources([tmp_path / "a.csv"])
    tables = list(iter_tables(sources))
    (tmp_path / "m.yaml").write_text(draft_mapping(tables), encoding="utf-8")
    assert load_mapping(tmp_path / "m.yaml").rules.ignore == ("Notiz",)
    (again,) = iter_tables(sources, read=ReadSettings(mapping=tmp_path / "m.yaml"))
    assert [view.is_used for view in again.columns] == [view.is_used for view in tables[0].columns]
    assert '# "Orientaton": orientation' in (tmp_path / "m.yaml").read_text()


def test_draft_of_a_messy_workbook_needs_two_signs_less(tmp_path: Path) -> None:
    """With the # of the near header and of blank cells removed, only the abbreviations of materials are left to say."""
    book = Path(__file__).parents[2] / "sample_data" / "messy" / "growths.xlsx"
    draft = draft_mapping(list(iter_tables(find_sources([book]))))
    (tmp_path / "m.yaml").write_text(draft.replace('# "Orient."', '"Orient."').replace("# fill_down", "fill_down"))
    checked = validate(book, read=ReadSettings(mapping=tmp_path / "m.yaml"))
    assert {issue.code for issue in checked.issues if issue.severity is not Severity.NOTE} == {"formula-abbreviation"}


def test_draft_of_nothing_known_loads(tmp_path: Path) -> None:
    """A table of which nothing is known gives a mapping file that loads."""
    (tmp_path / "a.csv").write_text("Q1,Q2\n1,2\n")
    (tmp_path / "m.yaml").write_text(draft_mapping(list(iter_tables(find_sources([tmp_path / "a.csv"])))))
    assert load_mapping(tmp_path / "m.yaml").rules.columns == {}


def test_command_shows_and_writes(tmp_path: Path) -> None:
    """The command shows the columns, writes the mapping once, and won't overwrite it."""
    (tmp_path / "a.csv").write_text(TABLE)
    arguments = ["columns", str(tmp_path / "a.csv"), "--write", str(tmp_path / "m.yaml")]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0
    assert "did you mean orientation?" in first.stdout
    assert load_mapping(tmp_path / "m.yaml").rules.columns == {"Layer no.": "layer_id"}
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 2


def test_command_ends_with_one_where_nothing_is_known(tmp_path: Path) -> None:
    """A table of which nothing can be understood is exit code 1."""
    (tmp_path / "a.csv").write_text("Q1,Q2\n1,2\n")
    assert CliRunner().invoke(app, ["columns", str(tmp_path / "a.csv")]).exit_code == 1


def test_two_columns_for_a_field_are_shown_and_kept_as_a_comment(tmp_path: Path) -> None:
    """The command names what stands in the way, and the mapping that it writes drops no column in silence."""
    (tmp_path / "a.csv").write_text("layer_id,Formula,Composition\n1,a,b\n")
    ended = CliRunner().invoke(app, ["columns", str(tmp_path / "a.csv"), "--write", str(tmp_path / "m.yaml")])
    assert ended.exit_code == 1
    assert "error duplicate-column" in ended.stdout
    assert '# "Composition": composition_string   # a second column for this field' in (tmp_path / "m.yaml").read_text()


def test_mapping_for_other_headers_leaves_a_table_alone(tmp_path: Path) -> None:
    """A mapping's header that a table lacks doesn't keep the table's own name for that field from counting."""
    (tmp_path / "a.csv").write_text("Layer #,Formula\n1,a\n")
    (tmp_path / "m.yaml").write_text("columns: {Nr: layer_id}\n")
    (table,) = iter_tables(find_sources([tmp_path / "a.csv"]), read=ReadSettings(mapping=tmp_path / "m.yaml"))
    assert [view.meaning for view in table.columns] == ["layer_id", "composition_string"]
