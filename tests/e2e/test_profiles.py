"""A profile of the lab's settings file, from the plan to the last row, with another server's key in the environment."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from tests.helpers.faults import write_plan
from tests.helpers.forking import get_preloaded
from tests.helpers.processes import KEY, make_environment, run_sandbox

if TYPE_CHECKING:
    from pathlib import Path


def run_with_keys(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line where the usual key is another server's, and the profile's variable holds this one's."""
    words = shlex.split(command.removeprefix("layer-importer "))
    environment = make_environment(AS_API_KEY="key-of-production", AS_API_KEY_STAGING=KEY)
    process = get_preloaded().start(words, folder=folder, environment=environment)
    out, err = process.communicate()
    return subprocess.CompletedProcess(words, process.wait(), out, err)


def read_command(told: str, before: str) -> str:
    """Return the command that stands behind some words."""
    (line,) = [line for line in told.splitlines() if before in line]
    return line.partition(before)[2]


def test_the_commands_that_go_on_name_the_profile(tmp_path: Path) -> None:
    """Copied as they are they carry on, and the key of another server goes nowhere."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,SrTiO3\n1,2,BaTiO3\n")
    faults = write_plan(tmp_path, "{kind: status, status: 401, method: POST, on: [1]}")
    with run_sandbox("--faults", faults) as sandbox:
        profile = f"profiles:\n  staging: {{url: '{sandbox.url}', key: AS_API_KEY_STAGING, rate: 50}}\n"
        (tmp_path / ".layer-importer.yaml").write_text(profile)
        planned = run_with_keys(tmp_path, "plan a.csv --run r.run.sqlite --profile staging")
        apply = read_command(planned.stderr, "Apply the plan with: ")
        assert apply == "layer-importer apply r.run.sqlite --profile staging"
        stopped = run_with_keys(tmp_path, f"{apply} --yes")
        resume = read_command(stopped.stderr, "Continue with: ")
        assert (stopped.returncode, resume) == (3, "layer-importer resume r.run.sqlite --profile staging")
        done = run_with_keys(tmp_path, resume)
        assert (done.returncode, len(sandbox.list_layers())) == (0, 2), done.stderr
        assert 403 not in [entry["status"] for entry in sandbox.get("/_sandbox/log")]
        both = run_with_keys(tmp_path, "doctor --profile staging --api-url http://127.0.0.1:9")
        assert (both.returncode, "either --profile or --api-url" in both.stderr) == (2, True)
