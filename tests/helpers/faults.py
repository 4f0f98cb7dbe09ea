"""The one writer of fault plans for the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def write_plan(folder: Path, *faults: dict[str, object] | str, seed: int = 0) -> str:
    """Write a plan of faults, each as a mapping or as YAML's flow text; return its path.

    Without faults the plan is one in which nothing goes wrong.
    """
    path = folder / "plan.yaml"
    rules = [yaml.load(fault, Loader=yaml.BaseLoader) if isinstance(fault, str) else fault for fault in faults]  # noqa: S506  # as the sandbox reads it: only text
    path.write_text(yaml.safe_dump({"seed": seed, "faults": rules}))
    return str(path)
