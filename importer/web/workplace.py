"""The folder that the page works in: its files by ids, and what is dropped on the page."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import InputLimitError, UsageError
from importer.formats.digest import digest_file
from importer.formats.registry import find_format, map_formats
from importer.run import SUFFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from importer.model import RunPlace

MAX_UPLOAD = 512 * 1024**2
MAX_LISTED = 2_000
"""Files of the folder that are looked at."""
HIDDEN = ".layer-importer"
_NAME = 200


@dataclass(frozen=True, slots=True)
class WorkFile:
    """A file of the folder.

    Attributes:
        id: what the page calls it.
        path: where it is.
        format: what its suffix says it is.
        size: in bytes.
        changed_at: POSIX time.
    """

    id: str
    path: Path
    format: str
    size: int
    changed_at: float


class Workplace:
    """A folder, whose direct files the page may read, and beside which it writes.

    Args:
        folder: the folder.

    Raises:
        UsageError: there is no such folder, or nothing can be written to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}. Name the folder with your files.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"Nothing can be written to {folder}: copies, answers and edits go there. Name another.")

    def list_files(self) -> list[WorkFile]:
        """Return the files that can be imported, by name."""
        return sorted(self._iter_files(), key=lambda file: file.path.name.casefold())

    def _iter_files(self) -> Iterator[WorkFile]:
        with os.scandir(self.folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MAX_LISTED:
                    return
                path = self.folder / entry.name
                if entry.name.startswith((".", "~$")) or entry.name.endswith((SUFFIX, ".mapping.yaml", ".part")):
                    continue
                chosen = find_format(path)
                if chosen is None:
                    continue
                with contextlib.suppress(OSError):  # it went away in between
                    facts = path.stat()
                    if path.is_file():
                        yield WorkFile(name_id(entry.name), path, chosen, facts.st_size, facts.st_mtime)

    def find_file(self, file_id: str) -> WorkFile:
        """Return the file of an id.

        Raises:
            UsageError: there is none any more.
        """
        found = next((file for file in self._iter_files() if file.id == file_id), None)
        if found is None:
            raise UsageError("This file isn't in the folder any more. Load the page again.")
        if show_name(found.path) != found.path.name:
            raise UsageError(f"The name {show_name(found.path)} isn't text. Rename the file, then load the page again.")
        return found

    def find_run(self, run_id: str) -> Path:
        """Return the run file of an id.

        Raises:
            UsageError: there is none any more.
        """
        for path in self.folder.glob(f"*{SUFFIX}"):
            if name_id(path.name) == run_id:
                return path
        raise UsageError("This run file isn't in the folder any more. Load the page again.")

    def find_journal(self, draft_id: str) -> Path:
        """Return where the edits of a draft are kept."""
        return self.folder / HIDDEN / "drafts" / draft_id / "edits.jsonl"

    async def store(self, name: str, blocks: AsyncIterator[bytes]) -> WorkFile:
        """Keep a file that was dropped on the page; one that is there already, byte for byte, is that file.

        Args:
            name: its name; only the part after the last slash counts.
            blocks: its bytes.

        Raises:
            UsageError: its name doesn't say what it is.
            InputLimitError: it is too large.
        """
        own = check_name(name)
        part = self.folder / f".{secrets.token_hex(8)}.part"
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                async for block in blocks:
                    size += len(block)
                    if size > MAX_UPLOAD:
                        raise InputLimitError(
                            f"{own} is larger than {MAX_UPLOAD // 1024**2} MB. Use `layer-importer import` for it."
                        )
                    digest.update(block)
                    file.write(block)
            path = self._place(own, size, digest.hexdigest())
            if path.exists():
                return self.find_file(name_id(path.name))
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        return self.find_file(name_id(path.name))

    def _place(self, name: str, size: int, digest: str) -> Path:
        """Return the same file where the folder has it, else a free path."""
        stem, suffix = split_name(name)
        for number in range(1, MAX_LISTED):
            path = self.folder / (name if number == 1 else f"{stem}-{number}{suffix}")
            if not path.exists():
                return path
            if path.is_file() and path.stat().st_size == size and digest_file(path, name=path.name) == digest:
                return path
        raise UsageError(f"The folder has very many files named {name}. Give yours another name.")


def name_id(name: str) -> str:
    """Return what the page calls a file of the folder."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:20]


def show_name(path: RunPlace) -> str:
    """Return a file's name as it can be shown: what of it isn't text is replaced."""
    return os.fsencode(path.name).decode(errors="replace")


def split_name(name: str) -> tuple[str, str]:
    """Return a file's name without its suffixes, and these: ``a.csv.gz`` is ``a`` and ``.csv.gz``."""
    path = Path(name)
    is_packed = path.suffix.lower() in {".gz", ".bz2", ".xz", ".zst", ".zip"}
    suffixes = "".join(path.suffixes[-2:]) if is_packed else path.suffix
    return name.removesuffix(suffixes), suffixes


def check_name(name: str) -> str:
    """Return the name under which a dropped file is kept.

    Raises:
        UsageError: it is no name of a file that can be read.
    """
    own = re.split(r"[/\\]", name)[-1].strip()
    if not own or own.startswith(".") or len(own.encode(errors="replace")) > _NAME or not own.isprintable():
        raise UsageError("A file needs a plain name, such as growths.csv.")
    if find_format(Path(own)) is None:
        known = sorted({suffix for each in map_formats().values() for suffix in each.suffixes})
        raise UsageError(f"Can't tell what kind of file {own} is. It must end in one of {', '.join(known)}.")
    return own
