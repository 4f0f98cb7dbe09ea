"""The changelog against the program's version."""

from __future__ import annotations

import re
from pathlib import Path

from importer._version import __version__

CHANGELOG = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_newest_entry_is_the_programs_version() -> None:
    """What the topmost entry tells is what this version can do."""
    (first, *_) = re.findall(r"^## (\S+)", CHANGELOG, re.MULTILINE)
    assert first == __version__


def test_the_first_version_only_adds() -> None:
    """Nothing was changed or fixed for anybody before there was a release."""
    first = CHANGELOG.split("\n## ")[-1]
    assert re.findall(r"^### (\w+)", first, re.MULTILINE) == ["Added"]
