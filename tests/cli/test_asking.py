"""Asking before the first write: people at a terminal only, once, and a no sends nothing."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from importer.cli.asking import describe_writes, is_terminal
from importer.context import Writes
from tests.helpers.processes import make_environment, run_sandbox
from tests.helpers.terminal import run_at_terminal as run_command_at_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

TABLE = "sample_name,substrate,layer_id,formula\nA17,MgO,1,SrTiO3\nA17,MgO,2,BaTiO3\nB2,Si,1,MgO\n"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A sandbox, and a table to import."""
    (tmp_path / "a.csv").write_text(TABLE)
    with run_sandbox(keys=["key-1234"]) as sandbox:
        yield sandbox


def run_at_terminal(folder: Path, url: str, *arguments: str, answer: bytes) -> tuple[int, str]:
    """Run a command at a terminal of its own, answer its question if it asks one; return exit code and output."""
    code, said, _ = run_command_at_terminal(
        [*arguments, "--api-url", url],
        folder,
        environment=make_environment(AS_API_KEY="key-1234"),
        prompt=b"Continue? [y/N]: ",
        answer=answer,
    )
    return code, said.decode(errors="replace")


@pytest.mark.parametrize("answer", [b"n\n", b"\n"])
def test_a_no_sends_nothing_and_leaves_a_plan(tmp_path: Path, sandbox: SandboxProcess, answer: bytes) -> None:
    """The question names rows, stacks, address and new target materials; after a no the run can be gone on with."""
    code, said = run_at_terminal(tmp_path, sandbox.url, "import", "a.csv", "--run", "r.sqlite", answer=answer)
    assert f"About to write 3 rows in 2 stacks to {sandbox.url}" in said
    assert "2 new target materials: A17, B2" in said
    assert (code, sandbox.list_writes()) == (1, [])
    code, said = run_at_terminal(tmp_path, sandbox.url, "resume", "r.sqlite", answer=b"y\n")
    assert code == 0, said
    assert len(sandbox.list_writes()) == 2


def test_a_yes_sends_and_undo_asks_too(tmp_path: Path, sandbox: SandboxProcess) -> None:
    """After a yes all rows are in; undo asks before it changes anything, and a no leaves all as it is."""
    code, said = run_at_terminal(tmp_path, sandbox.url, "import", "a.csv", "--run", "r.sqlite", answer=b"y\n")
    assert (code, len(sandbox.list_writes())) == (0, 2), said
    code, said = run_at_terminal(tmp_path, sandbox.url, "undo", "r.sqlite", answer=b"n\n")
    assert "3 rows in 2 stacks" in said
    assert (code, len(sandbox.list_writes())) == (1, 2), said
    code, said = run_at_terminal(tmp_path, sandbox.url, "undo", "r.sqlite", answer=b"y\n")
    assert (code, len(sandbox.list_writes())) == (0, 4), said


def test_a_progress_bar_hides_no_terminal() -> None:
    """What a library puts before standard error while it draws may say that it's no terminal: the one behind counts."""

    class Denying(io.StringIO):
        """A stand-in of a stream, as rich's of 2024."""

        def isatty(self) -> bool:
            """Deny it."""
            return False

        def fileno(self) -> int:
            """Return the number of the stream behind."""
            return inner

    outer, inner = os.openpty()
    try:
        assert is_terminal(Denying())
    finally:
        os.close(outer)
        os.close(inner)
    assert not is_terminal(io.StringIO())
    assert not is_terminal(None)


def test_yes_asks_nothing(tmp_path: Path, sandbox: SandboxProcess) -> None:
    """With --yes nobody is asked, at a terminal either."""
    code, said = run_at_terminal(tmp_path, sandbox.url, "import", "a.csv", "--yes", answer=b"n\n")
    assert code == 0, said
    assert "Continue?" not in said


def test_the_question_says_what_is_special() -> None:
    """Replacing and undoing are said, and of many new target materials the first."""
    many = tuple(f"S{number}" for number in range(8))
    said = describe_writes(Writes(address="https://x", rows=1, stacks=1, new_targets=many, is_replacing=True))
    assert said == (
        "About to write 1 row in 1 stack to https://x, replacing whole stacks; 8 new target materials: S0, S1, S2, S3, "
        "S4, and 3 more."
    )
    assert "put back" in describe_writes(Writes(address="https://x", rows=2, stacks=1, is_undoing=True))
