"""The input formats: our own, and those of plug-ins."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.formats.input_format import InputFormat
from importer.formats.plug_ins import leave_out, list_own, list_plug_ins
from importer.formats.text.packing import PACKINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP = "layer_importer.formats"
"""The entry point group of plug-ins."""


@cache
def list_own_formats() -> tuple[InputFormat, ...]:
    """Return the formats that come with this package."""
    return tuple(list_own("importer.formats", "FORMATS", InputFormat))


@cache
def map_formats() -> Mapping[str, InputFormat]:
    """Return name -> format. A plug-in that takes the name or a suffix of another format is left out."""
    formats = {each.name: each for each in list_own_formats()}
    taken = set(PACKINGS).union(*(each.suffixes for each in formats.values()))
    for each in list_plug_ins(GROUP, InputFormat):
        wrong = [suffix for suffix in each.suffixes if suffix != suffix.lower() or suffix[:1] != "."]
        if each.name in formats:
            leave_out(each.name, "there is already a format of this name")
        elif clash := taken.intersection(each.suffixes):
            leave_out(each.name, f"{min(clash)} belongs to another format")
        elif wrong:
            leave_out(each.name, f"{wrong[0]!r} isn't a suffix in lower case with its dot")
        else:
            formats[each.name] = each
            taken.update(each.suffixes)
    return MappingProxyType(formats)


def list_names() -> str:
    """Return the names of all formats as a text."""
    return ", ".join(sorted(map_formats()))


def get_format(name: str) -> InputFormat | None:
    """Return the format of a name, None for an unknown one."""
    return next((each for each in list_own_formats() if each.name == name), None) or map_formats().get(name)


def find_format(path: Path) -> str | None:
    """Return the name of the format that a file's suffix tells, seen through a packing's; None for an unknown one."""
    suffix = path.suffix.lower()
    if suffix not in PACKINGS:
        return None if (found := _find_by_suffix(suffix)) is None else found.name
    inner = _find_by_suffix(Path(path.stem).suffix.lower())
    if inner is None and suffix == ".zip":
        inner = _find_member_format(path)
    return inner.name if inner is not None and inner.is_packable else None


def _find_by_suffix(suffix: str) -> InputFormat | None:
    # our own win, so that what they tell needs no look at other packages
    own = next((each for each in list_own_formats() if suffix in each.suffixes), None)
    return own or next((each for each in map_formats().values() if suffix in each.suffixes), None)


def _find_member_format(path: Path) -> InputFormat | None:
    """Return the format of the first member of a zip file that has one."""
    try:
        with zipfile.ZipFile(path) as package:
            formats = [_find_by_suffix(Path(name).suffix.lower()) for name in package.namelist()[:100]]
    except (OSError, zipfile.BadZipFile):
        return None
    return next((chosen for chosen in formats if chosen is not None), None)
