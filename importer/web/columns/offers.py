"""What an issue tells people to write in a mapping file, as buttons that write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from importer.columns.mapping.load import load_mapping
from importer.columns.mapping.rules import RULES
from importer.errors import MappingError
from importer.web.columns.fields import word_field, word_fields

if TYPE_CHECKING:
    from importer.model import Issue

_SNIPPET = re.compile("`([^`]+)`")
_SENTENCE = re.compile(r"[.?!](?=\s+[A-Z])")
_HEADED = {"columns", "ignore", "fill_down", "elements", "split", "stack_cells"}
"""Rules that name columns."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A rule that an issue offers.

    Attributes:
        label: what the button says.
        rules: what it adds to the mapping file.
    """

    label: str
    rules: dict[str, Any]


def list_offers(issue: Issue, *, field: str | None = None) -> list[Offer]:
    """Return the rules that an issue's message spells out, and that the page can write instead.

    Args:
        issue: the issue.
        field: the field that its column is taken for now, so that this can be confirmed.
    """
    header = issue.where.column
    found = [rules for text in _SNIPPET.findall(issue.message) if (rules := _read_rules(text, header)) is not None]
    whole = [rules for rules in found if "stack_cells" in rules]
    offers = [Offer(_word_rules(rules), rules) for rules in whole or found]
    if field is not None and header and any("ignore" in rules or "columns" in rules for rules in found):
        rules = {"columns": {header: field}}
        if rules not in found:
            offers.insert(0, Offer(f"Yes, it's the {word_field(field)}", rules))
    if header and found and all("columns" in rules for rules in found):
        offers.append(Offer(_word_rules({"ignore": [header]}), {"ignore": [header]}))
    return offers


def tell_plainly(message: str) -> str:
    """Return a message in a lab's words, without what to write in a mapping file: here there is a button for it."""
    quoted = message.find("`")
    ends = [match.end() for match in _SENTENCE.finditer(message, 0, max(0, quoted))]
    return word_fields(message[: ends[-1]] if ends else message)


def _read_rules(text: str, header: str | None) -> dict[str, Any] | None:
    """Return the rules that a text spells out; None for anything else, and for examples of other columns."""
    try:
        rules = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 CBaseLoader makes text, lists and dicts only
        if not isinstance(rules, dict) or len(rules) != 1 or not set(rules) <= set(RULES):
            return None
        load_mapping(rules)
    except (yaml.YAMLError, MappingError):
        return None
    (kind, said) = next(iter(rules.items()))
    return rules if kind not in _HEADED or header in said else None


def _word_rules(rules: dict[str, Any]) -> str:
    (kind, said) = next(iter(rules.items()))
    first = next(iter(said.values() if isinstance(said, dict) else said), "")
    field = str(first if isinstance(first, str) else first.get("field"))
    words = {
        "columns": f"Use as {word_field(field)}",
        "ignore": "Don't send this column",
        "fill_down": "Yes, fill blank cells from above",
        "metadata": f"Use as {word_field(str(first))} of all rows",
        "stack_cells": "Cut its cells into layers",
        "transposed": "Read the columns as layers",
        "blanks": "Count these texts as empty",
    }
    if kind == "order":
        return "Layer 1 is at the top" if said == "top-down" else "Layer 1 is on the substrate"
    if kind == "number_rows":
        return f"Yes, the first row is {'the top layer' if said == 'top-down' else 'on the substrate'}"
    if kind == "delimiter":
        return f"Separated by {said}"
    if isinstance(said, dict) and kind in {"constants", "defaults", "templates"}:
        return f"The {word_field(next(iter(said)))} is {first} in all rows"
    return words.get(kind, f"Write {kind} in the mapping")
