"""The rows of a stack file, before they gather into chunks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.issues import Code
from importer.model import Severity

if TYPE_CHECKING:
    from importer.formats.stacks.nodes import Fault, Scalar


STACK_WITHOUT_LAYERS = Code(
    "stack-without-layers",
    Severity.ERROR,
    "The stack names no layer.",
    "Write its layers, from the substrate up, as a list under `layers:`.",
    "sample_id: 42",
)


@dataclass(slots=True)
class Row:
    """One layer, or what stands where one should.

    Attributes:
        line: the line on which it is written.
        cells: key -> value as the text of a cell; line 0 for a text that isn't in the file.
        faults: what is wrong with it.
    """

    line: int
    cells: dict[str, Scalar] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
