"""What a process that tests start finds around it: the project's folder, a key, and nothing of the caller's."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY = "e2e-key-27182818284"
_KEPT = ("PATH", "HOME", "LANG", "PATHEXT", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE")
"""What a process needs of its environment; the last ones on Windows."""


def make_environment(url: str | None = None, **extra: str) -> dict[str, str]:
    """Return an environment with nothing of the caller's but the path to Python and to the package."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    found = {**kept, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1", "COLUMNS": "120", **extra}
    return found if url is None else {**found, "AS_API_ENDPOINT": url, "AS_API_KEY": KEY}
