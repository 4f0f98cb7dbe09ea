"""README and guide do what they say: every command is run, and every output is what the program prints today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.guide.blocks import Block, cut_output, iter_blocks, leave_out_passing, leave_out_progress, list_commands
from tests.guide.documents import list_documents
from tests.guide.stories import tell_story

if TYPE_CHECKING:
    from pathlib import Path

TOLD = [path for path in list_documents() if any(block.is_run_here or block.file_name for block in iter_blocks(path))]


@pytest.mark.parametrize("path", TOLD, ids=[path.stem for path in TOLD])
def test_a_document_does_what_it_says(path: Path) -> None:
    """Its commands end as it says and print what it shows; ``python tests/test_readme.py`` renews what it shows."""
    for block, printed in tell_story(path):
        assert block.body == leave_out_passing(printed)


def test_a_wrong_output_is_noticed() -> None:
    """What is left out of the comparison is what differs each time, and nothing else."""
    shown = "All 3 rows are stored.\nRun file: a.20261126-194501.run.sqlite\n"
    assert leave_out_passing(shown) == leave_out_passing(shown.replace("20261126-194501", "20270101-000000"))
    assert leave_out_passing(shown) != leave_out_passing(shown.replace("3 rows", "4 rows"))
    usual = "A (sample 1000001)\nB (sample 1000002)\nA (sample 1000001)\n"
    other = usual.replace("1000001", "1000009").replace("1000002", "1000001").replace("1000009", "1000002")
    assert leave_out_passing(other) == leave_out_passing(usual) == usual


def test_progress_is_left_out_and_nothing_else() -> None:
    """Lines that only a slow machine prints don't count; the counts of a summary do."""
    told = "All 3 rows are stored.\n3 of 4 rows are stored; 1 needs attention.\n1 of 3 rows valid; 2 rows to fix.\n"
    slow = "4 rows read\n1,200 rows read, now in a.csv\n1 of 4 rows\n2 of 4 rows; 3 rows/s\n3 of 4 rows, 1 to fix\n"
    assert leave_out_progress(slow + told) == told


def test_a_command_that_ends_otherwise_is_noticed(tmp_path: Path) -> None:
    """A story fails where a command ends with another code than the document tells, and where no test can run it."""
    page = tmp_path / "page.md"
    for body, words in (("layer-importer explain nonsense", "ended with 2"), ("rm -r data", "no test can run")):
        page.write_text(f"```sh\n{body}\n```\n")
        with pytest.raises(AssertionError, match=words):
            tell_story(page)


def test_blocks_are_read_with_their_comments(tmp_path: Path) -> None:
    """A comment right above a block says what it is; one further up doesn't."""
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- ends with 1 -->\n```sh\na \\\n b  # why\n\n# no command\n```\n\n<!-- output -->\n\n```\nx\n```\n"
    )
    first, second = iter_blocks(page)
    assert (first.exit_code, list_commands(first.body), second.is_output) == (1, ["a   b"], False)


@pytest.mark.parametrize(
    ("comment", "shown"),
    [
        ("output", "1\n2\n3\n4\n"),
        ("output: 1 ... 1", "1\n[...]\n4\n"),
        ("output: 0 ... 1", "[...]\n4\n"),
        ("output: 3 ... 1", "1\n2\n3\n4\n"),
        ("output: 9 ... 9", "1\n2\n3\n4\n"),
    ],
)
def test_outputs_are_cut_where_the_comment_says(comment: str, shown: str) -> None:
    """The first and last lines stay, no line twice, without white space at their ends."""
    assert cut_output("1\n2  \n3\n4", comment) == shown
    assert Block("", comment, "", (0, 0)).is_output
