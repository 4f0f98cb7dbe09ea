"""The catalogue of issue codes as a process without readers and rules sees it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from importer.errors import UsageError
from importer.issues import describe_code, find_code, load_codes
from importer.model import Issue, Severity, Where
from importer.report.screen.summary import group_issues

HEAVY = ("gemmi", "jsonschema_rs", "numpy", "openpyxl", "pandas", "periodictable", "python_calamine", "sqlalchemy")


def test_the_catalogue_is_read_without_the_checks() -> None:
    """Looking a code up loads no library of the readers and rules that declare it."""
    script = (
        "import sys; from importer.issues import load_codes; found = load_codes(); "
        f"print(len(found), [name for name in {HEAVY} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split(maxsplit=1) == [str(len(load_codes())), "[]\n"]


def test_codes_come_by_name() -> None:
    """The catalogue is sorted, and can't be changed by those who read it."""
    assert list(load_codes()) == sorted(load_codes())
    with pytest.raises(TypeError):
        load_codes()["layer-gap"] = find_code("layer-gap")  # type: ignore[index]


def test_a_code_of_another_package_is_reported_all_the_same() -> None:
    """A run with the code of a plug-in, or of a newer version, still has its report: the words are its own."""
    issue = Issue("toml-surprise", Severity.WARNING, Where("a.toml", row=3), "The key is odd.", seq=0)
    assert describe_code(issue).severity is Severity.WARNING
    (group,) = group_issues([issue, issue])
    assert (group.count, group.meaning, group.remedy) == (2, "See the message.", "Do what the message says.")
    with pytest.raises(UsageError, match="no issue code 'toml-surprise'"):
        find_code("toml-surprise")
