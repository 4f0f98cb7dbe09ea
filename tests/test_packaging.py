"""What people install and hook in: names what there is, for the systems and Pythons that are promised."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
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


def run_action(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the shell steps of the action as a runner does; ``python`` is a stand-in that shows what it is to do."""
    tools = folder / ".tools"
    tools.mkdir()
    for name, does in {
        "python": 'echo "python: $*"',
        "layer-importer": f'exec "{sys.executable}" -m importer "$@"',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    action = load(".github/actions/validate/action.yml")
    given = {name: str(declared.get("default", "")) for name, declared in action["inputs"].items()} | inputs
    done = subprocess.CompletedProcess[str]([], 0, "", "")
    for step in action["runs"]["steps"]:
        if "run" in step and done.returncode == 0:
            filled = {
                name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], value)
                for name, value in step.get("env", {}).items()
            }
            path = os.pathsep.join([str(tools), os.environ["PATH"]])
            place = ROOT / ".github" / "actions" / "validate"
            environ = os.environ | filled | {"PATH": path, "GITHUB_ACTION_PATH": str(place), "PYTHONPATH": str(ROOT)}
            command = [shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            ended = subprocess.run(
                command, cwd=folder, env=environ, capture_output=True, encoding="utf-8", timeout=60, check=False
            )
            done = subprocess.CompletedProcess([], ended.returncode, done.stdout + ended.stdout, ended.stderr)
    return done


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps are for bash, which isn't here")
def test_the_action_installs_its_checkout_and_annotates(tmp_path: Path) -> None:
    """Patterns are left to the program, options reach it, nothing of an input is carried out, and errors fail it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Xx\n")
    (tmp_path / "in" / "b.csv").write_text("sample_id,layer_id,formula\n2,2,Si\n")
    done = run_action(tmp_path, files="in/*.csv $(touch made)", options="--ignore stack-start")
    assert (done.returncode, (tmp_path / "made").exists()) == (2, False), done.stderr
    shutil.rmtree(tmp_path / ".tools")
    done = run_action(tmp_path, files="in/*.csv", options="--ignore stack-start")
    first, *annotations = done.stdout.splitlines()
    folder = first.rpartition(" ")[2]
    assert (first.startswith("python: -m pip install"), Path(folder).resolve() == ROOT) == (True, True)
    assert done.returncode == 1, done.stderr
    assert [line.partition(",title=")[0] for line in annotations] == ["::error file=in/a.csv,line=2,col=5"]


def test_the_image_is_made_of_what_the_project_has() -> None:
    """The extras that its Dockerfile installs are declared, and its command is the project's."""
    lines = (ROOT / ".github" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (install,) = [line for line in lines if line.startswith("RUN pip install")]
    extras = re.findall(r"/src\[([\w,]+)\]", install)[0].split(",")
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    (entry,) = [line for line in lines if line.startswith("ENTRYPOINT")]
    assert json.loads(entry.removeprefix("ENTRYPOINT "))[0] in PROJECT["scripts"]
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert not [name for name in left_out if name.strip("*/") in {"importer", "schemas", "LICENSE", "README.md"}]


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
