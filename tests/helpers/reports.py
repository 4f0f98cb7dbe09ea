"""What tests read in reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_answers(report: Path) -> list[dict[str, Any]]:
    """Return the lines of rows of a JSONL report, without the first ones, which are about whole tables."""
    lines = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "status" in line]
