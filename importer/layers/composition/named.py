"""Materials that are known by a name and have no formula in use: polymers, organic semiconductors, resists, glasses.

The names are data, ``schemas/names.json``, ranked by use. A name that also reads as a formula (BCP, PI) counts in its
own case only; any other in whatever case, with or without hyphens.
"""

from __future__ import annotations

import json
from functools import cache

from importer.contract import find_schemas
from importer.issues import Code, Problem
from importer.model import Severity

_SIGNS = str.maketrans("", "", "-‐–_:()[].,/' ")  # dashes as people type them
_SURE_LENGTH = 5
"""Letters and digits from which on a name in another case can't be a formula."""

FORMULA_NAMED = Code(
    "formula-named",
    Severity.WARNING,
    "The composition is the name of a known material, not a formula. It will be sent as text, without elements.",
    "Check that you mean this material. If it has a formula, write that.",
    "PEDOT:PSS",
)


def is_named(text: str) -> bool:
    """Tell whether a text is the name of a known material."""
    exact, loose = _load_names()
    return text in exact or _loosen(text) in loose


def make_named(text: str) -> Problem:
    """Return the warning of a name that is sent."""
    said = f"{text!r} is the name of a material, not a formula. It will be sent as text, without elements."
    return Problem(FORMULA_NAMED, said)


def _loosen(text: str) -> str:
    return text.lower().translate(_SIGNS)


@cache
def _load_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names as they are written, and those that are sure in other spellings, without case and signs."""
    names: list[str] = json.loads((find_schemas() / "names.json").read_bytes())["names"]
    loose = {_loosen(name) for name in names}
    return frozenset(names), frozenset(name for name in loose if len(name) >= _SURE_LENGTH)
