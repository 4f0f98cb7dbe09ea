"""A lab's own rules for checking: ``.layer-importer.yaml``, or ``[tool.layer-importer]`` in ``pyproject.toml``.

::

    strict: true
    ignore: [stack-start]
    derive_elements: true
    max_layers: 5000
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import yaml

from importer.errors import SettingsError
from importer.settings import CheckSettings

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = ".layer-importer.yaml"
MAX_BYTES = 64 * 1024
_MAX_LEVELS = 32


def load_check_settings(folder: Path) -> CheckSettings:
    """Return the rules of the nearest file, in a folder or one above it; the usual ones where there is none.

    Raises:
        SettingsError: a file that can't be read, or that says something else than these rules.
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
    return CheckSettings()


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(f"{path} is larger than {MAX_BYTES} bytes: it can't be a file of rules.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}.") from None


def _read_yaml(path: Path) -> object:
    try:
        return yaml.safe_load(_read_text(path)) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"{path} is not YAML: {error}") from None


def _read_toml(path: Path) -> object:
    try:
        tool = tomllib.loads(_read_text(path)).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    return tool.get("layer-importer") if isinstance(tool, dict) else None


def _make_settings(found: object, path: Path) -> CheckSettings:
    if not isinstance(found, dict):
        raise SettingsError(f"{path} must hold names and values, such as strict: true.")
    strict, derive = (_take_flag(found, name, path) for name in ("strict", "derive_elements"))
    ignore, only = (_take_codes(found, name, path) for name in ("ignore", "only"))
    max_layers = found.get("max_layers", CheckSettings().max_layers)
    if isinstance(max_layers, bool) or not isinstance(max_layers, int) or max_layers < 1:
        raise SettingsError(f"max_layers in {path} must be a whole number from 1, not {max_layers!r}.")
    unknown = set(found) - {"strict", "derive_elements", "ignore", "only", "max_layers"}
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise SettingsError(f"{path} sets {names}; known are strict, derive_elements, ignore, only, max_layers.")
    return CheckSettings(strict=strict, ignore=ignore, only=only, derive_elements=derive, max_layers=max_layers)


def _take_flag(found: dict[str, object], name: str, path: Path) -> bool:
    value = found.get(name, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{name} in {path} must be true or false, not {value!r}.")
    return value


def _take_codes(found: dict[str, object], name: str, path: Path) -> frozenset[str]:
    value = found.get(name, [])
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise SettingsError(f"{name} in {path} must be a list of issue codes, not {value!r}.")
    return frozenset(value)
