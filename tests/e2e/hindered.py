"""A wrapper around the command that hinders it: ``python hindered.py KIND NUMBER ARGUMENTS...``.

``file-size N``: no file may grow beyond so many bytes, as on a full disk. ``clock-back N``: after so many looks the
wall clock goes back an hour.
"""

from __future__ import annotations

import itertools
import resource
import sys
import time

sys.dont_write_bytecode = True  # Python would leave modules cut short behind, and trip over them the next time

from importer.cli.app import app  # noqa: E402  # after that


def turn_clock_back(looks: int) -> None:
    """Set the wall clock back an hour after it was looked at so many times."""
    original, count = time.time, itertools.count(1)
    time.time = lambda: original() - (3_600.0 if next(count) > looks else 0.0)


if __name__ == "__main__":
    number = int(sys.argv[2])
    if sys.argv[1] == "file-size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
    elif sys.argv[1] == "clock-back":
        turn_clock_back(number)
    else:
        sys.exit(f"unknown: {sys.argv[1]}")
    app(sys.argv[3:], prog_name="layer-importer")
