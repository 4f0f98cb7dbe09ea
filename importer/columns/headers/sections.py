"""Rows that name a sample above its layers, as ``Sample 42`` in a row of its own: seen, and told with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.columns.headers.evidence import list_texts
from importer.issues import Code, Problem, make_issue
from importer.model import Severity

if TYPE_CHECKING:
    from importer.chunks import RawChunk
    from importer.model import Issue

SECTION_ROWS = Code(
    "section-rows",
    Severity.ERROR,
    "A row has one text where the layers are numbered, as a sample's name above its layers. No rows will be sent.",
    "Add a column `sample_name`, and move each such text there. Its row may stay, with "
    "`fill_down: [sample_name]` in a mapping file; without that, write the name beside each layer.",
    "Sample 42 in a row above layers 1 and 2",
)


def refuse_sections(raw: RawChunk, uses: list[tuple[ColumnUse, bool]]) -> list[Issue]:
    """Stop a table whose sample nothing gives, in which a row without a number stands above layers with one.

    The name of the file or the sheet, which is proposed otherwise, would put the layers of several samples together.
    """
    numbers = [use.position for use, _ in uses if use.field == "layer_id" and use.role is Role.FIELD]
    others = [use.position for use, _ in uses if use.position not in numbers and use.header.strip()]
    if len(numbers) != 1 or not others:
        return []
    texts = list_texts(raw, numbers[0])
    filled = [set(filter(None, each)) for each in zip(*(list_texts(raw, at) for at in others), strict=True)]
    for row in range(len(texts) - 1):
        is_section = texts[row] and not texts[row].isdecimal() and not filled[row]
        if is_section and texts[row + 1].isdecimal() and filled[row + 1]:
            said = f"{texts[row]!r} stands alone above layer {texts[row + 1]}. If it names the sample of the layers "
            said += "below, it must be in a column of its own."
            return [make_issue(Problem(SECTION_ROWS, said), raw.place_cell(row, numbers[0]), value=texts[row])]
    return []
