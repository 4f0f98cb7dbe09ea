"""The page on sending one run from several processes: its two terminals, side by side, against a real database."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from importer.guide.pages import find_guide_page
from tests.guide.blocks import iter_blocks, list_commands
from tests.guide.documents import ROOT
from tests.helpers.crews import ServerRun, check_stored, write_layers
from tests.helpers.faults import write_plan
from tests.helpers.forking import get_preloaded
from tests.helpers.processes import make_environment, run_sandbox

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.server
PAGE = ROOT / "importer" / "guide" / "how-to" / "share-a-run.md"
ADDRESS = "postgresql://ann@db.lab/runs?run=growths"
STACKS, LAYERS = 60, 5


def read_terminals(address: str) -> list[list[str]]:
    """Return the arguments that the page has its reader type in each terminal, with an address in place of its own."""
    blocks = [block for block in iter_blocks(PAGE) if "terminal" in block.comment]
    commands = [shlex.split(command) for block in blocks for command in list_commands(block.body)]
    return [[address if word == ADDRESS else word for word in words[1:]] for words in commands]


def test_two_terminals_send_one_run(tmp_path: Path) -> None:
    """What the page says to type in two terminals stores each layer once, and both show all rows."""
    assert find_guide_page("share a run").title == "Send one run from several processes"
    write_layers(tmp_path / "growths.csv", STACKS, LAYERS)
    run = ServerRun("guide")
    first, second = read_terminals(run.address)
    plan = write_plan(tmp_path, {"kind": "delay", "seconds": 0.05, "probability": 1, "method": "POST"})
    with run_sandbox("--faults", plan) as sandbox:
        begun = get_preloaded().start(first, folder=tmp_path, environment=make_environment(sandbox.url))
        run.wait_until_open()
        joined = get_preloaded().start(second, folder=tmp_path, environment=make_environment(sandbox.url))
        for process in (begun, joined):
            out, err = process.communicate(timeout=120)
            assert process.wait() == 0, out + err
            assert f"All {STACKS * LAYERS} rows are stored." in out
        check_stored(sandbox, STACKS * LAYERS)
        assert run.ask("SELECT count(*) FROM worker") == [(2,)]
