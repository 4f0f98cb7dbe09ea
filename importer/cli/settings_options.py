"""A command's options, made of the fields of the settings that it takes; each is declared there and nowhere else."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, is_dataclass, replace
from enum import Enum
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer

from importer.cli.completion import OFFERS
from importer.cli.terminal import tell
from importer.settings import CheckSettings, ReadSettings, SendSettings
from importer.settings.option import iter_options

if TYPE_CHECKING:
    from dataclasses import Field

    from importer.settings.file import LabSettings
    from importer.settings.option import Option

Command = Callable[..., None]


def take_settings(command: Command, name: str) -> Command:
    """Return a command with the options of the settings that it takes in the place of the settings.

    Whatever of them isn't given comes from the lab's file nearest to the working folder, else is the usual.

    Args:
        command: its parameters that are settings get the options that fields declare; typer sees to the others.
        name: the command's name, for options that only some commands take.
    """
    own: list[str] = []
    offered: list[Parameter] = []
    kinds: dict[str, type[Any]] = {}
    hints = get_type_hints(command, include_extras=True)
    for parameter in signature(command).parameters.values():
        kind = hints[parameter.name]
        if is_dataclass(kind) and isinstance(kind, type):
            kinds[parameter.name] = kind
            offered += _list_parameters(parameter.name, kind, name)
        else:
            own.append(parameter.name)
            offered.append(parameter.replace(annotation=kind))

    def run(**values: Any) -> None:  # noqa: ANN401  # as typer calls it, by the signature below
        lab = _take_profile(_find_lab_settings(kinds), values.get("api_profile"))
        made: dict[str, Any] = {taken: _make_settings(kind, taken, values, lab) for taken, kind in kinds.items()}
        if lab is not None and lab.path is not None and not getattr(made.get("tell"), "quiet", False):
            tell(f"Using the settings in {lab.path}.")
        command(**{each: values[each] for each in own}, **made)

    run.__signature__ = Signature(offered)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {each.name: each.annotation for each in offered}
    run.__doc__, run.__name__, run.__module__ = command.__doc__, command.__name__, command.__module__
    return run


def _list_parameters(taken: str, kind: type[Any], command: str) -> list[Parameter]:
    hints = get_type_hints(kind)
    return [
        Parameter(
            f"{taken}_{each.name}",
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                _find_type(hints[each.name]),
                typer.Option(
                    declared.name,
                    metavar=declared.metavar,
                    help=_word_help(each, declared),
                    rich_help_panel=declared.panel,
                    show_default=False,
                    autocompletion=OFFERS.get(declared.offers),
                ),
            ],
        )
        for each, declared in iter_options(kind)
        if not declared.commands or command in declared.commands
    ]


def _find_type(kind: Any) -> Any:  # noqa: ANN401  # types
    """Return the type that an option has for a field's: several values as a list, and None where it isn't given.

    Of a field that takes several types, only the first can be typed.
    """
    container = get_origin(kind)
    if isinstance(kind, types.UnionType):
        return get_args(kind)[0] | None
    if container is not None:
        return list[get_args(kind)[0]] | None  # type: ignore[misc]  # a type that is only known now
    return kind | None


def _word_help(field: Field[Any], declared: Option) -> str:
    """Return what help says of an option: its own words name a default that isn't a plain value."""
    default = field.default
    if isinstance(default, bool) or default is MISSING or not isinstance(default, int | float | Enum):
        return declared.help
    return f"{declared.help} Default: {default.value if isinstance(default, Enum) else f'{default:g}'}."


def _find_lab_settings(kinds: dict[str, type[Any]]) -> LabSettings | None:
    """Return what the lab's file sets, where a command takes something of it."""
    if not {ReadSettings, CheckSettings, SendSettings} & set(kinds.values()):
        return None
    from importer.settings.file import load_settings

    return load_settings(Path())


def _take_profile(lab: LabSettings | None, name: str | None) -> LabSettings | None:
    """Return the lab's settings with the rate of a profile."""
    if lab is None or name is None:
        return lab
    rate = lab.find_profile(name).rate
    return lab if rate is None else replace(lab, send=replace(lab.send, rate=rate))


def _make_settings(kind: type[Any], taken: str, values: dict[str, Any], lab: LabSettings | None) -> Any:  # noqa: ANN401
    usual = getattr(lab, taken, None) if lab is not None else None
    usual = kind() if usual is None else usual
    changed: dict[str, Any] = {}
    for each, declared in iter_options(kind):
        value = values.get(f"{taken}_{each.name}")
        if value is None or value == []:
            continue
        before = getattr(usual, each.name)
        if isinstance(value, list):
            value = type(before)((*before, *value) if declared.adds else value)
        changed[each.name] = value
    return replace(usual, **changed)
