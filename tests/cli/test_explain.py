"""The commands that explain: schemas and issue codes."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from importer.cli.app import app
from importer.contract import SCHEMA_NAMES
from importer.issues import load_codes
from importer.layers.schema import load_schema

run = CliRunner().invoke


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_schema_is_printed_whole(name: str) -> None:
    """What is printed is JSON, and the schema that the program uses."""
    ended = run(app, ["schema", name])
    assert ended.exit_code == 0
    assert json.loads(ended.stdout) == load_schema(name)


@pytest.mark.parametrize("code", load_codes())
def test_every_code_is_explained(code: str) -> None:
    """Meaning, example and remedy are those of the catalogue."""
    ended = run(app, ["explain", code])
    assert ended.exit_code == 0
    entry = load_codes()[code]
    for text in (entry.severity, entry.meaning, entry.example, entry.remedy):
        assert text in ended.stdout


def test_all_codes_are_listed() -> None:
    """Without a code each of them has a line."""
    listed = [line.split()[0] for line in run(app, ["explain"]).stdout.splitlines()]
    assert listed == sorted(load_codes())


@pytest.mark.parametrize(
    ("arguments", "words"), [(["explain", "layer-gaps"], "layer-gap?"), (["schema", "x"], "stack")]
)
def test_a_name_that_there_isnt_is_wrong_use(arguments: list[str], words: str) -> None:
    """Exit 2, and what was probably meant."""
    ended = run(app, arguments)
    assert ended.exit_code == 2
    assert words in ended.stderr
