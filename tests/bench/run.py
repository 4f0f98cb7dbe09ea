"""Benchmarks: ratios and peak memory, measured side by side in one run; never a pass or fail on time.

``python tests/bench/run.py [--rows N] [--rounds N] [--json]``. Inputs are generated, seeded and realistic: 3,000
distinct formulas, stacks of 3 to 12 layers, 1 % bad rows. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

HEADER = "sample_id,layer_id,composition_string,orientation,space_group,mp_id,thickness,notes\n"
ELEMENTS = ("Ba", "Sr", "Ti", "La", "Al", "Mn", "Ga", "As", "In", "Zn", "Mg", "Fe", "Co", "Ni")
PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str)"


def write_layers(path: Path, rows: int) -> None:
    """Write a table of about so many layers."""
    rng = random.Random(20261123)  # noqa: S311  # a benchmark's input
    pairs = [(one, two) for one in ELEMENTS for two in ELEMENTS if one != two]
    formulas = [f"{one}{two}O{n}" for one, two in pairs for n in range(1, 18)][:3_000]
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        written = sample = 0
        while written < rows:
            sample += 1
            for layer in range(1, rng.randint(3, 12) + 1):
                number = rng.randrange(len(formulas))
                formula = formulas[number] if rng.random() > 0.01 else "Xx2O3"
                file.write(f"{sample},{layer},{formula},001,Pm-3m,mp-{number + 1},{number % 100}.5,ok\n")
                written += 1


def measure(command: list[str]) -> tuple[float, float]:
    """Run a command and return its CPU seconds and its peak memory in MiB, as the system accounts them."""
    child = os.fork()
    if child == 0:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        os.execv(command[0], command)  # noqa: S606  # this very interpreter
    _, _, usage = os.wait4(child, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Measure in turn, A B A B, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "layers.csv"
        write_layers(table, options.rows)
        ours = [sys.executable, "-m", "importer", "validate", str(table)]
        theirs = [sys.executable, "-c", PANDAS, str(table)]
        rounds = [(measure(ours), measure(theirs)) for _ in range(options.rounds)]
    found = {
        "rows": options.rows,
        "validate, CPU s": statistics.median(ours[0] for ours, _ in rounds),
        "pandas.read_csv(dtype=str), CPU s": statistics.median(theirs[0] for _, theirs in rounds),
        "ratio": statistics.median(ours[0] / theirs[0] for ours, theirs in rounds),
        "validate, peak MiB": statistics.median(ours[1] for ours, _ in rounds),
        "pandas, peak MiB": statistics.median(theirs[1] for _, theirs in rounds),
    }
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:<36} {value:>12,.2f}" if isinstance(value, float) else f"{name:<36} {value:>12,}")


if __name__ == "__main__":
    main()
