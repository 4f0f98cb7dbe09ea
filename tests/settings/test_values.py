"""Settings as programs give them: texts for choices, one text for several, and what would be misunderstood."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.errors import SettingsError
from importer.settings import (
    CheckSettings,
    InDoubt,
    OnExisting,
    PlanSettings,
    ReadSettings,
    SendSettings,
    WriteMode,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("make", "name", "given", "kept"),
    [
        (PlanSettings, "on_existing", "update", OnExisting.UPDATE),
        (PlanSettings, "write_mode", "replace", WriteMode.REPLACE),
        (SendSettings, "in_doubt", "hold", InDoubt.HOLD),
        (CheckSettings, "ignore", "unused-column", frozenset({"unused-column"})),
        (CheckSettings, "names", ["HTM-1", "ETL"], frozenset({"HTM-1", "ETL"})),
        (ReadSettings, "exclude", "old*", ("old*",)),
        (ReadSettings, "repair", {"zeros-lost"}, ("zeros-lost",)),
    ],
)
def test_texts_are_taken(make: Callable[..., object], name: str, given: object, kept: object) -> None:
    """A choice may be a text; one text for a list is one item, not its characters."""
    found: Any = getattr(make(**{name: given}), name)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("make", "name", "given", "words"),
    [
        (PlanSettings, "on_existing", "sometimes", "on_existing takes fail, skip or update, not 'sometimes'"),
        (PlanSettings, "on_existing", True, "on_existing takes fail, skip or update, not True"),
        (SendSettings, "in_doubt", "holt", "in_doubt takes resend or hold, not 'holt'"),
        (PlanSettings, "allow_remove", "no", "allow_remove takes True or False, not 'no'"),
        (CheckSettings, "strict", 1, "strict takes True or False, not 1"),
    ],
)
def test_what_would_be_misunderstood_is_refused(
    make: Callable[..., object], name: str, given: object, words: str
) -> None:
    """What isn't one of the choices is told with them, before anything is read or sent."""
    with pytest.raises(SettingsError, match=words):
        make(**{name: given})


def test_paths_stay_what_they_are() -> None:
    """Where a path or nothing is meant, the value is kept as it was given."""
    assert PlanSettings(run="a.run.sqlite").run == "a.run.sqlite"
    assert ReadSettings(mapping=Path("m.yaml")).mapping == Path("m.yaml")
    assert ReadSettings(mapping={"columns": {}}).mapping == {"columns": {}}
