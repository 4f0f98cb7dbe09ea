"""Mapping files: what the headers don't say, said by the user."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import yaml

from importer.contract import ALL_FIELDS
from importer.errors import MappingError
from importer.issues import Code, Problem, make_issue
from importer.layers.elements import is_element
from importer.layers.header_names import match_header
from importer.layers.schema import load_schema
from importer.layers.words.listing_order import Order
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from collections.abc import Mapping as MappingType

    from importer.model import Issue

_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 8
_ORDERS = {"bottom-up": Order.BOTTOM_UP, "top-down": Order.TOP_DOWN}
_RULES = (
    "columns",
    "elements",
    "ignore",
    "constants",
    "defaults",
    "templates",
    "split",
    "order",
    "sheets",
    "names",
    "encoding",
)


@dataclass(frozen=True, slots=True)
class Split:
    """How one column is cut into several fields; an empty field name drops a part."""

    separator: str
    fields: tuple[str, ...]


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
        fill_down: headers of columns whose blank cells take the text above.
    """

    columns: MappingType[str, str] = field(default_factory=dict)
    texts: MappingType[str, MappingType[str, str]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    constants: MappingType[str, str] = field(default_factory=dict)
    defaults: MappingType[str, str] = field(default_factory=dict)
    templates: MappingType[str, str] = field(default_factory=dict)
    split: MappingType[str, Split] = field(default_factory=dict)
    elements: MappingType[str, str] = field(default_factory=dict)
    order: Order | None = None
    fill_down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file: rules for all tables, for single sheets on top of them, names of materials, the encoding."""

    name: str
    rules: Rules = field(default_factory=Rules)
    sheets: MappingType[str, Rules] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    encoding: str | None = None

    def find_rules(self, sheet: str | None) -> Rules:
        """Return the rules that hold for a sheet (None: a file without sheets)."""
        return self.rules if sheet is None else self.sheets.get(sheet, self.rules)


@cache
def _mapping_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("mapping"))


def load_mapping(given: str | Path | MappingType[str, Any]) -> Mapping:
    """Read and check a mapping file (YAML or JSON), or a dict of what would stand in one; every scalar in it is text.

    Raises:
        MappingError: it can't be read, is no YAML, or isn't what ``schemas/mapping.schema.json`` describes.
    """
    if isinstance(given, MappingABC):
        name, content = "The mapping", _make_texts(given)
    else:
        name, content = f"The mapping file {given}", _read_content(Path(given))
    fault = next(_mapping_validator().iter_errors(content), None)
    if fault is not None:
        at = ".".join(map(str, fault.instance_path)) or "the whole of it"
        raise MappingError(f"{name} can't be used, at {at}: {_explain_fault(fault)}")
    return make_mapping(content, "<dict>" if isinstance(given, MappingABC) else str(given))


def _read_content(path: Path) -> Any:  # noqa: ANN401  # the schema tells what it must be
    """Return the content of a mapping file, every scalar as text."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise MappingError(f"The mapping file {path} can't be read: {error.strerror}.") from None
    if len(data) > _MAX_BYTES:
        raise MappingError(f"The mapping file {path} is larger than {_MAX_BYTES // 1024} kB: that is no mapping.")
    try:
        _check_events(data, path)
        return yaml.load(data, Loader=yaml.CBaseLoader)  # noqa: S506 CBaseLoader makes text, lists and dicts only
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" on line {mark.line + 1}, column {mark.column + 1}"
        what = getattr(error, "problem", None) or "its bytes are no text"
        raise MappingError(f"The mapping file {path} is no valid YAML{where} ({what}). Correct it there.") from None


def _make_texts(given: object, depth: int = 0) -> Any:  # noqa: ANN401  # as _read_content
    """Return a dict as a file would give it: a whole number is its digits, nothing else is guessed."""
    if isinstance(given, str):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if isinstance(given, MappingABC) and depth < _MAX_DEPTH:
        return {_make_texts(key, _MAX_DEPTH): _make_texts(value, depth + 1) for key, value in given.items()}
    if isinstance(given, list | tuple) and depth < _MAX_DEPTH:
        return [_make_texts(value, depth + 1) for value in given]
    raise MappingError(
        f"The mapping holds {given!r:.100}, where only texts, lists and dicts may stand. Write it as text."
    )


def _explain_fault(fault: jsonschema_rs.ValidationError) -> str:
    """Return in words what the schema doesn't take, with the names that it knows."""
    unknown = re.search(r"\('([^']*)'", fault.message)
    if fault.kind.name in {"unevaluatedProperties", "additionalProperties"} and unknown is not None:
        return _suggest_name(unknown[1], _RULES, "rule")
    value = fault.instance.get("field") if isinstance(fault.instance, dict) else fault.instance
    if fault.kind.name in {"anyOf", "propertyNames"}:
        named = re.match(r'"([^"]*)"', fault.message)
        return _suggest_name(str(value if isinstance(value, str) or named is None else named[1]), ALL_FIELDS, "field")
    return f"{fault.message}."


def _suggest_name(name: str, known: Sequence[str], what: str) -> str:
    """Return that a name isn't known, which are, and which of them it nearly is."""
    near = match_header(name)[0] if what == "field" else None
    near = near or next(iter(difflib.get_close_matches(name, known, n=1)), None)
    meant = "" if near is None else f" Did you mean {near}?"
    return f"{name!r} is no {what}; there are {', '.join(known)}.{meant}"


MAPPING_UNMATCHED = Code(
    "mapping-unmatched",
    Severity.WARNING,
    "The mapping file names a column, or a sheet, that the input doesn't have.",
    "Check the spelling of the header, or of the sheet, in the mapping file.",
    "columns: {Formla: composition_string}",
)


def list_absent_sheets(mapping: Mapping, seen: Collection[str | None]) -> list[Issue]:
    """Return what is to be said of sheets that a mapping file has rules for and that weren't read.

    A mapping may be for several workbooks: an absent sheet is told where one that was read has nearly its name, or
    where none was read that the mapping names.
    """
    without_rules = [sheet for sheet in seen if sheet is not None and sheet not in mapping.sheets]
    has_one = any(sheet in seen for sheet in mapping.sheets)
    issues = []
    for sheet in mapping.sheets:
        near = next(iter(difflib.get_close_matches(sheet, without_rules, n=1, cutoff=0.7)), None)
        if sheet in seen or (has_one and near is None):
            continue
        said = f"The mapping file {mapping.name} has rules for the sheet {sheet!r}, which was not read or isn't there."
        if near is not None:
            said += f" Did you mean {near!r}?"
        issues.append(make_issue(Problem(MAPPING_UNMATCHED, said, near), Where(mapping.name, sheet), value=sheet))
    return issues


def _check_events(data: bytes, path: Path) -> None:
    """Refuse what a mapping has no need of before it is loaded: depth, aliases, keys that stand twice.

    Raises:
        MappingError: it has one of these.
    """
    open_keys: list[set[str] | None] = []
    is_key: list[bool] = []
    for event in yaml.parse(data, Loader=yaml.CSafeLoader):
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise MappingError(f"The mapping file {path} has an alias (*) on line {line}: write it out.")
        if isinstance(event, yaml.CollectionEndEvent):
            open_keys.pop()
            is_key.pop()
            continue
        if isinstance(event, yaml.ScalarEvent) and open_keys and is_key[-1] and (keys := open_keys[-1]) is not None:
            if event.value in keys:
                raise MappingError(f"The mapping file {path} has the key {event.value!r} twice, again on line {line}.")
            keys.add(event.value)
        if isinstance(event, yaml.NodeEvent) and open_keys and open_keys[-1] is not None:
            is_key[-1] = not is_key[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            open_keys.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            is_key.append(True)
            if len(open_keys) > _MAX_DEPTH:
                raise MappingError(f"The mapping file {path} is nested too deeply on line {line}.")


def make_mapping(content: dict[str, Any], name: str) -> Mapping:
    """Return a mapping from content that the schema has passed.

    Raises:
        MappingError: a template has broken braces, or a field is given in two ways.
    """
    general = {key: value for key, value in content.items() if key not in {"sheets", "names", "encoding"}}
    sheets = {
        sheet: _make_rules(_merge_rules(general, special), f"{name}, sheet {sheet!r}")
        for sheet, special in content.get("sheets", {}).items()
    }
    names = frozenset(content.get("names", ()))
    return Mapping(name, _make_rules(general, name), MappingProxyType(sheets), names, content.get("encoding"))


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
        fill_down=tuple(content.get("fill_down", ())),
    )
    _check_rules(rules, name)
    return rules


def _check_rules(rules: Rules, name: str) -> None:
    """Refuse rules that contradict each other.

    Raises:
        MappingError: see the message.
    """
    given = [*rules.columns.values(), *rules.constants, *rules.templates]
    given += [part for cut in rules.split.values() for part in cut.fields if part]
    for each in given:
        if given.count(each) > 1:
            raise MappingError(f"The mapping file {name} gives the field {each} in two ways: keep one.")
    for header, symbol in rules.elements.items():
        if not is_element(symbol):
            raise MappingError(f"The mapping file {name} names {symbol!r}, for {header!r}: no such element.")
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
        raise MappingError(f"{what} can't be used: between braces only the header of a column may stand.")
    return [(literal, header) for literal, header, _, _ in parts]
