"""Reading a mapping file, and what is said of one that can't be used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import yaml

from importer.columns.mapping.rules import RULES, make_mapping
from importer.contract import ALL_FIELDS
from importer.errors import MappingError
from importer.layers.header_names import match_header
from importer.layers.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.columns.mapping.rules import MappingFile

_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 8


@cache
def _mapping_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("mapping"))


def load_mapping(given: str | Path | Mapping[str, Any]) -> MappingFile:
    """Read and check a mapping file (YAML or JSON), or a dict of what would stand in one; every scalar in it is text.

    Raises:
        MappingError: it can't be read, is no YAML, or isn't what ``schemas/mapping.schema.json`` describes.
    """
    if isinstance(given, Mapping):
        name, content = "The mapping", _make_texts(given)
    else:
        name, content = f"The mapping file {given}", read_content(Path(given))
    fault = next(_mapping_validator().iter_errors(content), None)
    if fault is not None:
        at = ".".join(map(str, fault.instance_path)) or "the whole of it"
        raise MappingError(f"{name} can't be used, at {at}: {_explain_fault(fault)}")
    return make_mapping(content, "<dict>" if isinstance(given, Mapping) else str(given))


def read_content(path: Path) -> Any:  # noqa: ANN401  # the schema tells what it must be
    """Return the content of a mapping file, every scalar as text.

    Raises:
        MappingError: it can't be read, or is no YAML.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise MappingError(f"The mapping file {path} can't be read: {error.strerror}.") from None
    if len(data) > _MAX_BYTES:
        raise MappingError(
            f"The mapping file {path} is larger than {_MAX_BYTES // 1024} kB, so it can't be a mapping file."
        )
    try:
        _check_events(data, path)
        return yaml.load(data, Loader=yaml.CBaseLoader)  # noqa: S506 CBaseLoader makes text, lists and dicts only
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" on line {mark.line + 1}, column {mark.column + 1}"
        what = getattr(error, "problem", None) or "it isn't text"
        if mark is not None and "alphabetic or numeric character" in what:
            what = "a text that begins with * or & needs quotation marks, as '*.csv'"
        raise MappingError(f"The mapping file {path} isn't valid YAML{where} ({what}). Correct it there.") from None


def _make_texts(given: object, depth: int = 0) -> Any:  # noqa: ANN401  # as _read_content
    """Return a dict as a file would give it: a whole number is its digits, nothing else is guessed."""
    if isinstance(given, str):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if isinstance(given, Mapping) and depth < _MAX_DEPTH:
        given = {
            key: str(value).lower() if isinstance(value, bool) and key == "transposed" else value
            for key, value in given.items()
        }
        return {_make_texts(key, _MAX_DEPTH): _make_texts(value, depth + 1) for key, value in given.items()}
    if isinstance(given, list | tuple) and depth < _MAX_DEPTH:
        return [_make_texts(value, depth + 1) for value in given]
    raise MappingError(
        f"The mapping holds {given!r:.100}, but only texts, lists and dicts are allowed. Write it as text."
    )


def _explain_fault(fault: jsonschema_rs.ValidationError) -> str:
    """Return in words what the schema doesn't take, with the names that it knows."""
    unknown = re.search(r"\('([^']*)'", fault.message)
    if fault.kind.name in {"unevaluatedProperties", "additionalProperties"} and unknown is not None:
        return _suggest_name(unknown[1], RULES, "rule")
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
    return f"{name!r} isn't a {what}. Choose from {', '.join(known)}.{meant}"


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
            raise MappingError(f"The mapping file {path} has an alias (*) on line {line}. Write it out.")
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
