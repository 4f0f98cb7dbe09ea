"""The catalogue: every issue code that the program's modules declare, without loading them.

``catalogue.json`` is made from the declarations beside the checks by ``python tests/test_readme.py``, and a
test fails until that is done. ``explain`` and the reports read it because loading every reader and rule takes longer
than all else that they do.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.errors import UsageError
from importer.issues.code import Code, Fix
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import Issue


@cache
def load_codes() -> Mapping[str, Code]:
    """Return name -> code for all that there are, by name."""
    entries = json.loads(Path(__file__).with_name("catalogue.json").read_bytes())
    codes = (
        Code(**entry | {"severity": Severity(entry["severity"]), "fix": Fix(entry.get("fix", Fix.NONE))})
        for entry in entries
    )
    return MappingProxyType({code.code: code for code in codes})


def list_fixable(least: Fix = Fix.ASKED) -> frozenset[str]:
    """Return the codes whose suggestions may take the place of a cell's text, for some only where they are sure."""
    wanted = {Fix.SURE, least}
    return frozenset(code.code for code in load_codes().values() if code.fix in wanted)


def find_code(name: str) -> Code:
    """Return a code, for people who ask what it means.

    Raises:
        UsageError: there is no such code; a near one is named.
    """
    codes = load_codes()
    if name in codes:
        return codes[name]
    near = difflib.get_close_matches(str(name).lower(), codes, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`layer-importer explain` lists them all."
    raise UsageError(f"There is no issue code {name!r}. {hint}")


def describe_code(issue: Issue) -> Code:
    """Return what is known of an issue's code; other packages' readers and newer versions may have their own."""
    known = load_codes().get(issue.code)
    return known or Code(issue.code, issue.severity, "See the message.", "Do what the message says.", "")
