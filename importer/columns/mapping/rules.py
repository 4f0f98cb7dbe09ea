"""What a mapping file can say of a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from importer.chunks.layout import DELIMITER_FORMS, FOUND, Layout, read_delimiter
from importer.errors import MappingError
from importer.layers.elements import is_element
from importer.layers.words.listing_order import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORDERS = {"bottom-up": Order.BOTTOM_UP, "top-down": Order.TOP_DOWN}
RULES = (
    "columns",
    "elements",
    "ignore",
    "constants",
    "defaults",
    "templates",
    "split",
    "stack_cells",
    "metadata",
    "blanks",
    "fill_down",
    "order",
    "number_rows",
    "header_rows",
    "transposed",
    "delimiter",
    "sheets",
    "files",
    "names",
    "encoding",
)
"""The keys of a mapping file."""


@dataclass(frozen=True, slots=True)
class Split:
    """How one column is cut into several fields; an empty field name drops a part."""

    separator: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StackCell:
    """How a cell that holds the layers of a whole stack is cut.

    Attributes:
        separator: what stands between two layers; blanks around it don't count.
        order: from which end the layers are listed.
        has_substrate: the lowest of them is the substrate, no layer.
    """

    separator: str
    order: Order
    has_substrate: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What a mapping file says of one table.

    Attributes:
        columns: header -> field.
        texts: header -> text of a cell -> text to take instead.
        ignore: headers of columns that are not used.
        constants: field -> the text that every row gets.
        defaults: field -> the text where a cell is empty.
        templates: field -> text with headers in braces.
        split: header -> how its column is cut.
        elements: header -> symbol of the element whose amounts its column holds.
        order: from which end layers are counted, None where it isn't said.
        number_rows: in which order the rows of a sample are its layers, which are numbered by it; None where they have
            numbers of their own.
        fill_down: headers of columns whose blank cells take the text above.
        blanks: texts that say that a cell has none.
        metadata: label of a row above the header -> the field that the text beside it holds for all rows.
        stack_cells: header -> how its cells are cut into the layers of a stack.
        layout: how the table stands in its file.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, Split] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)
    order: Order | None = None
    number_rows: Order | None = None
    fill_down: tuple[str, ...] = ()
    blanks: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    stack_cells: Mapping[str, StackCell] = field(default_factory=dict)
    layout: Layout = FOUND


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file: rules for all tables, for single sheets on top of them, names of materials, the encoding.

    Attributes:
        files: pattern of inputs' names -> what is said of them, with what is said of all below it.
    """

    name: str
    rules: Rules = field(default_factory=Rules)
    sheets: Mapping[str, Rules] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    encoding: str | None = None
    files: tuple[tuple[str, MappingFile], ...] = ()

    def choose(self, source: str) -> MappingFile:
        """Return what is said of one input: that of the first pattern that fits its name, else what is said of all."""
        path = PurePath(source)
        return next((special for pattern, special in self.files if path.match(pattern)), self)

    def find_rules(self, sheet: str | None) -> Rules:
        """Return the rules that hold for a sheet (None: a file without sheets)."""
        return self.rules if sheet is None else self.sheets.get(sheet, self.rules)


def make_mapping(content: dict[str, Any], name: str) -> MappingFile:
    """Return a mapping from content that the schema has passed.

    Raises:
        MappingError: a template has broken braces, or a field is given in two ways.
    """
    general = {key: value for key, value in content.items() if key not in {"sheets", "names", "encoding", "files"}}
    sheets = {
        sheet: _make_rules(_merge_rules(general, special), f"{name}, sheet {sheet!r}")
        for sheet, special in content.get("sheets", {}).items()
    }
    names = frozenset(content.get("names", ()))
    files = tuple(
        (pattern, make_mapping(_merge_files(content, special), f"{name}, files {pattern!r}"))
        for pattern, special in content.get("files", {}).items()
    )
    return MappingFile(
        name, _make_rules(general, name), MappingProxyType(sheets), names, content.get("encoding"), files
    )


def _merge_files(content: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of some files, on top of what is said of all, sheet by sheet too."""
    sheets = {**content.get("sheets", {})}
    for sheet, rules in special.get("sheets", {}).items():
        sheets[sheet] = _merge_rules(sheets.get(sheet, {}), rules)
    merged = _merge_rules({key: value for key, value in content.items() if key not in {"files", "sheets"}}, special)
    return merged | {"sheets": sheets}


def _merge_rules(general: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    """Return rules with those of a sheet on top."""
    merged = dict(general)
    for key, value in special.items():
        if isinstance(value, str):
            merged[key] = value
        else:
            merged[key] = (
                [*general.get(key, ()), *value] if isinstance(value, list) else {**general.get(key, {}), **value}
            )
    return merged


def _make_rules(content: dict[str, Any], name: str) -> Rules:
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    for header, use in content.get("columns", {}).items():
        columns[header] = use if isinstance(use, str) else use["field"]
        if not isinstance(use, str) and "values" in use:
            values[header] = use["values"]
    split = {header: Split(cut["separator"], tuple(cut["fields"])) for header, cut in content.get("split", {}).items()}
    rules = Rules(
        columns=columns,
        texts=values,
        ignore=tuple(dict.fromkeys(content.get("ignore", ()))),
        constants=content.get("constants", {}),
        defaults=content.get("defaults", {}),
        templates=content.get("templates", {}),
        split=split,
        elements=content.get("elements", {}),
        order=_ORDERS.get(content.get("order", "")),
        number_rows=_ORDERS.get(content.get("number_rows", "")),
        fill_down=tuple(content.get("fill_down", ())),
        blanks=frozenset(text.strip() for text in content.get("blanks", ())),
        metadata=content.get("metadata", {}),
        stack_cells={header: _make_stack_cell(cut) for header, cut in content.get("stack_cells", {}).items()},
        layout=_make_layout(content, name),
    )
    _check_rules(rules, name)
    return rules


def _make_stack_cell(cut: dict[str, str]) -> StackCell:
    return StackCell(cut["separator"], _ORDERS[cut["order"]], has_substrate=cut["lowest"] == "substrate")


def _make_layout(content: dict[str, Any], name: str) -> Layout:
    """Return how the table stands in its file.

    Raises:
        MappingError: the delimiter is none, the rows of the header aren't neighbours, or the header is a column.
    """
    given = content.get("delimiter")
    delimiter = None if given is None else read_delimiter(given)
    if given is not None and delimiter is None:
        raise MappingError(f"The mapping file {name} has the delimiter {given!r}: {DELIMITER_FORMS}")
    rows = content.get("header_rows")
    numbers = None if rows is None else tuple(sorted(map(int, rows)))
    if numbers and numbers != tuple(range(numbers[0], numbers[-1] + 1)):
        raise MappingError(f"The mapping file {name} has header_rows {list(numbers)}. They must follow one another.")
    if numbers is not None and content.get("transposed") == "true":
        raise MappingError(
            f"The mapping file {name} has both transposed and header_rows. A transposed table has its headers in its "
            "first column, so leave header_rows out."
        )
    return Layout(delimiter, numbers, is_transposed=content.get("transposed") == "true")


def _check_rules(rules: Rules, name: str) -> None:
    """Refuse rules that contradict each other.

    Raises:
        MappingError: see the message.
    """
    given = [*rules.columns.values(), *rules.constants, *rules.templates, *rules.metadata.values()]
    given += name_made_fields(rules)
    given += [part for cut in rules.split.values() for part in cut.fields if part]
    for each in given:
        if given.count(each) > 1:
            raise MappingError(f"The mapping file {name} gives the field {each} twice, in two ways. Keep one.")
    if rules.number_rows is not None and rules.order is not None:
        raise MappingError(f"The mapping file {name} has both number_rows and order. Keep number_rows: it says both.")
    for header, symbol in rules.elements.items():
        if not is_element(symbol):
            raise MappingError(
                f"The mapping file {name} names {symbol!r} for {header!r}, but there is no such element."
            )
    for target, template in rules.templates.items():
        list_placeholders(template, f"The template of {target} in the mapping file {name}")


def list_placeholders(template: str, what: str = "The template") -> list[tuple[str, str | None]]:
    """Return the parts of a template: literal text and the header after it, None at the end.

    Raises:
        MappingError: its braces don't close, or hold more than a header.
    """
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise MappingError(f"{what} can't be used: {error}. Write {{{{ and }}}} for braces.") from None
    if any(spec or conversion or header == "" for _, header, spec, conversion in parts):
        raise MappingError(f"{what} can't be used. Only headers of columns are allowed between braces.")
    return [(literal, header) for literal, header, _, _ in parts]


def name_made_fields(rules: Rules) -> list[str]:
    """Return the fields that come from the order of rows, or from cells that hold whole stacks."""
    made = [] if rules.number_rows is None else ["layer_id"]
    if rules.stack_cells:
        made += ["layer_id", "composition_string"]
    return [*made, *(["substrate"] if any(cut.has_substrate for cut in rules.stack_cells.values()) else [])]
