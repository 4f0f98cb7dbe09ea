"""A draft of every sample file says what checking the file says, before anything is edited."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.draft import open_draft
from importer.errors import ImporterError, NothingToDoError
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from importer.model import Issue
    from importer.tasks.validate import Validation

SAMPLES = Path(__file__).parents[2] / "sample_data"
FILES = sorted(
    path
    for folder in ("valid", "formats", "invalid", "unreadable", "messy")
    for path in (SAMPLES / folder).iterdir()
    if path.is_file() and not path.name.endswith((".expected.yaml", ".md", ".mapping.yaml"))
)


def describe(issues: list[Issue] | tuple[Issue, ...]) -> Counter[tuple[object, ...]]:
    """Return issues so that they can be compared."""
    return Counter((each.code, each.severity, each.where, each.message, each.suggestion, each.seq) for each in issues)


def test_there_are_samples() -> None:
    """The folders weren't moved away."""
    assert len(FILES) > 100


def check(path: Path) -> tuple[Validation | None, ImporterError | None]:
    """Return what checking a file gives, or why it is refused."""
    try:
        return validate(path, keep_frame=False), None
    except ImporterError as error:
        return None, error


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_draft_says_what_checking_says(path: Path) -> None:
    """Rows, verdicts and issues are the same; what can't be read is refused by both, in the same words."""
    found, refusal = check(path)
    if isinstance(refusal, NothingToDoError):
        assert open_draft(path).checked.rows == 0
        return
    if refusal is not None:
        with pytest.raises(type(refusal)) as refused:
            open_draft(path)
        assert str(refused.value) == str(refusal)
        return
    assert found is not None
    draft = open_draft(path)
    assert (draft.checked.rows, draft.checked.valid) == (found.rows, found.valid)
    assert describe(draft.checked.list_issues()) == describe(found.issues)
    for table in draft.tables:
        window = draft.view(table.number, 0, 200)
        assert len(window.rows) == min(200, len(table.rows))
    assert sum(group.count for group in draft.list_groups()) == len(found.issues)
