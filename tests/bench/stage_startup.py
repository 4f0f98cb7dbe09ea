"""How long the command takes before it does anything, measured against bare Python."""

from __future__ import annotations

import statistics
import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.inputs import write_csv
from tests.bench.measuring import Finding, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measuring import Options


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield what a command costs beyond starting Python."""
    table = str(write_csv(options.folder / "ten.csv", 10, bad=0))
    start = [sys.executable, "-m", "importer"]
    found = interleave(
        {
            "python": partial(measure, [sys.executable, "-c", "pass"]),
            "--help": partial(measure, [*start, "--help"]),
            "validate": partial(measure, [*start, "validate", table]),
        },
        rounds=options.rounds,
    )
    bare = statistics.median(usage.cpu for usage in found["python"])
    for name, what, most in (("--help", "--help", "0.25"), ("validate", "validate of 10 rows", "1.0")):
        ours = statistics.median(usage.cpu for usage in found[name])
        yield Finding(
            stage=f"start-up, {what}",
            against="python -c pass",
            ours=ours,
            theirs=bare,
            floor=f"<= +{most} s",
            note=f"+{ours - bare:.2f} s",
        )
