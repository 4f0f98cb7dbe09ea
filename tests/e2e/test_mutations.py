"""Rules of the protocol that only the whole command can break: each switched off is noticed by a row of the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import test_true_to_colleagues as colleagues
from tests.e2e.rows import Row, run_row
from tests.e2e.test_true_to_answers import NORMALISED, REDUCED
from tests.submit import mutations
from tests.submit.mutations import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.rows import Start

SCRIPT = str(Path(mutations.__file__))
WITH_KEY = (
    "import os, sys; os.environ['AS_API_KEY'] = sys.argv.pop(1); "
    "from tests.submit.mutations import main; sys.exit(main())"
)
NOTICED = {
    "R5: whatever is there counts as ours": "a row was unchanged, then its file changes",
    "R5: undo compares nothing": "a colleague fills a field in after the import",
    "R5: a record's id is sent wherever the list shows it": "the file gives an id that the list shows",
    "R5: the substrate isn't compared": "the server has A17 on Si",
    "R5: what an earlier import made is forgotten": "undone, then imported again with --run",
    "R7: what is spelt otherwise is other content": "the server shows space_group spaced",
    "R7: what the server fills in is other content": "the server keeps no element table",
}
"""Mutation -> how the name of the row begins that notices it."""
ROWS = (*colleagues.OURS, *colleagues.ELSEWHERE, *NORMALISED, *REDUCED)


def start_broken(name: str, start: Start) -> Start:
    """Return what starts the command with a rule switched off."""

    def start_it(*arguments: str, **more: Any) -> Any:  # noqa: ANN401  # what the starter returns
        return start(name, *arguments, **{**more, "program": [SCRIPT]})

    return start_it


def find_row(beginning: str) -> Row:
    """Return the one row whose name begins so."""
    (row,) = (row for row in ROWS if row.says.startswith(beginning))
    return row


@pytest.mark.parametrize("name", NOTICED)
def test_a_rule_switched_off_is_noticed(name: str, tmp_path: Path, start_forked: Start) -> None:
    """A row of the tables, which passes as things are, fails with the rule switched off."""
    with pytest.raises(AssertionError) as noticed:
        run_row(find_row(NOTICED[name]), tmp_path, start_broken(name, start_forked))
    assert "Traceback" not in str(noticed.value)


def test_runs_at_once_are_noticed(tmp_path: Path, start_forked: Callable[..., Any]) -> None:
    """With nobody kept out, two imports of one file at once store something twice, or one is told nothing."""
    with pytest.raises(AssertionError):
        colleagues.test_two_imports_of_one_file_at_once(tmp_path, start_broken("R8: nobody is kept out", start_forked))


def test_another_organisations_key_is_noticed(tmp_path: Path, run_cli: Any, start_cli: Callable[..., Any]) -> None:  # noqa: ANN401  # fixtures
    """With any key good for going on, the rest is sent to another organisation."""

    def start(key: str, *arguments: str, url: str, program: object) -> Any:  # noqa: ANN401  # a process
        del program
        return start_cli(key, "R8: any key may go on", *arguments, url=url, program=["-c", WITH_KEY])

    with pytest.raises(AssertionError):
        colleagues.test_a_resume_with_the_key_of_another_organisation(tmp_path, run_cli, start)


def test_each_has_its_test() -> None:
    """Every mutation has its row or its test here."""
    assert {*NOTICED, "R8: nobody is kept out", "R8: any key may go on"} == COMMANDS.keys()
