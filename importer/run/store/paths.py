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
    return _find_free(folder, stem or Path.cwd().name, SUFFIX, at=at)


def choose_old_path(path: Path, *, at: float) -> Path:
    """Return a free path beside a run file, where it is kept when a corrected import takes its place.

    Args:
        path: the run file.
        at: POSIX time.
    """
    return _find_free(path.parent, path.name.removesuffix(SUFFIX), f".old{SUFFIX}", at=at)


def _find_free(folder: Path, stem: str, suffix: str, *, at: float) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(at))
    path = folder / f"{stem}.{stamp}{suffix}"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{stem}.{stamp}-{number}{suffix}"
    return path
