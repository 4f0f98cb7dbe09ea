"""What the reference pages of the guide hold, made from the code: formats, codes, statuses, columns, names."""

from __future__ import annotations

import inspect
import json
import pkgutil
from dataclasses import asdict
from importlib import import_module
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import importer
from importer import errors
from importer.contract import ALL_FIELDS
from importer.formats.registry import list_own_formats
from importer.issues import Code, Fix
from importer.layers.fields import FIELDS
from importer.layers.schema import load_schema
from importer.model import Status
from importer.report.files import list_own_reports
from importer.report.screen import summary
from tests.guide.documents import ROOT, make_table, quote
from tests.guide.options import render_commands, render_settings

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL = {"option": "", "fix": Fix.NONE}
"""What the catalogue leaves out of a code."""
CATALOGUE = ROOT / "importer" / "issues" / "catalogue.json"
SAMPLE_FIELDS = {
    "sample_name": {"description": "Name of the target material, where its id isn't known.", "examples": ["A17"]},
    "substrate": {"description": "Substrate of the target material; a new one needs it.", "examples": ["SrTiO3 (001)"]},
    "sample_metadata": {
        "description": "What else to keep of a new target material.",
        "examples": [{"chamber": "PLD 2"}],
    },
}
"""What describes a target material; the layer's schema knows nothing of it."""


def collect_codes() -> list[Code]:
    """Return the codes that the modules declare, by name; none is declared twice."""
    found: dict[str, Code] = {}
    for module in pkgutil.walk_packages(importer.__path__, "importer."):
        if module.name.endswith("__main__") or module.name.startswith("importer.sandbox"):
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Code):
                assert found.setdefault(value.code, value) is value, f"{value.code} is declared twice"
    return [found[name] for name in sorted(found)]


def render_catalogue() -> str:
    """Return the catalogue as its file holds it."""
    entries = [{key: text for key, text in asdict(code).items() if text != _USUAL.get(key)} for code in collect_codes()]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def render_codes() -> str:
    """Return the table of issue codes."""
    rows = [
        (quote(code.code), code.severity.value, code.meaning, _word_remedy(code), quote(code.example))
        for code in collect_codes()
    ]
    return make_table("code | severity | meaning | what to do | example", rows)


def _word_remedy(code: Code) -> str:
    return f"{code.remedy} Or add {quote(code.option)}." if code.option else code.remedy


def render_formats() -> str:
    """Return the table of input formats, those that are read alike in one row."""
    rows: list[tuple[object, ...]] = []
    formats = sorted(list_own_formats(), key=lambda each: (not each.suffixes, each.extra is not None))
    for (description, extra), alike in groupby(formats, key=lambda each: (each.description, each.extra)):
        names, suffixes = zip(*((each.name, each.suffixes) for each in alike), strict=True)
        cells = [", ".join(map(quote, names)), ", ".join(map(quote, chain.from_iterable(suffixes)))]
        rows.append((*cells, description + _name_extra(extra)))
    return make_table("format | suffixes | how it is read", rows)


def render_reports() -> str:
    """Return the table of reports."""
    rows = [
        (_quote_any(each.suffix), _quote_any(each.name), each.description + _name_extra(each.extra))
        for each in list_own_reports()
    ]
    return make_table("suffix | printed by a check with `--format` | what it is for", rows)


def _quote_any(text: str) -> str:
    return quote(text) if text else ""


def _name_extra(extra: str | None) -> str:
    return "" if extra is None else f" (extra {quote(extra)})"


def render_fields() -> str:
    """Return the table of fields, as the schemas describe them."""
    described = {**load_schema("layer")["properties"], **SAMPLE_FIELDS}
    rows: list[tuple[object, ...]] = []
    for name in ALL_FIELDS:
        examples = ", ".join(quote(json.dumps(each).strip('"')) for each in described[name]["examples"])
        rows.append((quote(name), described[name]["description"], examples))
    return make_table("field | meaning | example", rows)


def render_fields_read() -> str:
    """Return the table of what is made of each field's texts, those that are read alike in one row."""
    alike: dict[str, list[str]] = {}
    for name, field in FIELDS.items():
        alike.setdefault(field.read_as, []).append(quote(name))
    return make_table("field | read as", [(", ".join(names), words) for words, names in alike.items()])


def render_column_names() -> str:
    """Return the names under which columns are found."""
    names = json.loads((ROOT / "schemas" / "columns.json").read_text(encoding="utf-8"))
    return make_table(
        "field | names | weak names | only suggested",
        [
            (quote(field), *(", ".join(names[kind].get(field, ())) for kind in ("fields", "weak", "suggested")))
            for field in names["fields"]
        ],
    )


def render_statuses() -> str:
    """Return the table of statuses, with what the summary says of each."""
    return make_table(
        "status | meaning | next step",
        [(quote(each), summary.MEANINGS[each], summary.NEXT_STEPS[each] or "none") for each in Status],
    )


def render_finer_statuses() -> str:
    """Return the finer cases of statuses."""
    cases = (
        (Status.NOT_SENT, summary.REHEARSED),
        (Status.NOT_SENT, summary.HELD),
        (Status.NOT_SENT, summary.BLOCKED),
        (Status.NOT_SENT, summary.UNDONE),
        (Status.UNCHANGED, summary.DIFFERING),
    )
    return make_table(
        "status | meaning | next step", [(quote(status), words[0], words[1] or "none") for status, words in cases]
    )


def list_errors() -> list[type[errors.ImporterError]]:
    """Return the errors that stop a run, in the order in which they are declared."""
    return [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.ImporterError) and each is not errors.ImporterError
    ]


def render_errors() -> str:
    """Return the table of errors, with the exit code of each."""
    return make_table(
        "error | exit code | what it is",
        [
            (quote(each.__name__), each.exit_code, (inspect.getdoc(each) or "").split("\n\n")[0].replace("\n", " "))
            for each in list_errors()
        ],
    )


def render_report_columns() -> str:
    """Return the columns of reports."""
    return _list_properties(load_schema("report"))


def render_issue_columns() -> str:
    """Return the keys of an issue."""
    return _list_properties(load_schema("report")["$defs"]["issue"])


def _list_properties(schema: dict[str, Any]) -> str:
    return make_table(
        "column | meaning", [(quote(name), each["description"]) for name, each in schema["properties"].items()]
    )


def render_mapping_keys() -> str:
    """Return the keys of a mapping file."""
    schemas = load_schema("mapping")["$defs"]
    keys = {**schemas["rules"]["properties"], **schemas["table"]["properties"]}
    return make_table("key | what it says", [(quote(name), each["description"]) for name, each in keys.items()])


RENDERED: dict[str, Callable[[], str]] = {
    "commands": render_commands,
    "settings": render_settings,
    "input formats": render_formats,
    "report suffixes": render_reports,
    "fields": render_fields,
    "fields read": render_fields_read,
    "column names": render_column_names,
    "mapping keys": render_mapping_keys,
    "issue codes": render_codes,
    "statuses": render_statuses,
    "finer statuses": render_finer_statuses,
    "errors": render_errors,
    "report columns": render_report_columns,
    "issue columns": render_issue_columns,
}
"""Name of a part of a document -> what makes it."""
