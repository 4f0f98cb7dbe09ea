"""A setting that people give: declared once, on its field; command line and settings file take it from there."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, fields
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field

from importer.errors import SettingsError

T = TypeVar("T")
_KEY = "option"


@dataclass(frozen=True, slots=True)
class Option:
    """How people give a setting.

    Attributes:
        name: the command line's option, with both forms of one that can be switched off.
        help: what it does, with an example where the form isn't plain; the default is added to it.
        panel: the heading under which help shows it.
        metavar: what stands for its value in help.
        environment: the environment's name for it.
        commands: the only commands that take it; where it is empty, all that take its settings.
        in_file: whether a settings file may set it.
        offers: what the shell completes its value to: ``codes`` of issues, or input ``formats``.
        adds: what is given adds to what a settings file sets, instead of taking its place.
    """

    name: str
    help: str
    _: KW_ONLY
    panel: str
    metavar: str | None = None
    environment: str | None = None
    commands: frozenset[str] = frozenset()
    in_file: bool = False
    offers: str = ""
    adds: bool = False


def describe_option(declared: Option) -> dict[str, Option]:
    """Return the metadata of a field that people give and that has no default."""
    return {_KEY: declared}


def option(default: T, declared: Option) -> T:
    """Return a field of a dataclass, with its default and the option that gives it."""
    made: Any = field(default=default, metadata=describe_option(declared))
    return made  # type: ignore[no-any-return]  # the dataclass puts the default in its place


def iter_options(kind: type[Any]) -> Iterator[tuple[Field[Any], Option]]:
    """Yield the fields of settings that people give, each with its option."""
    for each in fields(kind):
        if _KEY in each.metadata:
            yield each, each.metadata[_KEY]


def take_values(settings: object) -> None:
    """Take a choice that is given as text, and one text or a list where several are meant, as programs give them.

    What the field would be misunderstood by is refused: ``"no"`` for False would count as True.

    Raises:
        SettingsError: a value isn't one of the choices, or not True or False.
    """
    for each, _ in iter_options(type(settings)):
        value, default = getattr(settings, each.name), each.default
        if type(value) is type(default):
            continue
        if isinstance(default, Enum):
            choices = [choice.value for choice in type(default)]
            if value not in choices:
                raise SettingsError(f"{each.name} takes {', '.join(choices[:-1])} or {choices[-1]}, not {value!r}.")
            taken: object = type(default)(value)
        elif isinstance(default, bool):
            raise SettingsError(f"{each.name} takes True or False, not {value!r}.")
        elif isinstance(default, tuple | frozenset):
            taken = type(default)((value,) if isinstance(value, str | PurePath) else value)
        else:
            continue
        object.__setattr__(settings, each.name, taken)
