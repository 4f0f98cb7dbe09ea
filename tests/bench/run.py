"""The benchmark: ours against the floors, in one run, several rounds in turn; ratios, never a pass or fail on time.

``python tests/bench/run.py [--stages validate,yaml] [--rows N] [--rounds N] [--json]`` prints a table that can be
pasted into the README. Inputs are generated, seeded and realistic.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import importlib
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script's own folder is all that is there

from tests.bench.measuring import Finding, Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STAGES = tuple(sorted(path.stem.removeprefix("stage_") for path in Path(__file__).parent.glob("stage_*.py")))
TOLD = ("pandas", "pyarrow", "python-calamine", "PyYAML", "requests", "urllib3", "SQLAlchemy")


def iter_findings(stages: Sequence[str], options: Options) -> Iterator[Finding]:
    """Yield what the stages find, in their order; each has a scratch folder of its own."""
    for name in stages:
        folder = options.folder / name
        folder.mkdir()
        stage = importlib.import_module(f"tests.bench.stage_{name}")
        yield from stage.measure_stage(dataclasses.replace(options, folder=folder))


def describe_machine() -> str:
    """Return the date, the machine's size and the versions that figures depend on."""
    versions = []
    for name in TOLD:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    today = dt.datetime.now(tz=dt.UTC).date()
    return f"{today}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, " + ", ".join(
        versions
    )


def format_line(finding: Finding) -> str:
    """Return a line of the table."""

    def show(value: float | None) -> str:
        return "not measured" if value is None else f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"

    figures = f"{show(finding.ours)} {finding.unit} | {show(finding.theirs) if finding.against else ''}"
    ratio = "" if finding.ratio is None else f"{finding.ratio:.2f}"
    return f"| {finding.stage} | {finding.against} | {figures} | {ratio} | {finding.floor} | {finding.note} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", default=",".join(STAGES), help=f"some of {', '.join(STAGES)}")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frictionless", type=Path, help="the frictionless command of an environment of its own")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    stages = given.stages.split(",")
    if unknown := set(stages) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    with tempfile.TemporaryDirectory() as folder:
        options = Options(folder=Path(folder), rows=given.rows, rounds=given.rounds, frictionless=given.frictionless)
        if given.json:
            findings = [dataclasses.asdict(finding) for finding in iter_findings(stages, options)]
            print(json.dumps({"machine": describe_machine(), "findings": findings}, indent=2))
            return
        print(describe_machine())
        print("\n| stage | against | ours | theirs | ratio | to reach | |\n|---|---|---|---|---|---|---|")
        for finding in iter_findings(stages, options):
            print(format_line(finding), flush=True)


if __name__ == "__main__":
    main()
