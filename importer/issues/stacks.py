"""Issue codes: what rows and stacks as a whole can be guilty of."""

from __future__ import annotations

from importer.issues.entry import Code
from importer.model import Severity

CODES = (
    Code(
        "missing-layer-id",
        Severity.ERROR,
        "The row doesn't say which position of the stack it is.",
        "Number the layers from the substrate up, from 1.",
        "an empty layer column",
    ),
    Code(
        "missing-sample",
        Severity.ERROR,
        "The row names neither sample_id nor sample_name.",
        "Say which target material the layer belongs to.",
        "an empty sample column",
    ),
    Code(
        "empty-layer",
        Severity.WARNING,
        "The layer has a position but nothing else.",
        "Fill in at least its composition, or remove the row.",
        "42,3,,,",
    ),
    Code(
        "duplicate-layer",
        Severity.ERROR,
        "Two rows name the same layer of the same stack; neither is sent, for only you know which is meant.",
        "Remove one, or correct its layer_id.",
        "layer 2 twice",
    ),
    Code(
        "layer-gap",
        Severity.ERROR,
        "A position below this layer is missing from its stack.",
        "Add the missing layer, or correct the numbering.",
        "1, 2, 4",
    ),
    Code(
        "stack-start",
        Severity.WARNING,
        "The lowest layer of the stack is neither 1 nor 0.",
        "Nothing, if the layers below are on the server already.",
        "3, 4, 5",
    ),
    Code(
        "rows-out-of-order",
        Severity.WARNING,
        "The rows of a stack don't stand in the order of their layers; they are sent from the substrate up.",
        "Check that the numbering counts from the substrate.",
        "3, 2, 1",
    ),
    Code(
        "stack-high",
        Severity.WARNING,
        "A stack has very many layers, more than the lab's bound (1000 unless set).",
        "Check that these are not several samples under one name.",
        "1001 layers of one sample",
    ),
    Code(
        "sample-key-mixed",
        Severity.ERROR,
        "Some rows of a sample have its sample_id, this one only its name: it would become a second sample.",
        "Give sample_id in all rows of a sample, or in none.",
        "42 and A17 in one row, A17 alone in the next",
    ),
    Code(
        "two-substrates",
        Severity.ERROR,
        "The rows of one sample name different substrates; none is sent, for only you know which is meant.",
        "Correct the substrate, or the sample's name.",
        "A17 on Si and on SrTiO3",
    ),
    Code(
        "duplicate-id",
        Severity.ERROR,
        "Two rows have the same explicit record id; neither is sent.",
        "Correct one, or leave the id to the server.",
        "id 100 twice",
    ),
    Code(
        "mp-id-two-formulas",
        Severity.WARNING,
        "One Materials Project id is given for different formulas.",
        "Check which of them it belongs to.",
        "mp-5020 for BaTiO3 and for SrTiO3",
    ),
    Code(
        "layer-split",
        Severity.WARNING,
        "Two neighbouring layers have the same composition and different space groups.",
        "Check that these are two layers, not one that was entered twice.",
        "BaTiO3 in P4mm on BaTiO3 in Pm-3m",
    ),
    Code(
        "ambiguous-sample-name",
        Severity.ERROR,
        "Several target materials on the server have this name.",
        "Give sample_id instead of the name.",
        "two samples called A17",
    ),
    Code(
        "sample-named-twice",
        Severity.ERROR,
        "Some rows give a target material by its name and others give the same one by its id.",
        "Give sample_id in all of its rows.",
        "A17, which is sample 7, beside rows of sample 7",
    ),
    Code(
        "missing-substrate",
        Severity.ERROR,
        "A new target material needs a substrate, and none is given.",
        "Fill in the substrate in one row of the sample; add the column if there is none (in YAML: sample: substrate).",
        "a new sample_name alone",
    ),
    Code(
        "payload-schema",
        Severity.ERROR,
        "What would be sent is not a layer as the schema describes it.",
        "Correct the value that is named.",
        "an empty object",
    ),
)
