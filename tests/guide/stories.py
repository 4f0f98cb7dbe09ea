"""Runs what a document tells its reader to type, in a folder of its own, against a sandbox of its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.guide.blocks import Block, cut_output, iter_blocks, leave_out_progress, list_commands
from tests.guide.documents import ROOT
from tests.helpers.forking import CAN_FORK, get_preloaded
from tests.helpers.processes import KEY, make_environment, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 300.0
"""Seconds that one command may take."""


class Story:
    """The folder and the server of one document, and what was printed so far."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._url: str | None = None

    def run_block(self, block: Block) -> str:
        """Return what a block prints; its last command must end with the code that the document tells."""
        if block.language == "python":
            return self._run_fresh(["-c", block.body], block.exit_code)
        commands = list_commands(block.body)
        codes = [0] * (len(commands) - 1) + [block.exit_code]
        return "".join(self._run_command(command, code) for command, code in zip(commands, codes, strict=True))

    def save(self, name: str, body: str) -> None:
        """Save a file, as the document tells."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")

    def _run_command(self, command: str, code: int) -> str:
        words = shlex.split(command)
        if words[0] == "export":
            return ""  # the story's own server and key are set already
        assert words[0] == "layer-importer", f"no test can run {command!r}"
        if words[1] == "sandbox":
            return self._start_sandbox(words[2:])
        target = words[words.index(">") + 1] if ">" in words else None
        arguments = words[1 : words.index(">")] if target else words[1:]
        printed = self._run_importer(arguments, code, keep_errors=target is None)
        if target is None:
            return printed
        self.save(target, printed)
        return ""

    def _run_importer(self, arguments: list[str], code: int, *, keep_errors: bool) -> str:
        if not CAN_FORK:
            return self._run_fresh(["-m", "importer", *arguments], code, keep_errors=keep_errors)
        environment = self._make_environment()
        process = get_preloaded().start(arguments, folder=self._folder, environment=environment, is_merged=keep_errors)
        printed, _ = process.communicate(LONGEST)
        return _check_end(shlex.join(arguments), process.wait(), code, printed)

    def _run_fresh(self, arguments: list[str], code: int, *, keep_errors: bool = True) -> str:
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=self._folder,
            env=self._make_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if keep_errors else subprocess.PIPE,
            encoding="utf-8",
            timeout=LONGEST,
            check=False,
        )
        return _check_end(shlex.join(arguments), ended.returncode, code, ended.stdout)

    def _make_environment(self) -> dict[str, str]:
        return make_environment(self._find_server(), COLUMNS="100", PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")

    def _find_server(self) -> str:
        if self._url is None:
            self._url = self._stack.enter_context(run_sandbox()).url
        return self._url

    def _start_sandbox(self, options: list[str]) -> str:
        own = [str(self._folder / each) if (self._folder / each).exists() else each for each in options]
        kept = [each for index, each in enumerate(own) if "--port" not in own[max(0, index - 1) : index + 1]]
        self._url = self._stack.enter_context(run_sandbox(*kept)).url
        return f"sandbox listening on {self._url}\nits API key: {KEY}\n"


def _check_end(command: str, code: int, wanted: int, printed: str) -> str:
    assert code == wanted, f"{command} ended with {code}:\n{printed}"
    return leave_out_progress(printed)


@contextmanager
def begin_story() -> Iterator[Story]:
    """Give a story in an empty folder that has the sample data in it; what it started ends with the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guide-")))
        shutil.copytree(ROOT / "sample_data", folder / "sample_data")
        yield Story(folder, stack)


def tell_story(path: Path) -> list[tuple[Block, str]]:
    """Run a document from its beginning to its end; return each block of output with what it should be."""
    told: list[tuple[Block, str]] = []
    blocks = list(iter_blocks(path))
    if not any(block.is_run_here or block.file_name for block in blocks):
        return told
    with begin_story() as story:
        printed = ""
        for block in blocks:
            if block.file_name is not None:
                story.save(block.file_name, block.body)
            elif block.is_output:
                told.append((block, cut_output(printed, block.comment)))
            elif block.is_run_here:
                printed = story.run_block(block)
    return told
