"""Processes that send a run, placed on the workers of a cluster beside the one that was asked to send it."""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer._version import __version__
from importer.cluster import Places, PoolLostError, open_pool
from importer.cluster.address import count_local
from importer.context import Context
from importer.errors import ImporterError, SettingsError
from importer.settings import (
    KEY_VARIABLES,
    ApiSettings,
    find_api_key,
    find_api_url,
    find_ca_bundle,
    find_named_key,
    find_proxy,
)
from importer.tasks.crew.join import join_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.cluster import Change
    from importer.model import ServerPlace
    from importer.settings import ClusterClient, SendSettings

AGAIN_SECONDS = 5.0
"""Seconds after which a scheduler that was lost is looked for again."""
LEAVE_SECONDS = 10.0
"""Seconds that workers are waited for at the end, beside the time that requests under way may take."""
LOST_SECONDS = 1.0
"""Seconds that are waited at the end for whoever looks for a scheduler."""
MOST_TOLD = 20
"""Workers of which it is told why they don't send."""


@dataclass(frozen=True, slots=True)
class CrewJob:
    """What a worker needs to send a run, but for the key and the database's password, which are in its environment.

    Attributes:
        place: the run.
        url: the API's address.
        send: bounds and waits, each process's own.
        version: of this tool where the run is sent from.
        key_variable: of its environment; None for the usual one.
        is_own: the worker is a process of this machine that this one has started.
        proxy, ca_bundle: for such a worker; others have them from their environment.
    """

    place: ServerPlace
    url: str
    send: SendSettings
    version: str = __version__
    key_variable: str | None = None
    is_own: bool = False
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    ca_bundle: str | None = None


@dataclass(frozen=True, slots=True)
class CrewEnd:
    """How a worker's part ended.

    Attributes:
        host: its machine.
        error: why it ended before the run did; empty if it didn't.
    """

    host: str
    error: str = ""


def send_along(job: CrewJob, stop: threading.Event) -> CrewEnd:
    """Join the processes that send a run, on whatever machine, until the run has ended; what stops it is an answer too.

    It may be done any number of times, side by side or one after the other.
    """
    host = socket.gethostname()
    try:
        join_run(job.place, api=find_api(job), send=job.send, context=Context(stop=stop))
    except ImporterError as error:
        return CrewEnd(host, str(error))
    return CrewEnd(host)


def find_api(job: CrewJob) -> ApiSettings:
    """Return address and key as a worker's environment has them.

    Raises:
        SettingsError: there is no key, or it may be of another address than the run's.
    """
    if job.version != __version__:
        raise SettingsError(f"It has version {__version__} of layer-importer, but {job.version} is needed.")
    if not job.is_own and job.key_variable is None and (found := find_api_url(None)) != job.url:
        raise SettingsError(
            f"Its key is for {found}, but the run goes to {job.url}. If the key is right, set AS_API_ENDPOINT to that "
            "address in its environment."
        )
    key = find_api_key() if job.key_variable is None else find_named_key(job.key_variable)
    if key is None:
        raise SettingsError(
            f"There is no API key in its environment. Set {job.key_variable or KEY_VARIABLES[0]} there, before it is "
            "started."
        )
    return ApiSettings(url=job.url, key=key, proxy=find_proxy(job.proxy), ca_bundle=find_ca_bundle(job.ca_bundle))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where processes beside this one are to send a run.

    Attributes:
        cluster: ``local:N``, the address of a scheduler, or a client.
        api: where the run goes; the key in it stays here.
    """

    cluster: str | ClusterClient
    api: ApiSettings

    def make_job(self, place: ServerPlace, send: SendSettings) -> CrewJob:
        """Return what its workers need."""
        if isinstance(self.cluster, str) and count_local(self.cluster) is not None:
            api = self.api
            return CrewJob(
                place,
                api.url,
                send,
                key_variable=api.key_variable,
                is_own=True,
                proxy=api.proxy,
                ca_bundle=api.ca_bundle,
            )
        return CrewJob(place, self.api.url, send, key_variable=self.api.key_variable)


@contextlib.contextmanager
def place_crews(
    placing: Placing | None, place: ServerPlace, *, send: SendSettings, note: Callable[[str], None]
) -> Iterator[None]:
    """Have the workers of a cluster send a run while the block runs; whatever becomes of them, the block goes on.

    When it ends, those that are still at work begin nothing more, end their requests and give back what they had.

    Args:
        placing: where; None for nowhere.
        place: the run, open for work.
        send: bounds and waits, the same for each.
        note: told what becomes of them, from a thread of its own.
    """
    if placing is None:
        yield
        return
    crews = _Crews(placing, placing.make_job(place, send), note)
    thread = threading.Thread(target=crews.keep, name="placing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        crews.over.set()
        # A scheduler that isn't reached has nobody to be told, and whoever looks for it may do so for long.
        thread.join(send.shutdown_wait + 2 * LEAVE_SECONDS if crews.is_reached else LOST_SECONDS)


class _Crews:
    """The processes on the workers of a cluster.

    Attributes:
        over: set when they are to end.
        is_reached: those who carry them out are there: processes of this machine, or a scheduler.
    """

    def __init__(self, placing: Placing, job: CrewJob, note: Callable[[str], None]) -> None:
        self._placing, self._job, self._note = placing, job, note
        name = f"submit-{job.place.name}-{uuid.uuid4().hex[:8]}"
        self._places = Places(name, job.send.shutdown_wait + LEAVE_SECONDS)
        self._told: set[str] = set()
        self._late: list[str] = []
        self.is_reached = job.is_own
        self._is_lost = self._is_lonely = False
        self._most = 0
        self.over = threading.Event()

    def keep(self) -> None:
        """Keep every worker sending until all is over; a scheduler that is lost is looked for again and again."""
        while not self.over.is_set():
            words = self._watch()
            if self.over.is_set() or not words:
                return
            if not self._is_lost:
                self._note(f"{words} This process goes on sending, as do the workers that can, and looks for it again.")
            self._is_lost, self.is_reached, self._most = True, False, 0
            self.over.wait(AGAIN_SECONDS)

    def _watch(self) -> str:
        """Watch the workers until all is over; return why they can't be watched any more, if that may pass."""
        try:
            with open_pool(self._placing.cluster) as pool:
                changes = pool.iter_changes(send_along, self._job, places=self._places, stop=self.over)
                for change in changes:
                    self._take(change)
        except PoolLostError as error:
            return str(error)
        except SettingsError as error:
            if not self._job.is_own:
                return str(error)
            self._note(f"{error} This process sends alone.")
        except Exception as error:  # noqa: BLE001  # this process goes on, and says why it is alone
            self._note(f"No more processes are placed on the workers of the cluster: {error!r}")
        return ""

    def _take(self, change: Change[CrewEnd]) -> None:
        self._is_lost, self.is_reached = False, True
        # A look later, for all of them end with the same words when the run is stopped.
        for words in self._late:
            if words not in self._told and len(self._told) < MOST_TOLD:
                self._told.add(words)
                self._note(words)
        self._late = [f"A worker doesn't send any more: {words}" for words in change.died]
        self._late += [f"A worker on {end.host} doesn't send: {end.error}" for end in change.ended if end.error]
        if change.running > self._most:
            self._most = change.running
            where = f"{change.running} {'worker' if change.running == 1 else 'workers'}"
            self._note(
                f"This run is sent on {where} of the cluster as well: {self._job.send.workers} requests at once in "
                f"each of {change.running + 1} processes."
            )
        elif not (change.running or self._most or self._is_lonely or self._places.ended):
            self._is_lonely = True
            self._note(
                "No worker of the cluster takes part in sending. Start workers with --resources submit=1, and with "
                f"{self._job.key_variable or KEY_VARIABLES[0]} in their environment. This process sends meanwhile."
            )
