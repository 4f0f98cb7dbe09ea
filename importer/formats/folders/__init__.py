"""The files of a folder or pattern that are inputs, and what to say of the others."""

from __future__ import annotations

import fnmatch
import glob
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from importer.errors import InputError, InputLimitError
from importer.formats.folders.corrected import sort_versions
from importer.formats.limits import MAX_ENTRIES, MAX_TREE_BYTES
from importer.formats.registry import find_format
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import OWN_SHEET, REPORT_COLUMNS
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.model import Issue

_LOCKS = ("~$", "._", ".~lock.")
_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_SYSTEM_FOLDERS = frozenset({"__macosx", "__pycache__", "$recycle.bin"})
_PARTS = (".valid", ".invalid", ".not-in")
"""What the names of split files end in, before the suffix."""
_MAPPINGS = (".mapping.yaml", ".mapping.yml", ".mapping.json")
_NAMED = 5
"""Files that a note names."""
_HEAD = 4_096
_TAIL = 65_536
"""Bytes at whose end a Parquet file names its columns."""
_OWN_COLUMNS = (b"http_status", b"record_id", b"attempts")


FILE_PASSED_OVER = Code(
    "file-passed-over",
    Severity.NOTE,
    "Files of a folder or pattern weren't read: the importer wrote them itself, a corrected copy lies beside them, "
    "their names don't say their format, or they are behind a link to a folder.",
    "To read such a file anyway, name the file itself.",
    "growths/answers.csv",
)


@dataclass(slots=True)
class Found:
    """What a folder or pattern stands for.

    Attributes:
        paths: the inputs, by name; also folders that can't be looked into.
        notes: what is to be said of other files.
        faults: an input or folder that can't be read -> why.
    """

    paths: list[Path] = field(default_factory=list)
    notes: list[Issue] = field(default_factory=list)
    faults: dict[Path, str] = field(default_factory=dict)


def is_system_file(path: PurePath) -> bool:
    """Tell whether a file is one that office programs and systems keep for themselves beside people's files."""
    return path.name.startswith(_LOCKS) or path.name.lower() in _SYSTEM


def find_files(given: str | Path, *, exclude: Sequence[str] = (), mapping: object = None) -> Found:
    """Return the inputs of a folder, with its sub-folders, or of a pattern.

    Args:
        given: the folder, or the pattern.
        exclude: patterns of names, or of paths from the folder on, of files and folders to leave out.
        mapping: the mapping file, which is no input.

    Raises:
        InputError: there is no input, or the folder can't be read.
        InputLimitError: there are too many files.
    """
    found = search_files(given, exclude=exclude, mapping=mapping)
    if not found.paths:
        what = f"The folder {given} has no inputs" if Path(given).is_dir() else f"The pattern {given} matches no inputs"
        raise InputError(f"{what}: no file in it has a known suffix that is left to read.")
    return found


def search_files(given: str | Path, *, exclude: Sequence[str] = (), mapping: object = None) -> Found:
    """Return the same as `find_files`, and nothing where there is no input in a folder."""
    folder = Path(given)
    is_folder = folder.is_dir()
    base = folder if is_folder else Path()
    found, foreign = Found(), []
    paths = list(_iter_folder(folder, exclude, found) if is_folder else _iter_matches(str(given), exclude, found))
    if not paths and not found.faults and not is_folder:
        raise InputError(f"No file matches the pattern {given}.")
    names = {path.with_suffix("") for path in paths}
    for path in paths:
        if isinstance(mapping, str | Path) and path.absolute() == Path(mapping).absolute():
            continue
        if find_format(path) is None:
            foreign.append(path)
        elif said := _explain_own(path, names):
            place = Where(str(path))
            found.notes.append(make_issue(Problem(FILE_PASSED_OVER, f"{said}, so it wasn't read."), place))
        else:
            found.paths.append(path)
    versions = sort_versions(found.paths)
    found.faults |= versions.faults
    for path, copy in versions.replaced.items():
        found.paths.remove(path)
        said = f"This wasn't read, because {copy.name} beside it is its corrected copy."
        found.notes.append(make_issue(Problem(FILE_PASSED_OVER, said), Where(str(path))))
    found.paths += [path for path in found.faults if path not in found.paths]
    if foreign:
        shown = [path.relative_to(base).as_posix() if is_folder else str(path) for path in foreign[:_NAMED]]
        more = f" and {len(foreign) - _NAMED:,} more" if len(foreign) > _NAMED else ""
        said = f"Not read, because the name doesn't say the format: {', '.join(shown)}{more}."
        found.notes.append(make_issue(Problem(FILE_PASSED_OVER, said), Where(str(given))))
    return found


def _iter_folder(folder: Path, exclude: Sequence[str], found: Found) -> Iterator[Path]:
    """Yield the files of a folder and its sub-folders, by name; what can't be looked into or at is noted.

    Links to folders aren't followed: what they lead to may hold the folder itself.
    """
    seen, links = 0, []

    def fail(error: OSError) -> None:
        place = Path(error.filename)
        if place == folder:
            raise InputError(f"The folder {folder} can't be read: {error.strerror}.") from None
        found.faults[place] = f"The folder {place} can't be read: {error.strerror}."

    for place, folders, files in os.walk(folder, onerror=fail):
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name.lower() not in _SYSTEM_FOLDERS
            and not _is_excluded((here / name).relative_to(folder), exclude)
        )
        links += [here / name for name in folders if (here / name).is_symlink()]
        seen += len(files) + len(folders)
        if seen > MAX_ENTRIES:
            raise InputLimitError(f"The folder {folder} holds more than {MAX_ENTRIES:,} files: name smaller folders.")
        for name in sorted(files):
            path = here / name
            if name.startswith(".") or is_system_file(path) or _is_excluded(path.relative_to(folder), exclude):
                continue
            if path.is_file():
                yield path
            else:
                _note_dangling(path, found)
    for link in links:
        said = "This is a link to a folder, which isn't followed. Name the folder itself to read it too."
        found.notes.append(make_issue(Problem(FILE_PASSED_OVER, said), Where(str(link))))


def _iter_matches(pattern: str, exclude: Sequence[str], found: Found) -> Iterator[Path]:
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  # takes absolute patterns too
        path = Path(match)
        if is_system_file(path) or _is_excluded(path, exclude):
            continue
        if path.is_file():
            yield path
        else:
            _note_dangling(path, found)


def _note_dangling(path: Path, found: Found) -> None:
    """Note a link of an input's name that leads nowhere: nobody knows how many rows are missing."""
    if path.is_symlink() and not path.exists() and find_format(path) is not None:
        found.faults[path] = f"{path} is a link to a file that isn't there."


def _is_excluded(path: PurePath, exclude: Sequence[str]) -> bool:
    """Tell whether a pattern names a path, its end, or one of its folders."""
    return any(
        fnmatch.fnmatch(path.as_posix(), pattern) or any(fnmatch.fnmatch(part, pattern) for part in path.parts)
        for pattern in exclude
    )


def _explain_own(path: Path, names: set[Path]) -> str:
    """Return what a file is that the importer wrote, or that tells it how to read; empty for an input."""
    if path.name.lower().endswith(_MAPPINGS):
        return "This is a mapping file by its name"
    stem = path.with_suffix("")
    if stem.suffix in _PARTS and stem.with_suffix("") in names:
        return "This holds rows of another file of the folder, as --split writes them"
    suffix = path.suffix.lower()
    try:
        if suffix == ".xlsx":
            return "This is a marked workbook that the importer wrote" if _is_marked(path) else ""
        return "This is a report that the importer wrote" if _is_report(path, suffix) else ""
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError):
        return ""  # whoever reads it says what is wrong with it


def _is_report(path: Path, suffix: str) -> bool:
    """Tell whether a file begins, or a Parquet file ends, as only reports do."""
    if suffix not in {".csv", ".jsonl", ".parquet"}:
        return False
    with path.open("rb") as stream:
        if suffix == ".parquet":
            stream.seek(max(0, path.stat().st_size - _TAIL))
            tail = stream.read(_TAIL)
            return all(name in tail for name in _OWN_COLUMNS)
        line = stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].rstrip(b"\r")
    if suffix == ".csv":
        return line == ",".join(REPORT_COLUMNS).encode() or line.startswith(b"code,severity,source,sheet,row,column")
    return line.startswith(b'{"source":') and b'"http_status":' in line and b'"record_id":' in line


def _is_marked(path: Path) -> bool:
    with zipfile.ZipFile(path) as package:
        part = package.getinfo("xl/workbook.xml")
        return part.file_size <= MAX_TREE_BYTES and f'name="{OWN_SHEET}"'.encode() in package.read(part)
