"""A setting that people give: declared once, on its field; command line and settings file take it from there."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from enum import Enum
from functools import cache
from numbers import Integral, Real
from pathlib import PurePath
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

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
        panel: the heading under which help shows it, where that isn't ``PANEL`` of its settings.
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
    panel: str = ""
    metavar: str | None = None
    environment: str | None = None
    commands: frozenset[str] = frozenset()
    in_file: bool = False
    offers: str = ""
    adds: bool = False

    @property
    def metadata(self) -> dict[str, Option]:
        """What a field declares that people give this way."""
        return {_KEY: self}

    def with_default(self, default: T) -> T:
        """Return a field of a dataclass that people give this way, with its default."""
        made: Any = field(default=default, metadata=self.metadata)
        return made  # type: ignore[no-any-return]  # the dataclass puts the default in its place


def iter_options(kind: type[Any]) -> Iterator[tuple[Field[Any], Option]]:
    """Yield the fields of settings that people give, each with its option."""
    for each in fields(kind):
        declared = each.metadata.get(_KEY)
        if declared is not None:
            yield each, declared if declared.panel else replace(declared, panel=kind.PANEL)


def take_values(settings: Any) -> None:  # noqa: ANN401  # settings of any kind
    """Take a choice that is given as text, and one text or a list where several are meant, as programs give them.

    What the field would be misunderstood by is refused: ``"no"`` for False would count as True.

    Raises:
        SettingsError: a value isn't one of the choices, or not True or False.
    """
    kinds = _list_kinds(type(settings))  # type: ignore[arg-type]  # a class
    for each in fields(settings):
        value, default = getattr(settings, each.name), each.default
        if isinstance(default, Enum) and not isinstance(value, type(default)):
            choices = [choice.value for choice in type(default)]
            if value not in choices:
                raise SettingsError(f"{each.name} takes {', '.join(choices[:-1])} or {choices[-1]}, not {value!r}.")
            taken: object = type(default)(value)
        elif isinstance(default, tuple | frozenset):
            taken = _take_several(each.name, value, type(default))
        else:
            taken = _take_one(each.name, value, kinds[each.name])
        object.__setattr__(settings, each.name, taken)


_WORDS: dict[Any, str] = {
    bool: "True or False", int: "a whole number", float: "a number", str: "a text", Mapping: "a dict",
}  # fmt: skip
_LONGEST = 60
"""Characters of a wrong value that an error shows."""


@cache
def _list_kinds(settings: Hashable) -> dict[str, tuple[Any, ...]]:
    """Return for each field of settings the classes that its value may have."""
    found = {}
    for name, hint in get_type_hints(settings).items():
        hints = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        found[name] = tuple(get_origin(each) or each for each in hints)
    return found


def _take_several(
    name: str,
    value: Any,  # noqa: ANN401  # whatever was given
    kind: type[tuple[Any, ...] | frozenset[Any]],
) -> object:
    texts = (value,) if isinstance(value, str | PurePath) else value
    try:
        taken = kind(texts)
    except TypeError:
        taken = kind((None,))
    if isinstance(value, Mapping) or not all(isinstance(each, str | PurePath) for each in taken):
        raise SettingsError(f"{name} takes a text or a list of texts, not {_show(value)}.")
    return taken


def _take_one(name: str, value: object, kinds: tuple[Any, ...]) -> object:
    """Return a value of one of some types, a number of numpy's as Python's own.

    Raises:
        SettingsError: it is of none of them.
    """
    if any(getattr(kind, "_is_protocol", False) for kind in kinds):  # what it has shows where it is used
        return value
    is_truth = isinstance(value, bool)
    for kind, wide in ((bool, bool), (int, Integral), (float, Real)):
        if kind in kinds and isinstance(value, wide) and is_truth == (kind is bool):
            return value if isinstance(value, int | float) else kind(value)  # type: ignore[call-overload]  # a number
    if isinstance(value, tuple(kind for kind in kinds if kind not in {bool, int, float})):
        return value
    words = " or ".join(dict.fromkeys(_WORDS.get(kind, "a path") for kind in kinds if kind is not NoneType))
    raise SettingsError(f"{name} takes {words}, not {_show(value)}.")


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else f"a value of type {type(value).__name__}"
