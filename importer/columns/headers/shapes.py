"""Tables that stand in another way than one header over rows of layers: seen, and told with what to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.columns.headers.sections import refuse_sections
from importer.columns.mapping.apply import FILE, SHEET, list_labels, name_place
from importer.columns.mapping.rules import name_made_fields
from importer.contract import STACK_FIELDS
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import REPORT_COLUMNS, count_known, match_header
from importer.layers.integers import parse_integer
from importer.model import Severity, Where

if TYPE_CHECKING:
    from importer.chunks import RawChunk
    from importer.columns.mapping.rules import Rules
    from importer.model import Issue

_ROWS_LOOKED_AT = 200
_FEW = 2
_BLANKS = re.compile(r"\s+")
_WIDE_BLANKS = re.compile(r"\s{2,}|\t")
_SEPARATORS = (" | ", "|", " // ", " / ", " -> ", "; ", " \u2192 ", "/", ">", ";", " - ", ", ")
_STACK_WORDS = re.compile("stack|structure|sequence|multilayer|layers|architecture|schichtfolge|schichten|aufbau|film")
_CONTENT = frozenset({"composition_string", "element_dict", "orientation", "space_group", "mp_id"})
_OWN_SHEET_NAME = re.compile(
    r"(?:sheet|tabelle|feuille|feuil|hoja|foglio|arkusz|list|лист|シート)[ _]?\d*", re.IGNORECASE
)

METADATA_ROW = Code(
    "metadata-row",
    Severity.WARNING,
    "A row above the header names a field, such as the sample. It isn't used.",
    "If it applies to all rows, write `metadata: {Sample: sample_name}` in a mapping file.",
    "Sample,A17 above the header",
)

SAMPLE_OUTSIDE = Code(
    "sample-outside-table",
    Severity.NOTE,
    "No column names the sample, but the sheet or the file may be named after it.",
    'If it is, write `templates: {sample_name: "{sheet}"}` (or "{file}") in a mapping file.',
    "a sheet A17 with the layers of sample A17",
)

TRANSPOSED = Code(
    "table-transposed",
    Severity.WARNING,
    "The first column contains field names: the layers seem to be in columns instead of rows.",
    "If they are, write `transposed: true` in a mapping file.",
    "Layer, Formula and Orientation below each other",
)

BLANK_SEPARATED = Code(
    "blank-separated",
    Severity.WARNING,
    "The columns of a text file seem to be separated by spaces, so they were read as one.",
    "Give the delimiter in a mapping file: `delimiter: blanks`, or `delimiter: fixed` for aligned columns.",
    "a table printed by a program",
    option="--delimiter blanks",
)

NO_CONTENT = Code(
    "no-content-column",
    Severity.ERROR,
    "The table numbers layers, but no column says what they are made of, and others aren't used; no row is sent.",
    "Name the column in a mapping file, as `columns: {Target: composition_string}`, or list the others under `ignore`.",
    "Sample, Layer, Target, Shots",
)

NO_LAYER_NUMBER = Code(
    "no-layer-number",
    Severity.NOTE,
    "No column numbers the layers.",
    "If each sample has one layer, write `constants: {layer_id: 1}` in a mapping file; if the rows of each sample are "
    "its layers in order, `number_rows: bottom-up` or `number_rows: top-down`.",
    "Sample, Formula, Orientation",
)

STACK_IN_A_CELL = Code(
    "stack-in-a-cell",
    Severity.WARNING,
    "The cells of a column seem to list all layers of a stack.",
    "Say under `stack_cells` in a mapping file how to split them.",
    "SLG | ITO | TiO2 | Spiro-OMeTAD | Au",
)


def suggest_shapes(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], rules: Rules) -> list[Issue]:
    """Return what is to be said of a table that seems to stand in another way than it is read."""
    if raw.header_row is None:
        return []
    fields = {use.field for use, _ in uses if use.field is not None}
    fields |= {*rules.constants, *rules.templates, *rules.metadata.values()}
    fields |= {*name_made_fields(rules), *(part for cut in rules.split.values() for part in cut.fields)}
    if not raw.is_transposed and (issue := _suggest_transposed(raw)) is not None:
        return [issue]
    issues = _suggest_metadata(raw, fields)
    if (issue := _suggest_blanks(raw)) is not None:
        return [issue]
    if not fields & {"sample_id", "sample_name"} and not issues and fields:
        issues += refuse_sections(raw, uses) or _suggest_sample(raw)
    in_cells = [] if rules.stack_cells else _suggest_stack_cell(raw, uses, fields)
    if rules.stack_cells or in_cells:
        return [*issues, *in_cells]
    fields |= {*rules.defaults, *("element_dict" for use, _ in uses if use.role is Role.ELEMENT)}
    return [*issues, *_refuse_bare(raw, uses, fields), *_suggest_layer(raw, uses, fields)]


def _refuse_bare(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], fields: set[str]) -> list[Issue]:
    """Stop a table that numbers layers and says nothing else of them, while other columns of it aren't used."""
    unused = [use.position for use, _ in uses if use.role is Role.UNUSED and use.header.strip()]
    filled = [position for position in unused if raw.columns[position].find_filled().any()]
    is_report = set(REPORT_COLUMNS) <= set(raw.header)
    if "layer_id" not in fields or fields & _CONTENT or not filled or is_report:
        return []
    names = [raw.header[position] for position in filled]
    said = f"No column says what the layers are made of; not used: {', '.join(map(repr, names[:5]))}. Name one in a "
    said += f"mapping file, e.g. `columns: {{{names[0]!r}: composition_string}}`, or `ignore` what isn't of a layer."
    return [make_issue(Problem(NO_CONTENT, said), raw.place_table())]


def _suggest_layer(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], fields: set[str]) -> list[Issue]:
    """Ask how the layers of a table are numbered in which no column does that."""
    is_known = bool(fields & {"sample_id", "sample_name"})
    if "layer_id" in fields or not fields & _CONTENT or any(use.group is not None for use, _ in uses) or not is_known:
        return []
    samples = [use.position for use, _ in uses if use.field in {"sample_id", "sample_name"}]
    rows = range(min(len(raw.rows), _ROWS_LOOKED_AT))
    names = [tuple((raw.columns[position].text_at(row) or "").strip() for position in samples) for row in rows]
    said = "No column numbers the layers. "
    if samples and all(any(name) for name in names) and len(set(names)) == len(names):
        said += "Is each row the only layer of its sample? Then write `constants: {layer_id: 1}` in a mapping file."
    else:
        said += "Do the rows of each sample list its layers in order? Then write `number_rows: bottom-up` in a mapping "
        said += "file if the first is on the substrate, or `number_rows: top-down` if it's the top one."
    return [make_issue(Problem(NO_LAYER_NUMBER, said), raw.place_table())]


def _suggest_metadata(raw: RawChunk, fields: set[str]) -> list[Issue]:
    """Say which labels above the header name a field of the stack that no column does."""
    issues = []
    for found in list_labels(raw):
        field = match_header(found.label)[0]
        if field == "sample_id" and parse_integer(found.text).value is None:
            field = "sample_name"  # a lab's own id is a name: the server's are numbers
        if (
            field not in STACK_FIELDS
            or field in fields
            or (field != "substrate" and fields & {"sample_id", "sample_name"})
        ):
            continue
        fields = {*fields, field}
        said = f"{found.label!r} above the header is {found.text!r}. It isn't used. If it applies to all rows, write "
        said += f"`metadata: {{{found.label}: {field}}}` in a mapping file."
        where = Where(raw.source, raw.sheet, found.row)
        issues.append(make_issue(Problem(METADATA_ROW, said), where, value=found.text))
    return issues


def _suggest_transposed(raw: RawChunk) -> Issue | None:
    """Say that the first column holds names of fields, where more of them stand there than in the header."""
    column = raw.columns[0] if raw.columns else None
    if column is None:
        return None
    texts = [
        text for row in range(min(len(raw.rows), _ROWS_LOOKED_AT)) if (text := (column.text_at(row) or "").strip())
    ]
    named = {match_header(text)[0] for text in (raw.header[0], *texts)} - {None}
    if len(named) <= max(1, count_known(raw.header[1:]) + 1) or len(named) * _FEW < len(set(texts)):
        return None
    said = (
        f"The first column contains field names ({', '.join(repr(text) for text in (raw.header[0], *texts)[:3])}), so "
    )
    said += "the layers seem to be in columns. If they are, write `transposed: true` in a mapping file."
    return make_issue(Problem(TRANSPOSED, said), raw.place_table())


def _suggest_blanks(raw: RawChunk) -> Issue | None:
    """Say that a text of one column has headers with blanks between them."""
    header = raw.header[0] if len(raw.header) == 1 else ""
    for pattern, word in ((_BLANKS, "blanks"), (_WIDE_BLANKS, "fixed")):
        names = pattern.split(header.replace('"', "").strip())
        if len(names) > 1 and count_known(names) > 1:
            said = f"The columns of this text seem to be separated by spaces (`delimiter: {word}`"
            said += ", or `delimiter: fixed` if cells contain spaces)." if word == "blanks" else ")."
            return make_issue(Problem(BLANK_SEPARATED, said), raw.place_table(), value=header[:200])
    return None


def _suggest_sample(raw: RawChunk) -> list[Issue]:
    """Say that the sheet's or the file's name may be the sample's."""
    places = [(word, name) for word in (SHEET, FILE) if (name := name_place(raw, word))]
    places = [(word, name) for word, name in places if word == FILE or not _OWN_SHEET_NAME.fullmatch(name)]
    if not places:
        return []
    word, name = places[0]
    said = f"No column names the sample. If it is {name!r}, the name of the {word}, write "
    said += f'`templates: {{sample_name: "{{{word}}}"}}` in a mapping file.'
    return [make_issue(Problem(SAMPLE_OUTSIDE, said), raw.place_table())]


def _suggest_stack_cell(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], fields: set[str]) -> list[Issue]:
    """Say that the cells of a column seem to list all layers of a stack."""
    if "layer_id" in fields:
        return []
    for use, _ in uses:
        if use.role is Role.SPLIT or use.group is not None or not use.header.strip():
            continue
        if use.role is Role.FIELD and use.field != "composition_string":
            continue
        texts = [str(text).strip() for text in raw.columns[use.position].coded.distinct[:_ROWS_LOOKED_AT] if text]
        separator = next((each for each in _SEPARATORS if texts and _are_lists(texts, each)), None)
        if separator is None or (use.role is not Role.FIELD and not _STACK_WORDS.search(use.header.casefold())):
            continue
        said = f"The cells of {use.header!r} seem to list all layers of a stack. If they do, write `stack_cells: "
        said += (
            f'{{{use.header}: {{separator: "{separator.strip()}", order: bottom-up, lowest: layer}}}}` in a mapping '
        )
        said += "file, with `order: top-down` if the top comes first, and `lowest: substrate` if the lowest is that."
        return [make_issue(Problem(STACK_IN_A_CELL, said), raw.place_header(use.position), value=texts[0][:200])]
    return []


def _are_lists(texts: list[str], separator: str) -> bool:
    """Tell whether most of some texts are cut by a separator into parts that each have a letter."""
    cut = [[part.strip() for part in text.split(separator)] for text in texts]
    if separator == "/":  # the second of two behind a substrate, as in Si//Fe/Pt
        cut = [[parts[0], *filter(None, parts[1:2]), *parts[2:]] for parts in cut]
    lists = [parts for parts in cut if len(parts) > 1 and all(any(c.isalpha() for c in part) for part in parts)]
    return len(lists) * _FEW >= len(texts) and any(len(parts) > _FEW for parts in lists)
