"""How rows are weighed: the lab's file, and what the command line says on top of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.settings.file import load_check_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.settings import CheckSettings


def find_checks(
    strict: bool | None,  # noqa: FBT001  # as typer gives it: None where the option isn't given
    ignore: Sequence[str] | None,
    only: Sequence[str] | None,
    derive_elements: bool | None,  # noqa: FBT001  # the same
) -> CheckSettings:
    """Return the rules of the lab's file nearest to the working folder, with the options that are given.

    Raises:
        SettingsError: the file can't be used.
    """
    check = load_check_settings(Path())
    return replace(
        check,
        strict=check.strict if strict is None else strict,
        ignore=check.ignore | frozenset(ignore or ()),
        only=frozenset(only) if only else check.only,
        derive_elements=check.derive_elements if derive_elements is None else derive_elements,
    )
