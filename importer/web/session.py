"""What one start of the page holds in memory: open drafts, the key, the job, tickets for downloads."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.check import tell_sources
from importer.columns import load_mapping
from importer.draft import TooManyRowsError, open_draft
from importer.errors import SettingsError, UsageError
from importer.formats.sources import find_sources
from importer.settings import ApiSettings, Secret, find_api_key, find_api_url
from importer.settings.file import load_settings
from importer.web.jobs import Jobs
from importer.web.large import LargeFile, check_large
from importer.web.workplace import WorkFile, split_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.chunks import Source
    from importer.draft import Draft
    from importer.settings import ReadSettings
    from importer.web.workplace import Workplace

MAX_DRAFTS = 4
"""Drafts kept in memory; the one that wasn't used for longest is read again when it is asked for."""
TICKET_SECONDS = 30.0
MAX_TICKETS = 50


@dataclass(slots=True)
class OpenDraft:
    """A draft that the page has open.

    Attributes:
        id: what the page calls it.
        files: its files.
        draft: the draft; used under the lock only.
        lock: held while it is used.
        mapping: the mapping file in use, where there is one.
    """

    id: str
    files: tuple[WorkFile, ...]
    draft: Draft
    sheet: str | None
    input_format: str | None
    lock: threading.RLock = field(default_factory=threading.RLock)
    mapping: Path | None = None

    @property
    def own_mapping(self) -> Path:
        """Where the page keeps the mapping of these files."""
        first = self.files[0].path
        return first.with_name(f"{split_name(first.name)[0]}.mapping.yaml")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a download is given for, once."""

    path: Path
    name: str
    until: float
    is_temporary: bool


class Session:
    """What the routes share.

    Args:
        workplace: the folder.
        sandbox: address and key of the embedded sandbox, for a demo.
        api: address and key; what the environment says if left out.
    """

    def __init__(
        self, workplace: Workplace, *, sandbox: ApiSettings | None = None, api: ApiSettings | None = None
    ) -> None:
        self.workplace = workplace
        self.is_sandbox = sandbox is not None
        self.jobs = Jobs()
        self.on_close: Callable[[], None] = lambda: None
        self.lab = load_settings(workplace.folder)
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        """Held while files are read, one draft after the other; never asked for under the other lock."""
        self._drafts: OrderedDict[str, OpenDraft | LargeFile] = OrderedDict()
        self._tickets: dict[str, Ticket] = {}
        self.plans: dict[str, tuple[str, int, ReadSettings]] = {}
        """Plan -> the draft that it was made of, its version then, and how it was read."""
        self._folder = tempfile.TemporaryDirectory(prefix="layer-importer-page-")
        self._api = sandbox or api
        self.address = find_api_url(None) if self._api is None else self._api.url
        if self._api is None and (key := find_api_key()) is not None:
            self._api = ApiSettings(url=self.address, key=key)

    @property
    def has_key(self) -> bool:
        """Whether a key is known."""
        return self._api is not None

    def set_key(self, key: str, address: str) -> None:
        """Take the key for an address, in memory only.

        Raises:
            SettingsError: either can't be used.
        """
        self._refuse_sandbox()
        url = find_api_url(address or None)
        self._api, self.address = ApiSettings(url=url, key=Secret(key)), url

    def forget_key(self) -> None:
        """Forget the key."""
        self._refuse_sandbox()
        self._api = None

    def _refuse_sandbox(self) -> None:
        if self.is_sandbox:
            raise UsageError("This is the sandbox, with a key of its own. Start `layer-importer ui` without --sandbox.")

    def require_api(self) -> ApiSettings:
        """Return address and key.

        Raises:
            SettingsError: there is no key yet.
        """
        if self._api is None:
            raise SettingsError("Type the API key first.")
        return self._api

    def open(self, file_ids: Sequence[str], *, sheet: str | None, input_format: str | None) -> OpenDraft | LargeFile:
        """Open files to be looked at and edited, or return the draft of them that is open.

        Raises:
            ImporterError: they can't be read.
        """
        if not file_ids:
            raise UsageError("Choose at least one file.")
        files = tuple(self.workplace.find_file(each) for each in dict.fromkeys(file_ids))
        draft_id = self.name_draft([file.id for file in files], sheet=sheet, input_format=input_format)
        with self._reading:
            with self._lock:
                known = self._drafts.get(draft_id)
                if known is not None and not _is_changed(known, files):
                    self._drafts.move_to_end(draft_id)
                    return known
            opened = self._open_new(draft_id, files, sheet, input_format)
            with self._lock:
                self._drafts[draft_id] = opened
                while len(self._drafts) > MAX_DRAFTS:
                    self._drafts.popitem(last=False)
            return opened

    def _open_new(
        self, draft_id: str, files: tuple[WorkFile, ...], sheet: str | None, input_format: str | None
    ) -> OpenDraft | LargeFile:
        try:
            draft = self._read(files, draft_id, sheet, input_format)
        except TooManyRowsError:
            return check_large(draft_id, files, self._choose_reading(files[0], sheet, input_format), self.lab.check)
        mapping = None if draft.read.mapping is None else Path(str(draft.read.mapping))
        return OpenDraft(draft_id, files, draft, sheet, input_format, mapping=mapping)

    def find_source(self, file_id: str, *, sheet: str | None = None) -> Source:
        """Return a file of the folder as it would be read.

        Raises:
            UsageError: there is none any more.
            InputError: it can't be opened.
            MappingError: its mapping file can't be used.
        """
        file = self.workplace.find_file(file_id)
        read = self._choose_reading(file, sheet, None)
        given = None if read.mapping is None else load_mapping(read.mapping)
        return tell_sources(find_sources([str(file.path)], read), given)[0]

    def reread(self, opened: OpenDraft) -> None:
        """Read the files of an open draft again, under its lock: their mapping takes them apart differently now.

        Raises:
            ImporterError: they can't be read so; the draft is as before.
        """
        opened.draft = self._read(opened.files, opened.id, opened.sheet, opened.input_format)

    def _read(self, files: Sequence[WorkFile], draft_id: str, sheet: str | None, input_format: str | None) -> Draft:
        read = self._choose_reading(files[0], sheet, input_format)
        journal = self.workplace.find_journal(draft_id)
        return open_draft([str(file.path) for file in files], read=read, check=self.lab.check, journal=journal)

    @staticmethod
    def name_draft(file_ids: Sequence[str], *, sheet: str | None = None, input_format: str | None = None) -> str:
        """Return what a draft of some files is called, today and tomorrow."""
        return hashlib.sha256(json.dumps([list(file_ids), sheet, input_format]).encode()).hexdigest()[:20]

    def _choose_reading(self, first: WorkFile, sheet: str | None, input_format: str | None) -> ReadSettings:
        """Return how files are read: by the mapping file beside the first of them, where there is one."""
        read = replace(self.lab.read, sheet=sheet, input_format=input_format)
        own = first.path.with_name(f"{split_name(first.path.name)[0]}.mapping.yaml")
        if own.is_file():
            load_mapping(own)
            read = replace(read, mapping=own)
        return read

    def find_draft(self, draft_id: str) -> OpenDraft:
        """Return an open draft.

        Raises:
            UsageError: it isn't open any more, or too large to be edited.
        """
        found = self.find_opened(draft_id)
        if isinstance(found, LargeFile):
            raise UsageError("A file with so many rows can be looked at and sent, but not edited here.")
        return found

    def find_opened(self, draft_id: str) -> OpenDraft | LargeFile:
        """Return open files, whether they can be edited or not.

        Raises:
            UsageError: they aren't open any more.
        """
        with self._lock:
            found = self._drafts.get(draft_id)
            if found is None:
                raise UsageError("This file isn't open any more. Open it again under Files.")
            self._drafts.move_to_end(draft_id)
            return found

    def give_ticket(self, path: Path, name: str, *, is_temporary: bool = True) -> str:
        """Return what a file can be downloaded by, once and soon."""
        ticket = secrets.token_urlsafe(32)
        with self._lock:
            self._drop_tickets()
            self._tickets[ticket] = Ticket(path, name, time.monotonic() + TICKET_SECONDS, is_temporary)
        return ticket

    def take_ticket(self, ticket: str) -> Ticket | None:
        """Return what a ticket is for, and void it; None for none, a used or a late one."""
        with self._lock:
            found = self._tickets.pop(ticket, None)
            self._drop_tickets()
        return found if found is not None and found.until >= time.monotonic() else None

    def _drop_tickets(self) -> None:
        now = time.monotonic()
        for ticket, each in list(self._tickets.items()):
            if each.until < now or len(self._tickets) > MAX_TICKETS:
                del self._tickets[ticket]
                if each.is_temporary:
                    each.path.unlink(missing_ok=True)

    def make_temporary(self, suffix: str) -> Path:
        """Return a free path in a folder of this process's own."""
        return Path(self._folder.name) / f"{secrets.token_hex(8)}{suffix}"

    def close(self) -> None:
        """Stop what runs at its safe point, and forget all."""
        self.jobs.finish()
        self._api = None
        with contextlib.suppress(OSError):
            self._folder.cleanup()


def _is_changed(known: OpenDraft | LargeFile, files: Sequence[WorkFile]) -> bool:
    return [(file.size, file.changed_at) for file in known.files] != [(file.size, file.changed_at) for file in files]
