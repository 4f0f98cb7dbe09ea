"""The shape of one entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """What one issue code means.

    Attributes:
        code: stable kebab-case name; once published it is never given another meaning.
        severity: what it does to the row.
        meaning: what was found, one plain sentence.
        remedy: what the user does about it, one plain sentence.
        example: a text that gets it.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    example: str
