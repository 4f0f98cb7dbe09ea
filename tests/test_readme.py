"""README against the program: commands, options, statuses, exit codes, and the tables that are made from the code.

Run as a program it writes what is made from the code, the catalogue of issue codes and the tables of the README:
``python tests/test_readme.py``.
"""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import requires
from itertools import chain, groupby
from pathlib import Path

import pytest

import importer
from importer import errors
from importer.cli.app import app
from importer.contract import ALL_FIELDS
from importer.formats.registry import list_own_formats
from importer.issues import Code, Fix
from importer.model import Status
from importer.report.files import list_own_reports
from importer.sandbox.plan.behaviour import Delivery, Foreign, Paging
from importer.sandbox.plan.faults import Kind
from importer.sandbox.plan.file import load_plan
from importer.tasks.import_layers import validate

README = Path(__file__).parents[1] / "README.md"
CATALOGUE = README.parent / "importer" / "issues" / "catalogue.json"
COMMANDS = sorted(command.name for command in app.registered_commands if command.name is not None)


def read_section(title: str) -> str:
    """Return the text of a section of the README."""
    text = README.read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def read_first_cells(text: str) -> list[str]:
    """Return the first cell of each row of the tables of a text, without the header rows."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [row.split("|")[1].strip().strip("`") for row in rows][1:]


_USUAL = {"option": "", "fix": Fix.NONE}
"""What the catalogue leaves out of a code."""


def collect_codes() -> list[Code]:
    """Return the codes that the modules declare, by name; none is declared twice."""
    found: dict[str, Code] = {}
    for module in pkgutil.walk_packages(importer.__path__, "importer."):
        if module.name.endswith("__main__") or module.name.startswith("importer.sandbox"):
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Code):
                assert found.setdefault(value.code, value) is value, f"{value.code} is declared twice"
    return [found[name] for name in sorted(found)]


def render_catalogue() -> str:
    """Return the catalogue as its file holds it."""
    entries = [{key: text for key, text in asdict(code).items() if text != _USUAL.get(key)} for code in collect_codes()]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def render_codes() -> str:
    """Return the table of issue codes."""
    lines = ["| code | severity | meaning | what to do | example |", "|---|---|---|---|---|"]
    for code in collect_codes():
        remedy = f"{code.remedy} Or add `{code.option}`." if code.option else code.remedy
        cells = (f"`{code.code}`", code.severity.value, code.meaning, remedy, f"`{code.example}`")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def render_formats() -> str:
    """Return the table of input formats, those that are read alike in one row."""
    lines = ["| format | suffixes | how it is read |", "|---|---|---|"]
    formats = sorted(list_own_formats(), key=lambda each: (not each.suffixes, each.extra is not None))
    for (description, extra), alike in groupby(formats, key=lambda each: (each.description, each.extra)):
        names, suffixes = zip(*((each.name, each.suffixes) for each in alike), strict=True)
        cells = [", ".join(map(quote, names)), ", ".join(map(quote, chain.from_iterable(suffixes)))]
        lines.append("| " + " | ".join([*cells, description + name_extra(extra)]) + " |")
    return "\n".join(lines)


def render_reports() -> str:
    """Return the table of reports."""
    lines = ["| suffix | what it is for |", "|---|---|"]
    rows = [f"| {quote(each.suffix)} | {each.description}{name_extra(each.extra)} |" for each in list_own_reports()]
    return "\n".join([*lines, *rows])


def quote(text: str) -> str:
    """Return a text as code."""
    return f"`{text}`"


def name_extra(extra: str | None) -> str:
    """Return what is said of the extra that something needs."""
    return "" if extra is None else f" (extra {quote(extra)})"


RENDERED = {"issue codes": render_codes, "input formats": render_formats, "report suffixes": render_reports}
"""Marker -> what makes the table between its two halves."""


def check_broken_file() -> str:
    """Return what the command says of the broken file that the README shows, as a block of code."""
    ended = subprocess.run(
        [sys.executable, "-m", "importer", "validate", "sample_data/invalid/formula_lower_case.csv"],
        capture_output=True, text=True, timeout=60, check=False, cwd=README.parent,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
    )  # fmt: skip
    assert ended.returncode == 1
    return f"```\n{ended.stdout}```\n"


def read_between(name: str) -> str:
    """Return what stands between the markers of a name."""
    text = README.read_text(encoding="utf-8")
    return text.split(f"<!-- {name}: begin -->\n", 1)[1].split(f"<!-- {name}: end -->", 1)[0]


def read_command(name: str) -> str:
    """Return the command that stands under a marker."""
    text = README.read_text(encoding="utf-8")
    match = re.search(rf"<!-- {name} -->\n```sh\n(.+)\n```", text)
    assert match is not None
    return match[1]


def test_the_catalogue_is_what_the_modules_declare() -> None:
    """None is forgotten, none says otherwise than beside its check; ``python tests/test_readme.py`` renews it."""
    assert CATALOGUE.read_text(encoding="utf-8") == render_catalogue()


@pytest.mark.parametrize("name", RENDERED)
def test_tables_are_made_from_the_code(name: str) -> None:
    """Tables of the README are those of catalogue and registries; ``python tests/test_readme.py`` renews them."""
    assert read_between(name) == RENDERED[name]() + "\n"


def test_every_status_is_explained() -> None:
    """The statuses in the README are those of the program, in its order."""
    assert read_first_cells(read_section("Statuses")) == [status.value for status in Status]


def test_every_exit_code_is_explained() -> None:
    """The exit codes in the README are those that errors and results carry."""
    carried = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.ImporterError)
    }
    told = {int(cell) for cell in read_first_cells(read_section("Exit codes"))}
    assert told == {0, 1, 4, 130} | carried


def test_every_field_is_explained() -> None:
    """All fields but the sample's metadata stand in the table of fields."""
    section = read_section("Input formats")
    assert [name for name in ALL_FIELDS if f"`{name}`" not in section and name != "sample_metadata"] == []


def test_every_command_is_named() -> None:
    """The table of commands has a row for each command that there is, and no other."""
    told = [cell.split()[0] for cell in read_first_cells(read_section("Commands"))]
    assert sorted(told) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_options_named_with_a_command_exist(command: str) -> None:
    """Each option that the README names in a command's row or example is one of its help."""
    ended = subprocess.run(
        [sys.executable, "-m", "importer", command, "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    text = README.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.search(rf"(\| `|layer-importer ){command}\b", line)]
    named = {option for row in rows for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", row)}
    assert {option for option in named if option not in ended.stdout} == set()


def test_every_dependency_is_accounted_for() -> None:
    """Each runtime dependency has a row that says what for, why this one, and its weight."""
    declared = {
        re.split(r"[ ;<>=!\[~]", requirement)[0].lower()
        for requirement in requires("layer-importer") or []
        if "extra == 'dev'" not in requirement and 'extra == "dev"' not in requirement
    }
    told = {cell.split("`")[0].lower() for cell in read_first_cells(read_section("Dependencies"))}
    assert declared == told


def test_ci_runs_the_commands_of_the_readme() -> None:
    """CI takes both commands from the README instead of repeating them."""
    script = (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "first command" in script
    assert "test command" in script
    assert read_command("test command").endswith(".venv/bin/python -m pytest")
    assert "layer-importer import sample_data/valid --sandbox" in read_command("first command")


def test_the_pasted_output_is_what_the_broken_file_gets() -> None:
    """What the README shows of the broken file is what the command says of it today."""
    assert read_between("output of the broken file") == check_broken_file()


def test_the_pasted_output_counts_the_samples() -> None:
    """The counts that the README shows of its first command are those of the sample data."""
    checked = validate(README.parent / "sample_data" / "valid", keep_frame=False)
    shown = read_between("output of the first command")
    assert checked.valid == checked.rows
    assert f"All {checked.rows:,} rows are in." in shown


def test_the_fault_plan_is_one(tmp_path: Path) -> None:
    """The plan that the README shows loads, and the kinds that it names are all there are."""
    section = read_section("Trying it with faults")
    (tmp_path / "plan.yaml").write_text(section.split("```yaml\n")[1].split("```")[0])
    plan = load_plan(tmp_path / "plan.yaml")
    assert (len(plan.faults), len(plan.colleagues), len(plan.keys)) == (3, 1, 2)
    named = set(re.findall("`([a-z0-9_-]+)`", section))
    assert {member.value for choice in (Paging, Foreign) for member in choice} <= named
    assert Delivery.model_fields.keys() <= set(re.findall("[a-z_]+", section))
    told = section.split("Kinds are ")[1].split(";")[0]
    assert re.findall("`([a-z-]+)`", told) == [kind.value for kind in Kind]


if __name__ == "__main__":
    CATALOGUE.write_text(render_catalogue(), encoding="utf-8")
    renewed = README.read_text(encoding="utf-8")
    for marker, render in RENDERED.items():
        begin = f"<!-- {marker}: begin -->\n"
        renewed = renewed.replace(begin + read_between(marker), f"{begin}{render()}\n")
    begin = "<!-- output of the broken file: begin -->\n"
    renewed = renewed.replace(begin + read_between("output of the broken file"), begin + check_broken_file())
    README.write_text(renewed, encoding="utf-8")
