"""Settings as programs give them: texts for choices, one text for several, and what would be misunderstood."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from importer.errors import SettingsError
from importer.settings import (
    ApiSettings,
    CheckSettings,
    InDoubt,
    OnExisting,
    PlanSettings,
    ReadSettings,
    SendSettings,
    WriteMode,
    read_run_place,
)
from importer.settings.file import load_settings

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
        (CheckSettings, "max_layers", "5", "max_layers takes a whole number, not '5'"),
        (CheckSettings, "max_layers", True, "max_layers takes a whole number, not True"),
        (CheckSettings, "ignore", [1], r"ignore takes a text or a list of texts, not \[1\]"),
        (CheckSettings, "ignore", {"stack-start": True}, "ignore takes a text or a list of texts, not"),
        (CheckSettings, "names", None, "names takes a text or a list of texts, not None"),
        (SendSettings, "workers", 2.5, "workers takes a whole number, not 2.5"),
        (SendSettings, "rate", "fast", "rate takes a number, not 'fast'"),
        (SendSettings, "deadline", None, "deadline takes a number, not None"),
        (SendSettings, "max_failed", 20, "max_failed takes a text, not 20"),
        (ReadSettings, "sheet", 3, "sheet takes a text, not 3"),
        (ReadSettings, "mapping", ["a.yaml"], "mapping takes a path or a text or a dict, not"),
        (PlanSettings, "run", 5, "run takes a text or a path, not 5"),
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


def test_numbers_of_numpy_are_numbers() -> None:
    """What a notebook computes is taken, as Python's own number, which the run file can hold."""
    given: dict[str, Any] = {"workers": np.int64(4), "rate": np.float32(2.5)}
    found = SendSettings(**given)
    assert (found.workers, found.rate) == (4, 2.5)
    assert {type(found.workers), type(found.rate)} == {int, float}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": None}, "key takes a text, not None. Is AS_API_KEY set?"),
        ({"key": b"k"}, "key takes a text, not a value of type bytes"),
        ({"key": "k", "url": None}, "url takes a text, not None"),
        ({"key": "k", "proxy": 3128}, "proxy takes a text, not a value of type int"),
    ],
    ids=str,
)
def test_what_is_no_address_or_key_is_refused(given: dict[str, Any], words: str) -> None:
    """A variable that isn't set gives None, which is told in words."""
    with pytest.raises(SettingsError, match=re.escape(words)):
        ApiSettings(**given)


def test_the_certificates_may_be_a_path_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text or `Path`, with the sign of the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "ca.pem").write_text("x")
    assert ApiSettings(key="k", ca_bundle=Path("~/ca.pem")).ca_bundle == str(tmp_path / "ca.pem")


def test_a_mapping_may_be_named_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python and in a settings file."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert ReadSettings(mapping="~/lab.mapping.yaml").mapping == str(tmp_path / "lab.mapping.yaml")
    folder = tmp_path / "growths"
    folder.mkdir()
    (folder / ".layer-importer.yaml").write_text("read: {mapping: ~/lab.mapping.yaml}\n")
    assert load_settings(folder).read.mapping == tmp_path / "lab.mapping.yaml"


@pytest.mark.parametrize("given", [5, None, ["a.run.sqlite"], {"run": "a"}], ids=str)
def test_what_is_no_run_is_refused(given: Any) -> None:  # noqa: ANN401  # anything
    """A report in place of its run file is told where that is."""
    with pytest.raises(SettingsError, match=r"A report's is report\.run_path"):
        read_run_place(given)
