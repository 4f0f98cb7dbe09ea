"""The lowest versions that the project declares, installed and put to work: what is promised to old set-ups is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = frozenset({"pytest", "pytest-xdist", "responses", "hypothesis", "orsopy", "hatchling"})
"""What the tests below need; the other tools would want newer versions of what the project itself needs."""
FOLDERS = (
    *("formats", "layers", "report/tables", "report/screen", "report/workbook", "run", "server", "settings", "machine"),
    *("cli", "web", "submit/test_gate.py"),
)
"""Where the packages are used that are installed."""
INSTALLING, TESTING = 120, 600
"""Seconds after which installing and testing are given up."""

pytestmark = pytest.mark.long


def list_lowest() -> list[str]:
    """Return what has to be installed: all that the project needs, its extras, and what tests it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    tools = [line for line in extras["dev"] if re.split(r"[<>=\[]", line, maxsplit=1)[0] in TOOLS]
    own = [line for name, lines in extras.items() if name != "dev" for line in lines]
    return [*project["dependencies"], *own, *tools]


def run(*command: str | Path, seconds: int) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in the project's folder; what it writes comes back as one text."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the lowest versions are those of the lowest Python, 3.11")
def test_the_lowest_versions_work(tmp_path: Path) -> None:
    """A large part of the tests passes with the oldest versions of all direct dependencies that are declared."""
    home = tmp_path / "venv"
    made = run(sys.executable, "-m", "venv", home, seconds=INSTALLING)
    assert made.returncode == 0, made.stdout
    tools = home / ("Scripts" if os.name == "nt" else "bin")
    python = tools / "python"
    reached = run(python, "-m", "pip", "install", "--quiet", "uv", seconds=INSTALLING)
    if reached.returncode:
        pytest.skip(f"no package index can be reached: {reached.stdout.strip().splitlines()[-1]}")
    index = os.environ.get("PIP_INDEX_URL")  # uv doesn't read what pip does
    wanted = tmp_path / "lowest.txt"
    wanted.write_text("\n".join(list_lowest()), encoding="utf-8")
    options = ["--quiet", "--python", str(python), "--resolution", "lowest-direct", "--requirements", str(wanted)]
    options += ["--default-index", index] if index else []
    installed = run(tools / "uv", "pip", "install", *options, seconds=INSTALLING)
    assert installed.returncode == 0, installed.stdout
    made = run(
        tools / "uv", "pip", "install", "--quiet", "--python", python, "--no-deps", "-e", ROOT, seconds=INSTALLING
    )
    assert made.returncode == 0, made.stdout
    folders = [f"tests/{name}" for name in FOLDERS if (ROOT / "tests" / name).exists()]
    tested = run(python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-rf", *folders, seconds=TESTING)
    assert tested.returncode == 0, tested.stdout[-4_000:]
