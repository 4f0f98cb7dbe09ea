"""Issue codes: what matching headers to fields can find."""

from __future__ import annotations

from importer.codes.entry import Code
from importer.model import Severity

CODES: tuple[Code, ...] = (
    Code(
        "unused-column",
        Severity.NOTE,
        "No field has this name; what stands in the column is not sent.",
        "Nothing to do, unless it belongs to a layer: then rename it, or name it in a mapping file.",
        "Thickness (nm)",
    ),
    Code(
        "column-near-miss",
        Severity.WARNING,
        "The header is nearly the name of a field; it was not taken for it.",
        "Rename the header as suggested, or name it in a mapping file.",
        "Orientaton",
    ),
    Code(
        "unnamed-column",
        Severity.WARNING,
        "There is text in a column without a header; it is not sent.",
        "Give the column a header, or empty it.",
        "an empty cell in the header",
    ),
    Code(
        "duplicate-column",
        Severity.ERROR,
        "Two columns are the same field, so that it isn't known which counts; no row of the table is sent.",
        "Rename one of them, or have one ignored in a mapping file.",
        "Formula and Composition",
    ),
    Code(
        "duplicate-field",
        Severity.ERROR,
        "One layer names the same field twice, under two names.",
        "Keep one of the two.",
        "{formula: BaTiO3, composition: BaTiO3}",
    ),
    Code(
        "no-known-column",
        Severity.ERROR,
        "None of the headers is the name of a field, so that nothing of the table can be understood.",
        "Check that the first row names the columns (layer_id, sample_id, composition_string), or give a mapping file.",
        "A;B;C",
    ),
    Code(
        "mapping-unmatched",
        Severity.WARNING,
        "The mapping file names a column that the table doesn't have.",
        "Check the spelling of the header in the mapping file.",
        "columns: {Formla: composition_string}",
    ),
    Code(
        "split-mismatch",
        Severity.ERROR,
        "A cell that the mapping file cuts has another number of parts than the mapping file names.",
        "Correct the cell, or the separator and fields under `split` in the mapping file.",
        "S1-1-2 cut at - into two fields",
    ),
    Code(
        "template-incomplete",
        Severity.ERROR,
        "A text that the mapping file makes of several columns lacks one of them in this row.",
        "Fill the empty cell, or change the template.",
        'an empty piece in "{run}-{piece}"',
    ),
    Code(
        "empty-group",
        Severity.ERROR,
        "A wide row has nothing for a layer below this one, so that it isn't known what it lies on.",
        "Fill the empty layer's cells, or move the upper layers down.",
        "layer1 and layer3 filled, layer2 empty",
    ),
)
