"""Reading a YAML file with a place for every value, measured against ``yaml.load(CSafeLoader)``, which keeps none."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.inputs import write_yaml
from tests.bench.measuring import READ, Finding, compare, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measuring import Options

LOAD = "import sys, yaml\nwith open(sys.argv[1]) as stream: found = yaml.load(stream, Loader=yaml.CSafeLoader)"


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield how long reading takes, imports included, and how its memory grows."""
    stacks = max(1, options.rows // 100)
    large = str(write_yaml(options.folder / "large.yaml", stacks))
    larger = str(write_yaml(options.folder / "larger.yaml", 4 * stacks))
    found = interleave(
        {
            "ours": partial(measure, [sys.executable, "-c", READ, large]),
            "loader": partial(measure, [sys.executable, "-c", LOAD, large]),
            "larger": partial(measure, [sys.executable, "-c", READ, larger]),
        },
        rounds=options.rounds,
    )
    cpu = {name: [usage.cpu for usage in usages] for name, usages in found.items()}
    ours, theirs, ratio = compare(cpu["ours"], cpu["loader"])
    yield Finding(
        stage=f"read YAML, {stacks:,} stacks x 5, places kept",
        against="yaml.load(CSafeLoader)",
        ours=ours,
        theirs=theirs,
        ratio=ratio,
        floor="<= 0.4",
    )
    peak = {name: [usage.peak_mib for usage in usages] for name, usages in found.items()}
    ours, theirs, ratio = compare(peak["larger"], peak["ours"])
    yield Finding(
        stage=f"read YAML, {4 * stacks:,} stacks, peak memory",
        against=f"{stacks:,} stacks",
        ours=ours,
        theirs=theirs,
        unit="MiB",
        ratio=ratio,
        floor="flat",
    )
