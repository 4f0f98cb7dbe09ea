"""What every stage of the benchmark is made of: processes measured from outside, in turn, and what came of it.

Run as a program it is the small parent of one measured process: a process's peak memory, as the system accounts it,
begins at that of the process which started it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
READ = (
    "import sys; from importer.formats.read import find_sources, iter_raw_chunks\n"
    "for chunk in iter_raw_chunks(find_sources(sys.argv[1:])[0]): pass"
)
"""A program that reads a file into chunks, and keeps none."""
LONGEST = 1_800.0
"""Seconds after which a measured process is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a stage is asked to do.

    Attributes:
        folder: scratch folder, removed by the caller.
        rows: rows of the largest table; stages take their sizes from it, so that a small number tries them all.
        rounds: how often each command runs, in turn with the others; medians are told.
        frictionless: the ``frictionless`` command of an environment of its own; None where there is none.
    """

    folder: Path
    rows: int = 1_000_000
    rounds: int = 3
    frictionless: Path | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process took.

    Attributes:
        cpu: seconds of processor time, user and system, of it and of what it waited for.
        wall: seconds from start to end.
        peak_mib: largest resident memory of one process, MiB.
        code: exit code.
    """

    cpu: float
    wall: float
    peak_mib: float
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the table.

    Attributes:
        stage: what was measured.
        against: what it was measured against, in the same run.
        ours: the median of ours; None where it couldn't be measured, and then ``note`` says why.
        theirs: the median of the other.
        unit: of both, such as ``CPU s``, ``MiB``, ``rows/s``.
        ratio: median of the ratios ours / theirs, round by round.
        floor: what the ratio is to reach, in words: ``<= 2.5``.
        note: what else is to be known.
    """

    stage: str
    against: str = ""
    ours: float | None = None
    theirs: float | None = None
    unit: str = "CPU s"
    ratio: float | None = None
    floor: str = ""
    note: str = ""


def measure(command: Sequence[str], *, env: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)) -> Usage:
    """Run a command to its end and return what it took; what it prints is thrown away.

    Args:
        command: program and arguments.
        env: its environment; ours if left out.
        codes: the exit codes that mean it did its work.

    Raises:
        RuntimeError: it ended with another code, and what it said last.
    """
    parent = [sys.executable, "-S", str(Path(__file__)), *command]
    done = subprocess.run(parent, env=env, cwd=ROOT, capture_output=True, timeout=LONGEST, check=True)
    found = Usage(**json.loads(done.stdout))
    if found.code not in codes:
        said = done.stderr.decode(errors="replace")[-2_000:]
        raise RuntimeError(f"{' '.join(command)} ended with {found.code}: {said}")
    return found


def interleave(runs: Mapping[str, Callable[[], Usage]], *, rounds: int) -> dict[str, list[Usage]]:
    """Run several things in turn, A B A B ..., so that a machine that changes its speed changes it for all."""
    found: dict[str, list[Usage]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
    return found


def compare(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Return the medians of two figures and the median of their ratios, round by round."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return statistics.median(ours), statistics.median(theirs), statistics.median(ratios)


def main() -> None:
    """Run the command given as arguments as the only child, and print what it took."""
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  # the benchmark's own commands
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    found = {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "peak_mib": usage.ru_maxrss / 1024}
    print(json.dumps({**found, "code": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
