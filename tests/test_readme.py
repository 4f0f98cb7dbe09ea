"""README and guide against the program: statuses, exit codes, fields, dependencies, the fault plan, what CI runs.

Run as a program it renews what README, guide, catalogue and schemas hold of the code: ``python tests/test_readme.py``.
With names, ``... README mapping``, it runs the commands of these pages only, and with ``... tables`` of none. What the
commands of README and guide print is held by ``tests/guide``.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import requires
from typing import TYPE_CHECKING

import pytest

from importer import errors
from importer.cli.app import app
from importer.contract import ALL_FIELDS
from importer.formats.registry import list_own_formats
from importer.model import Status
from importer.report.files import list_own_reports
from importer.sandbox.plan.behaviour import Delivery, Foreign, Paging
from importer.sandbox.plan.faults import Kind
from importer.sandbox.plan.file import load_plan
from importer.settings import ApiSettings
from importer.settings.environment import KEY_VARIABLES
from importer.settings.option import iter_options
from importer.tasks.validate import validate
from tests.guide.blocks import RUN_BY_CI, iter_blocks
from tests.guide.documents import README, ROOT, find_page, read_first_cells, read_section
from tests.guide.files import FILES
from tests.guide.renew import renew_all

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = sorted(command.name for command in app.registered_commands if command.name is not None)


def read_page(name: str) -> str:
    """Return the text of a page of the guide."""
    return find_page(name).read_text(encoding="utf-8")


def read_command(name: str) -> str:
    """Return the commands that stand in the README under a marker."""
    (block,) = (block for block in iter_blocks(README) if block.comment == name)
    return block.body.strip()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_made_file_is_what_the_code_declares(path: Path) -> None:
    """Codes, settings and formats are told as they are declared; ``python tests/test_readme.py`` renews the files."""
    assert path.read_text(encoding="utf-8") == FILES[path]()


def test_every_status_is_explained() -> None:
    """The statuses in the guide are those of the program, in its order."""
    table = read_page("statuses").split("Finer cases")[0]
    assert read_first_cells(table) == [status.value for status in Status]


def test_every_exit_code_is_explained() -> None:
    """The exit codes in the guide are those that errors and results carry."""
    carried = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.ImporterError)
    }
    told = {int(cell) for cell in read_first_cells(read_page("exit-codes").split("What stops a run")[0])}
    assert told == {0, 1, 4, 130} | carried


def test_every_field_is_explained() -> None:
    """All fields stand in the table of fields, and what each is read as in the one below it."""
    page = read_page("fields")
    read_as = read_section(find_page("fields"), "How each is read")
    assert [name for name in ALL_FIELDS if f"| `{name}` |" not in page] == []
    assert [name for name in ALL_FIELDS if f"`{name}`" not in read_as] == []


def test_every_command_is_named() -> None:
    """The page of commands has a heading for each command that there is, and no other."""
    assert sorted(re.findall(r"^### (\w+)$", read_page("commands"), re.MULTILINE)) == COMMANDS


def test_every_format_and_report_is_named() -> None:
    """Each suffix that is read or written is on its page, and the name of what is only printed."""
    formats, reports = read_page("formats"), read_page("report-columns")
    suffixes = {suffix for each in list_own_formats() for suffix in each.suffixes}
    assert {suffix for suffix in suffixes if f"`{suffix}`" not in formats} == set()
    named = {name for each in list_own_reports() for name in (each.suffix, each.name) if name}
    assert {name for name in named if f"`{name}`" not in reports} == set()


def test_every_dependency_is_accounted_for() -> None:
    """Each runtime dependency has a row that says what for, why this one, and its weight."""
    declared = {
        re.split(r"[ ;<>=!\[~]", requirement)[0].lower()
        for requirement in requires("layer-importer") or []
        if "extra == 'dev'" not in requirement and 'extra == "dev"' not in requirement
    }
    told = {re.split(r"[`\[]", cell)[0].lower() for cell in read_first_cells(read_page("dependencies"))}
    assert declared == told


def test_every_environment_variable_is_explained() -> None:
    """Each variable that an option or the key is taken from has a row in the guide's page of settings."""
    page = read_page("settings")
    named = {declared.environment for _, declared in iter_options(ApiSettings)} | {*KEY_VARIABLES}
    assert {name for name in named if name is not None and f"`{name}`" not in page} == set()


def test_ci_runs_the_commands_of_the_readme() -> None:
    """CI takes its commands from the README instead of repeating them."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [name for name in RUN_BY_CI if f'readme_command "{name}"' not in script] == []
    assert read_command("test command").endswith(".venv/bin/python -m pytest")
    assert "layer-importer import sample_data/valid --sandbox" in read_command("first command")


def test_the_first_command_imports_as_many_rows_as_it_says() -> None:
    """The count that the README tells of its first command is that of the sample data, all of it valid."""
    checked = validate(ROOT / "sample_data" / "valid", keep_frame=False)
    assert checked.valid == checked.rows
    assert f"each of the {checked.rows:,} rows" in README.read_text(encoding="utf-8")


def test_the_fault_plan_is_one(tmp_path: Path) -> None:
    """The plan that the guide shows loads, and the kinds that it names are all there are."""
    page = read_page("sandbox")
    (tmp_path / "plan.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    plan = load_plan(tmp_path / "plan.yaml")
    assert (len(plan.faults), len(plan.colleagues), len(plan.keys)) == (3, 1, 2)
    named = set(re.findall("`([a-z0-9_-]+)`", page))
    assert {member.value for choice in (Paging, Foreign) for member in choice} <= named
    assert Delivery.model_fields.keys() <= set(re.findall("[a-z_]+", page))
    told = page.split("Kinds are ")[1].split(";")[0]
    assert re.findall("`([a-z-]+)`", told) == [kind.value for kind in Kind]


if __name__ == "__main__":
    renew_all(sys.argv[1:])
