"""A lab's own settings: ``.layer-importer.yaml``, or ``[tool.layer-importer]`` in ``pyproject.toml``.

::

    strict: true
    ignore: [stack-start]
    max_layers: 5000
    read: {mapping: lab.mapping.yaml}
    send: {workers: 4, rate: 10}
    profiles:
      staging: {url: "https://staging.example.org", key: AS_API_KEY_STAGING, rate: 2}

What can be set is declared on the fields of the settings: those for checking stand at the top, others in a section.
"""

from __future__ import annotations

import tomllib
import types
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from importer.errors import SettingsError
from importer.machine.files import expand_home
from importer.settings import CheckSettings, ReadSettings, SendSettings
from importer.settings.option import iter_options
from importer.settings.profiles import Profile, make_profile
from importer.settings.strict_yaml import load_strict_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = ".layer-importer.yaml"
MAX_BYTES = 64 * 1024
MAX_FOREIGN_BYTES = 1024 * 1024
"""Bytes of a ``pyproject.toml`` in which this tool's name is looked for."""
MAX_NUMBER = 2**53
"""Whole numbers up to this are the same as a float; no setting is as large."""
_MAX_LEVELS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSettings:
    """What a lab sets for all its imports; plan and API aren't among it, for the reasons told with them.

    Attributes:
        read, check, send: the settings, with what the file sets of them.
        profiles: name -> address and key.
        path: the file, where it sets how inputs are read or sent, which a person should know.
    """

    read: ReadSettings = ReadSettings()
    check: CheckSettings = CheckSettings()
    send: SendSettings = field(default_factory=SendSettings)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    path: Path | None = None

    def find_profile(self, name: str) -> Profile:
        """Return the profile of a name.

        Raises:
            SettingsError: the file has no such profile, or there is no file.
        """
        if name not in self.profiles:
            known = ", ".join(self.profiles) or f"none; add it to {FILE_NAME} under profiles"
            raise SettingsError(f"There is no profile {name!r}; there are: {known}.")
        return self.profiles[name]


def load_settings(folder: Path) -> LabSettings:
    """Return the settings of the nearest file, in a folder or one above it; the usual ones where there is none.

    Raises:
        SettingsError: a file that can't be read, or that says something else than settings.
    """
    absolute = folder.absolute()
    for place in (absolute, *absolute.parents)[:_MAX_LEVELS]:
        path = place / FILE_NAME
        if path.is_file():
            return _make_settings(_read_yaml(path), path)
        path = place / "pyproject.toml"
        if path.is_file():
            found = _read_toml(path)
            if found is not None:
                return _make_settings(found, path)
    return LabSettings()


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(f"{path} is larger than {MAX_BYTES} bytes, so it can't be a settings file.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}.") from None


def _read_yaml(path: Path) -> object:
    try:
        return load_strict_yaml(_read_text(path)) or {}
    except ValueError as error:
        raise SettingsError(f"{path} isn't valid YAML: {error}.") from None


def _read_toml(path: Path) -> object:
    """Return this tool's table of a ``pyproject.toml``, None where it has none, whatever else is wrong with it."""
    try:
        with path.open("rb") as stream:
            head = stream.read(MAX_FOREIGN_BYTES)
    except OSError:
        return None
    if b"layer-importer" not in head:
        return None  # somebody else's
    try:
        tool = tomllib.loads(_read_text(path)).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} isn't valid TOML: {error}") from None
    return tool.get("layer-importer") if isinstance(tool, dict) else None


def _make_settings(found: object, path: Path) -> LabSettings:
    sections = {"read": ReadSettings, "send": SendSettings}
    if not isinstance(found, dict):
        raise SettingsError(f"{path} must hold names and values, such as strict: true.")
    top = {name: value for name, value in found.items() if name not in {*sections, "profiles"}}
    made = {name: _fill(kind, found.get(name, {}), path, section=name) for name, kind in sections.items()}
    weighty = path if {*sections, "profiles"} & found.keys() else None
    check = _fill(CheckSettings, top, path, others=(*sections, "profiles"))
    return LabSettings(check=check, path=weighty, profiles=_make_profiles(found.get("profiles", {}), path), **made)


def _make_profiles(found: object, path: Path) -> dict[str, Profile]:
    if not isinstance(found, dict):
        raise SettingsError(f"profiles in {path} must hold names and profiles.")
    try:
        return {str(name): make_profile(str(name), entry) for name, entry in found.items()}
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}.") from None


def _fill(
    kind: type[Any], found: object, path: Path, *, section: str | None = None, others: tuple[str, ...] = ()
) -> Any:  # noqa: ANN401  # an object of the kind
    """Return settings of a kind with what a file sets of them.

    Args:
        kind: the class.
        found: what the file holds of them.
        path: the file.
        section: the section's name; None at the top.
        others: names that the file may hold beside them.
    """
    if not isinstance(found, dict):
        raise SettingsError(f"{section} in {path} must hold names and values, such as {section}: {{...}}.")
    known = [each.name for each, declared in iter_options(kind) if declared.in_file]
    if unknown := found.keys() - set(known):
        where = "" if section is None else f" in {section}"
        names = ", ".join(sorted(map(str, unknown)))
        raise SettingsError(
            f"{path} sets {names}{where}, which isn't a setting. The settings are {', '.join((*known, *others))}."
        )
    hints = get_type_hints(kind)
    values = {name: _read_value(value, hints[name], name, path) for name, value in found.items()}
    try:
        return kind(**values)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


_WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    frozenset: "a list of texts, as in [a, b]",
}


def _read_value(value: object, kind: Any, name: str, path: Path) -> object:  # noqa: ANN401  # a type
    """Return a value of a file as the type of a field, or refuse it: nothing is taken for what it isn't."""
    if isinstance(kind, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not types.NoneType)
    kind = get_origin(kind) or kind
    if not _is_fit(value, kind):
        words = (
            " or ".join(kind)
            if issubclass(kind, StrEnum)
            else _WORDS.get(kind, "a text, in quotes where it is a number")
        )
        raise SettingsError(f"{name} in {path} must be {words}, not {value!r}.")
    return path.parent / expand_home(str(value)) if kind is Path else kind(value)


def _is_fit(value: object, kind: type) -> bool:
    if kind is frozenset:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind in {int, float}:
        if isinstance(value, int) and not isinstance(value, bool):
            return abs(value) <= MAX_NUMBER
        return kind is float and isinstance(value, float)
    if issubclass(kind, StrEnum):
        return value in list(kind)
    return isinstance(value, bool if kind is bool else str)
