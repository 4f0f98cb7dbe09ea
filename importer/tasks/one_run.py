"""One run at a time for an address, on one machine: two at once would each miss what the other is storing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from importer.errors import BusyError, SettingsError
from importer.machine.files import is_own_folder, open_private
from importer.settings import find_private_folder, is_loopback, make_absolute

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.model import RunPlace
    from importer.settings import ApiSettings, SendSettings

MAX_NOTE = 8_192
"""Bytes of what a run says of itself to others."""
NOTE_LOOKS = 10
"""Looks at what the run that has its turn says of itself, which it says a moment after it has it."""
HEIR_SECONDS = 0.5
"""Seconds between two tries to have the turn of another process of the same run, once that has ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send to an address, and the note by which others learn who has it; None where nobody is kept out."""

    note: Path | None

    def name_run(self, run: RunPlace | None) -> None:
        """Say which process has the turn, and which run file once there is one, for whoever wants to begin another."""
        if self.note is None:
            return
        text = json.dumps({"pid": os.getpid(), "run": None if run is None else str(make_absolute(run))})
        with contextlib.suppress(OSError):  # others are kept out by the lock; they only learn less
            descriptor = open_private(self.note, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)


@contextlib.contextmanager
def take_turn(api: ApiSettings, send: SendSettings, run: RunPlace | None = None) -> Iterator[Turn]:
    """Keep other runs of this user from sending to the same address from this machine while the block runs.

    The kernel ends it with the process, however that ends.

    Args:
        api: where the run sends to.
        send: whether others are kept out at all.
        run: the run file, where it is known already.

    Raises:
        BusyError: another run has its turn; the error names its process and run file.
        SettingsError: there is no folder that only this user can write to.
    """
    if send.allow_parallel:
        yield Turn(None)
        return
    folder = _make_folder()
    note = folder / f"{_name_turn(api)}.json"
    lock = FileLock(note.with_suffix(".lock"), timeout=0, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another run is sending to {api.url} ({_describe(note)}). Two at once could store a layer twice. Wait "
            "until it ends, then try again. If the two have no sample in common, or their keys belong to two "
            "organisations, use --allow-parallel."
        ) from None
    except (OSError, NotImplementedError) as error:
        raise _make_folder_error(folder, str(error)) from error
    try:
        note.unlink(missing_ok=True)
        turn = Turn(note)
        turn.name_run(run)
        yield turn
    finally:
        lock.release()


@contextlib.contextmanager
def share_turn(api: ApiSettings, send: SendSettings, run: RunPlace) -> Iterator[None]:
    """Do as `take_turn`, but beside other processes that send the same run: when they end, the turn is this one's.

    Raises:
        BusyError, SettingsError: see `take_turn`.
    """
    is_over = threading.Event()
    with contextlib.ExitStack() as held:

        def inherit() -> None:
            while not is_over.wait(HEIR_SECONDS):
                with contextlib.suppress(BusyError, SettingsError):
                    held.enter_context(take_turn(api, send, run))
                    return

        if not _take_or_share(held, api, send, run):
            heir = threading.Thread(target=inherit, name="turn", daemon=True)
            heir.start()
            held.callback(heir.join)  # the turn that it takes is given back after that
        try:
            yield
        finally:
            is_over.set()


def _take_or_share(held: contextlib.ExitStack, api: ApiSettings, send: SendSettings, run: RunPlace) -> bool:
    """Take the turn, and tell whether this process has it, or another one of the same run.

    Raises:
        BusyError, SettingsError: see `take_turn`.
    """
    for look in range(NOTE_LOOKS):
        try:
            held.enter_context(take_turn(api, send, run))
        except BusyError:
            found = _read_note(_make_folder() / f"{_name_turn(api)}.json")
            if found is not None and found.get("run") == str(make_absolute(run)):
                return False
            # Whoever has just taken the turn writes its note a moment later.
            if found is not None or look == NOTE_LOOKS - 1:
                raise
            time.sleep(2 * HEIR_SECONDS / NOTE_LOOKS)
        else:
            return True
    return False


def _name_turn(api: ApiSettings) -> str:
    return hashlib.sha256(name_server(api.url).encode()).hexdigest()[:32]


def name_server(url: str) -> str:
    """Return the same text for all ways to write the address of one server.

    The organisation isn't part of it: a key doesn't say whose it is, and two keys may be of the same one.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{'localhost' if is_loopback(host) else host}:{port}{parts.path.rstrip('/').casefold()}"


def _describe(note: Path) -> str:
    """Return in words who has the turn, as far as the note says."""
    found = _read_note(note)
    if found is None:
        return "a process that gave no details"
    if found.get("run") is None:
        return f"process {found['pid']}, which is still reading its inputs"
    return f"process {found['pid']}, run file {found['run']}"


def _read_note(note: Path) -> dict[str, object] | None:
    found: object = None
    with contextlib.suppress(OSError, ValueError), note.open("rb") as file:
        found = json.loads(file.read(MAX_NOTE))
    return found if isinstance(found, dict) and isinstance(found.get("pid"), int) else None


def _make_folder() -> Path:
    """Return the folder of the locks, made where it isn't there; nobody else may write to it."""
    folder = find_private_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_own = is_own_folder(folder)
    except OSError as error:
        raise _make_folder_error(folder, error.strerror or str(error)) from error
    if not is_own:
        raise _make_folder_error(folder, "it belongs to somebody else, or others can write to it")
    return folder


def _make_folder_error(folder: Path, words: str) -> SettingsError:
    return SettingsError(
        f"Can't tell whether another run is sending to the same address, because {folder} can't be used ({words}). "
        "Set XDG_RUNTIME_DIR to a folder of your own, or use --allow-parallel if nothing else is running."
    )
