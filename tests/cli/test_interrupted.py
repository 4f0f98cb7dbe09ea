"""Ctrl-C where a person is asked something, and what a shell completes."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from importer.cli import asking
from importer.cli.app import app
from importer.cli.completion import complete_code, complete_format, complete_schema
from importer.context import Writes

if TYPE_CHECKING:
    from pathlib import Path


class Terminal:
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def interrupt(*arguments: object, **options: object) -> None:
    """Do what typer's questions do on Ctrl-C."""
    del arguments, options
    raise typer.Abort


def test_ctrl_c_at_the_question_for_the_key_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as any other Ctrl-C does, not as a failure of the command."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    monkeypatch.setattr(
        "importer.cli.credentials.sys", type("Streams", (), {"stdin": Terminal(), "stderr": Terminal()})
    )
    monkeypatch.setattr(typer, "prompt", interrupt)
    ended = CliRunner().invoke(app, ["import", str(tmp_path / "a.csv"), "--run", str(tmp_path / "r.sqlite")])
    assert (ended.exit_code, ended.stderr) == (130, "Interrupted.\n")


def test_ctrl_c_at_the_question_before_writing_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, and the run is stopped."""
    monkeypatch.setattr(typer, "confirm", interrupt)
    stop = threading.Event()
    assert asking.make_question(stop)(Writes(address="https://x.test", rows=1, stacks=1)) is False
    assert stop.is_set()


def test_names_are_completed() -> None:
    """Issue codes, input formats and schemas that begin as typed; nothing for what there isn't."""
    assert complete_code("layer-g") == ["layer-gap"]
    assert complete_format("xls") == ["xls", "xlsb", "xlsx"]
    assert complete_schema("st") == ["stack"]
    assert [complete("zzz") for complete in (complete_code, complete_format, complete_schema)] == [[], [], []]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("explain layer-g", "layer-gap"), ("validate --ignore stack-s", "stack-start"), ("schema ma", "mapping")],
)
def test_the_shell_gets_the_names(words: str, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command itself completes them, as bash asks for it."""
    monkeypatch.setattr(sys, "argv", ["layer-importer"])
    line = f"layer-importer {words}"
    environment = {
        "_LAYER_IMPORTER_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1),
    }  # fmt: skip
    ended = CliRunner().invoke(app, [], prog_name="layer-importer", env=environment)
    assert wanted in ended.stdout.split()
