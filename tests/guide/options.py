"""Commands, options and settings as tables, made from the program."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import MISSING, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

from importer.cli.app import COMMANDS, app
from importer.settings import ApiSettings, CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.settings.option import iter_options
from tests.guide.documents import make_table, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS: dict[str, type[Any]] = {
    "read": ReadSettings,
    "check": CheckSettings,
    "plan": PlanSettings,
    "send": SendSettings,
    "api": ApiSettings,
}
"""Name under which settings travel -> their class."""


@functools.cache  # as a page of the guide asks for each option of each command
def find_command(name: str) -> Any:  # noqa: ANN401  # a click command
    """Return a command as the parser has it."""
    group: Any = typer.main.get_command(app)
    return group.commands[name]


def iter_options_of(command: str) -> Iterator[Any]:
    """Yield the options of a command, as the parser has them."""
    yield from (each for each in find_command(command).params if each.param_type_name == "option")


def list_option_names(command: str) -> set[str]:
    """Return all spellings of a command's options."""
    spelt = {name for each in iter_options_of(command) for name in (*each.opts, *each.secondary_opts)}
    return spelt | {"--help", "-h"}


def render_commands() -> str:
    """Return each command with its options, by panel."""
    parts: list[str] = []
    for panel, commands in COMMANDS.items():
        parts.append(f"## {panel}\n")
        for name in commands:
            parts += [f"### {name}\n", _describe_command(name)]
    return "\n".join(parts)


def _describe_command(name: str) -> str:
    command = find_command(name)
    words = inspect.cleandoc(command.help or "")
    text, _, example = words.partition("Example: ")
    arguments = " ".join(
        each.metavar or each.human_readable_name for each in command.params if each.param_type_name == "argument"
    )
    context = typer.Context(command, info_name=name)
    rows: list[tuple[object, ...]] = []
    for each in iter_options_of(name):
        spelt, meaning = each.get_help_record(context)
        rows.append((quote(re.sub(r"[<>\[\]]", "", spelt)), meaning))
    table = make_table("option | what it does", rows) if rows else ""
    usage = f"layer-importer {name} {arguments}".rstrip()
    shown = [f"`{usage}`\n", text.strip() + "\n"]
    shown += [f"Example: `{example.strip()}`\n"] if example else []
    return "\n".join([*shown, table])


def render_settings() -> str:
    """Return each field of the settings, with the ways to set it."""
    rows: list[tuple[object, ...]] = []
    for section, kind in SETTINGS.items():
        declared = dict((each.name, one) for each, one in iter_options(kind))  # noqa: C402  # pairs of field and option
        meanings = _read_attributes(kind)
        for each in fields(kind):
            one = declared.get(each.name)
            in_file = one is not None and one.in_file
            place = each.name if section == "check" else f"{section}: {{{each.name}: ...}}"
            rows.append(
                (
                    quote(f"{section}.{each.name}"),
                    quote(one.name) if one else "",
                    quote(place) if in_file else "",
                    _show_default(each),
                    meanings[each.name],
                )
            )
    return make_table("setting | option | in a settings file | default | meaning", rows)


def _show_default(field: Any) -> str:  # noqa: ANN401  # a dataclass field
    value = field.default
    if value is MISSING or value is None or value in ((), frozenset()):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return quote(value.value if isinstance(value, Enum) else f"{value:g}")


def _read_attributes(kind: type[Any]) -> dict[str, str]:
    """Return field -> what its class's docstring says of it."""
    text = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", words).replace("``", "`") for name, words in found}
