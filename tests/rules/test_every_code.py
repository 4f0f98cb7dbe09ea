"""Every issue code can be reached, and a sample shows it."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import yaml

from importer.issues import load_codes
from importer.model import Severity

INVALID = Path(__file__).parents[2] / "sample_data" / "invalid"
FOUND_WITH_THE_SERVER = {
    "ambiguous-sample-name",
    "missing-substrate",
    "name-nearly-taken",
    "payload-schema",
    "sample-named-twice",
    "substrate-differs",
    "unreadable-stack",
}
"""Told when rows meet the server or the last check before sending; a file alone can't have them."""

FOUND_OTHERWISE = {"file-passed-over", "sample-in-two-runs", "stack-not-whole", "unreadable-file", "unreadable-run"}
"""Told of files or runs among others, for those of one file stop the command; and with an option only."""


@functools.cache
def list_shown() -> set[str]:
    """Return the codes that stand beside the samples."""
    shown: set[str] = set()
    for path in INVALID.glob("*.expected.yaml"):
        beside = yaml.safe_load(path.read_text(encoding="utf-8"))
        shown |= {entry["code"] for entry in (beside if isinstance(beside, list) else beside["issues"])}
    return shown


@pytest.mark.parametrize("code", sorted(set(load_codes()) - FOUND_WITH_THE_SERVER - FOUND_OTHERWISE))
def test_a_code_has_its_sample(code: str) -> None:
    """A file in sample_data/invalid gets it; the end-to-end test proves that it does."""
    assert code in list_shown()


def test_samples_show_real_codes_only() -> None:
    """No sample expects a code that was renamed."""
    assert list_shown() <= set(load_codes())


def test_the_catalogue_is_complete_in_words() -> None:
    """Each entry says in whole sentences what was found and what to do, with an example; some notes need nothing."""
    for code in load_codes().values():
        assert code.meaning.endswith("."), code.code
        assert code.remedy.endswith(".") or (code.severity is Severity.NOTE and not code.remedy), code.code
        assert code.example, code.code
