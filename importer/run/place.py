"""Where a run file goes when nobody says."""

from __future__ import annotations

import time
from pathlib import Path

SUFFIX = ".run.sqlite"


def choose_run_path(first_input: str | Path, *, at: float) -> Path:
    """Return a free path beside the first input, named after it and the time.

    Standard input (``-``) and glob patterns have no place of their own; their run file goes to the current folder.

    Args:
        first_input: what the user named first.
        at: POSIX time.
    """
    named = Path(first_input)
    folder, stem = (named.parent, named.name) if named.exists() else (Path(), "import")
    stem = stem or Path.cwd().name
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(at))
    path = folder / f"{stem}.{stamp}{SUFFIX}"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{stem}.{stamp}-{number}{SUFFIX}"
    return path
