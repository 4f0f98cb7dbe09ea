"""Corrected copies beside their originals: one of them is read, never both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.formats.text.packing import PACKINGS
from importer.machine.shells import quote_command
from importer.settings.environment import find_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_NAME = re.compile(r"(.+)\.(?:corrected|fixed)(?:-([0-9]{1,6}))?", re.DOTALL)
"""The names that the page gives to corrected copies, and that the manual gives to those of ``fix``."""
_COPIED_AS = {".xlsx": (".xls", ".xlsb", ".ods")}
"""Suffix of a copy -> those of originals that can't be written, so that their copies are of another format."""
_SAME_TIME = 2 * 10**9
"""Nanoseconds by which two files may seem to differ that were unpacked or checked out together."""


@dataclass(slots=True)
class Versions:
    """What is made of the versions of one table in a folder.

    Attributes:
        replaced: a file that isn't read -> its corrected copy, which is.
        faults: a file that is refused -> why: nobody can tell which version is meant.
    """

    replaced: dict[Path, Path] = field(default_factory=dict)
    faults: dict[Path, str] = field(default_factory=dict)


def sort_versions(paths: Sequence[Path]) -> Versions:
    """Return which files are corrected by others beside them, by their names and the order in which they were written.

    The last copy is read if it is the newest of all versions. Else the original was edited after it was corrected, and
    none is.
    """
    named = {(path.parent, *_split_name(path)): path for path in paths}
    copies: dict[tuple[Path, str, str], list[tuple[int, Path]]] = {}
    for (folder, stem, suffix), path in named.items():
        if match := _NAME.fullmatch(stem):
            copies.setdefault((folder, match[1], suffix), []).append((int(match[2] or 1), path))
    found = Versions()
    for (folder, stem, suffix), numbered in copies.items():
        keys = [(folder, stem, each) for each in (suffix, *_COPIED_AS.get(suffix, ()))]
        _, last = max(numbered)
        others = [named[key] for key in keys if key in named] + [path for _, path in numbered if path != last]
        if not others:
            continue
        is_tied = sum(number == max(numbered)[0] for number, _ in numbered) > 1
        if is_tied or _is_newer(others, last):
            found.faults |= {path: _explain(path, [last, *others]) for path in (last, *others)}
        else:
            found.replaced |= dict.fromkeys(others, last)
    return found


def _split_name(path: Path) -> tuple[str, str]:
    """Return a name without its suffix, and the suffix in lower case; that of a packed file is two."""
    suffix = path.suffix
    if suffix.lower() in PACKINGS:
        suffix = path.with_suffix("").suffix + suffix
    return path.name[: len(path.name) - len(suffix)], suffix.lower()


def _is_newer(others: Iterable[Path], last: Path) -> bool:
    """Tell whether one of some files was written after the last copy."""
    try:
        written = last.stat().st_mtime_ns
        return any(other.stat().st_mtime_ns - written > _SAME_TIME for other in others)
    except OSError:
        return True  # gone meanwhile: whoever reads it says so


def _explain(path: Path, versions: Sequence[Path]) -> str:
    others = [each for each in versions if each != path]
    said = " and ".join(each.name for each in others)
    option = quote_command(["--exclude", others[0].name], find_shell())
    return (
        f"{path} isn't read, because {said} beside it has another version of it, and the last corrected copy isn't the "
        f"newest. Leave all but one out, e.g. with {option}."
    )
