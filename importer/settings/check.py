"""How rows are weighed before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from importer.errors import SettingsError
from importer.settings.option import Option, take_values

MAX_LAYERS = 1_000
"""Layers of a stack above which a slip is suspected, unless a lab says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """How rows are weighed before anything is sent.

    Attributes:
        strict: warnings count as errors.
        ignore: codes of warnings and notes that are left out.
        only: if any, the only warnings and notes that are shown; errors always are.
        derive_elements: fill the element table from a formula that fixes all amounts, where none is given.
        names: materials' names that are sent as text, exactly as in the cells.
        whole_stacks: a stack of which a row isn't valid is stopped as a whole.
        max_layers: layers of a stack above which a warning is given.
    """

    PANEL: ClassVar[str] = "Check"

    strict: bool = Option("--strict/--no-strict", "Count warnings as errors. Default: no.", in_file=True).with_default(
        False
    )
    ignore: frozenset[str] = Option(
        "--ignore",
        "Don't show this warning or note, e.g. stack-start. Repeatable.",
        offers="codes",
        metavar="CODE",
        in_file=True,
        adds=True,
    ).with_default(frozenset())
    only: frozenset[str] = Option(
        "--only",
        "Show only this warning or note, e.g. unused-column. Errors are always shown. Repeatable.",
        offers="codes",
        metavar="CODE",
        in_file=True,
    ).with_default(frozenset())
    derive_elements: bool = Option(
        "--derive-elements/--no-derive-elements",
        "Fill an empty element_dict from the formula where it has fixed amounts. Default: no.",
        in_file=True,
    ).with_default(False)
    names: frozenset[str] = Option(
        "--name",
        "Accept this name instead of a formula and send it as text, e.g. HTM-1. Repeatable.",
        metavar="TEXT",
        in_file=True,
        adds=True,
    ).with_default(frozenset())
    max_layers: int = Option(
        "--max-layers", "Warn about stacks with more layers than this.", metavar="N", in_file=True
    ).with_default(MAX_LAYERS)

    whole_stacks: bool = Option(
        "--whole-stacks/--no-whole-stacks", "Send a stack only if all its rows are valid. Default: no.", in_file=True
    ).with_default(False)

    def __post_init__(self) -> None:
        """Take what programs give, and refuse a bound that every stack would be past."""
        take_values(self)
        if self.max_layers < 1:
            raise SettingsError(f"max_layers takes a whole number from 1, not {self.max_layers}.")
