"""A setting that people give: declared once, on its field; command line and settings file take it from there."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field

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
