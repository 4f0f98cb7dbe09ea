"""What people install and hook in: names what there is, for the systems and Pythons that are promised."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from importer.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def load(name: str) -> Any:  # noqa: ANN401  # YAML of others' making
    """Return a YAML file of the project."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def list_names(requirements: list[str]) -> set[str]:
    """Return the names of packages, as registries compare them."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[\s<>=\[;]", line, maxsplit=1)[0]).lower() for line in requirements}


def test_the_pre_commit_hook_is_a_command() -> None:
    """It runs the check on files of lab data, and not on mapping or hidden files."""
    (hook,) = load(".pre-commit-hooks.yaml")
    assert hook["id"] == "layer-importer-validate"
    program, command = hook["entry"].split()
    assert program in PROJECT["scripts"]
    assert command in COMMANDS["Check"]
    for name, is_taken in (
        ("a/b.csv", True),
        ("s.yaml", True),
        ("lab.mapping.yaml", False),
        (".pre-commit.yaml", False),
    ):
        taken = re.search(hook["files"], name) is not None and re.search(hook["exclude"], name) is None
        assert taken is is_taken, name


def test_the_action_runs_the_check() -> None:
    """One step installs this checkout, another runs it; neither puts an input into the shell's text."""
    steps = load(".github/actions/validate/action.yml")["runs"]["steps"]
    words = "".join(step.get("run", "") for step in steps)
    assert "layer-importer validate --format github" in words
    assert "${{" not in words


def test_every_promised_python_is_tried_on_every_system() -> None:
    """The classifiers and the matrix of the tests say the same."""
    matrix = load(".github/workflows/ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    pythons = [line.split()[-1] for line in PROJECT["classifiers"] if re.search(r"Python :: 3\.[0-9]+$", line)]
    assert matrix["python"] == pythons == ["3.11", "3.12", "3.13", "3.14"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "windows", "macos"}
    assert "Operating System :: OS Independent" in PROJECT["classifiers"]


def test_the_licence_is_an_spdx_expression_with_its_file() -> None:
    """As PEP 639 has it; a classifier beside it would be refused."""
    assert PROJECT["license"] == "Apache-2.0"
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
    assert not [line for line in PROJECT["classifiers"] if line.startswith("License")]


def test_the_constraints_name_every_package() -> None:
    """Each declared dependency has one version there."""
    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    optional = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    wanted = list_names([*PROJECT["dependencies"], *optional]) - {"layer-importer"}
    assert wanted <= list_names(lines)
    assert all("==" in line for line in lines if line.strip())
