"""What is said of something that has none of the fields that make a layer, by readers and rules alike."""

from __future__ import annotations

from importer.issues import Code
from importer.model import Severity

NOT_A_LAYER = Code(
    "not-a-layer",
    Severity.ERROR,
    "This should be a layer, but it's something else, or none of its keys is a layer field.",
    "Write a layer as keys and values: `- formula: BaTiO3`.",
    "layers: [BaTiO3]",
)
