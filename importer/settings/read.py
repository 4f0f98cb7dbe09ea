"""How inputs are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from importer.machine.files import expand_home
from importer.settings.option import Option, take_values


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """How inputs are read.

    Attributes:
        mapping: a mapping file that says which column is which field, or a dict with the same content.
        input_format: the format of the inputs, where their names don't tell.
        sheet: the sheet to read, for workbooks.
        encoding: the encoding of text inputs, by a name that Python knows; None to find it.
        delimiter: what separates the cells of text inputs: one character, ``tab``, ``blanks`` for spaces and tabs, or
            ``fixed`` for columns that are aligned; None to find it.
        fill_down: headers of columns whose blank cells take the text above.
        exclude: patterns of names of files and folders that are left out of folders and patterns.
        skip_unreadable: go on where some of several files can't be read, and say so.
        repair: codes whose suggestions are taken (``importer.issues.list_fixable``).
    """

    PANEL: ClassVar[str] = "Read"

    mapping: Path | str | Mapping[str, Any] | None = Option(
        "--mapping",
        "Mapping file: says which column is which field. Draft one with `columns --write`.",
        metavar="M.yaml",
        in_file=True,
    ).with_default(None)
    input_format: str | None = Option(
        "--input-format",
        "Format of the inputs, e.g. csv or yaml. Default: by file name.",
        offers="formats",
        metavar="NAME",
    ).with_default(None)
    sheet: str | None = Option(
        "--sheet",
        "Sheet of a workbook to read, e.g. Stacks. Default: all with known headers.",
        metavar="NAME",
        in_file=True,
    ).with_default(None)
    encoding: str | None = Option(
        "--encoding",
        "Encoding of text files that aren't UTF-8, e.g. cp1252 or shift_jis. Default: detect it, and say so if "
        "it's a guess.",
        metavar="NAME",
        in_file=True,
    ).with_default(None)
    delimiter: str | None = Option(
        "--delimiter",
        "What separates the cells of text inputs: ; or | or another character, tab, blanks, fixed. Default: found.",
        metavar="SIGN",
        in_file=True,
    ).with_default(None)
    fill_down: tuple[str, ...] = Option(
        "--fill-down", "Fill blank cells of this column from the cell above, e.g. Sample. Repeatable.", metavar="HEADER"
    ).with_default(())
    exclude: tuple[str, ...] = Option(
        "--exclude",
        "Leave out files and folders of this name, in folders and patterns, e.g. 'old*'. Repeatable.",
        metavar="PATTERN",
    ).with_default(())
    skip_unreadable: bool = Option(
        "--skip-unreadable",
        "Import the other files where some can't be read. The exit code is still 2.",
        commands=frozenset({"import", "plan"}),
    ).with_default(False)
    repair: tuple[str, ...] = Option(
        "--repair",
        "Accept the suggestions of this issue code, e.g. zeros-lost. Repeatable.",
        offers="codes",
        metavar="CODE",
        commands=frozenset({"validate", "import", "plan"}),
    ).with_default(())

    def __post_init__(self) -> None:
        """Take what programs give, with ``~`` made the home folder."""
        take_values(self)
        if isinstance(self.mapping, str | Path):
            object.__setattr__(self, "mapping", expand_home(self.mapping))
