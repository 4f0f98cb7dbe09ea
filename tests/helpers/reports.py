"""What tests read in reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_answers(report: Path) -> list[dict[str, Any]]:
    """Return the lines of a JSONL report, each a row's."""
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
