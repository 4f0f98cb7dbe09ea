"""Staging many inputs side by side: they are parted into batches, which workers store, and then joined."""

from __future__ import annotations

import socket
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer._version import __version__
from importer.cluster import PoolLostError, TaskDiedError, open_pool
from importer.cluster.address import count_local
from importer.columns import read_content
from importer.errors import InputError, SettingsError, StoppedReadingError, StorageError
from importer.events import Notice, RowsRead
from importer.formats.digest import look_at
from importer.formats.sources.copies import is_private
from importer.model import ServerPlace
from importer.run.batches import begin_batches, list_staged
from importer.settings.run_place import EXAMPLE
from importer.tasks.staging.batch import Batch, BatchFile, Job, stage_batch
from importer.tasks.staging.join import join_staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from importer.chunks import Source
    from importer.cluster import Workers
    from importer.context import Context
    from importer.model import RunPlace
    from importer.run import RunFile
    from importer.settings import CheckSettings, ClusterClient, ReadSettings
    from importer.tasks.staging.batch import BatchEnd

BATCH_BYTES = 8 * 1024**2
"""Bytes of inputs from which on a batch is full: some 100,000 rows, a second or two."""
FEWEST_FILES = 50
MOST_FILES = 200
"""Inputs of a batch, of few or of many inputs: a task of its own for each small file takes up to twice as long."""
_TRIES = 2
"""How often a scheduler is looked for, before the rest is read here."""


def stage_side_by_side(
    run: RunFile,
    sources: Sequence[Source],
    *,
    cluster: str | ClusterClient,
    job: Job,
    context: Context,
    judges_gaps: bool,
) -> None:
    """Read, check and write all rows of the inputs into a run on a server, as `stage_rows` does, on many workers.

    Raises:
        InputError: an input can't be read at all, or changed while it was read.
        NothingToDoError: the inputs name no row.
        StoppedReadingError: the stop event was set; nothing was sent.
        SettingsError: there are no workers to be had.
        StorageError: the run can't be written.
    """
    begin_batches(run)
    batches = {batch.number: batch for batch in iter_planned(job, sources)}
    _Staging(run, batches, context).stage(cluster)
    join_staged(run, job, sources, judges_gaps=judges_gaps)


def require_workers(cluster: str | ClusterClient | None, place: RunPlace) -> None:
    """Refuse workers where they can't help, before anything is made.

    Raises:
        SettingsError: the address can't be used, or the run is a file, which workers elsewhere can't share.
    """
    if cluster is None:
        return
    if isinstance(cluster, str):
        count_local(cluster)
    if not isinstance(place, ServerPlace):
        raise SettingsError(
            f"--cluster needs a run on a PostgreSQL server, which many can write at once. Give --run {EXAMPLE}."
        )


def make_job(run: RunFile, read: ReadSettings, check: CheckSettings) -> Job:
    """Return what all batches of a run on a server have in common.

    Raises:
        MappingError: the mapping file can't be used.
    """
    place = run.place
    if not isinstance(place, ServerPlace):
        raise TypeError(place)
    name = ""
    if isinstance(read.mapping, str | Path):
        name = str(read.mapping)
        read = replace(read, mapping=read_content(Path(read.mapping)))
    return Job(place, run.store.token, read, check, name, socket.gethostname(), __version__)


def iter_planned(job: Job, sources: Sequence[Source]) -> Iterator[Batch]:
    """Yield the inputs in batches, in their order; each input that only this process can read in one of its own.

    Raises:
        InputError: an input isn't there any more.
    """
    most = max(FEWEST_FILES, min(MOST_FILES, len(sources) // FEWEST_FILES))
    files: list[BatchFile] = []
    number = size = readable = 0
    for ordinal, source in enumerate(sources):
        is_copy = is_private(source.path)
        if files and (is_copy or size >= BATCH_BYTES or len(files) == most):
            yield Batch(job, number, tuple(files))
            files, size, number = [], 0, number + 1
        look = None if source.fault else look_at(source.path, name=source.name)
        placed = replace(source, path=source.path.absolute())
        files.append(BatchFile(placed, ordinal, None if source.fault else readable, str(source.path), look))
        size += 0 if look is None else look[0]
        readable += not source.fault
        if is_copy:
            yield Batch(job, number, tuple(files), is_private=True)
            files, size, number = [], 0, number + 1
    if files:
        yield Batch(job, number, tuple(files))


class _Staging:
    """The batches of a run on their way."""

    def __init__(self, run: RunFile, batches: Mapping[int, Batch], context: Context) -> None:
        self._run, self._batches, self._context = run, batches, context
        self._rows = 0

    def stage(self, cluster: str | ClusterClient) -> None:
        """Have all batches stored; what workers that are lost from sight leave is read here."""
        for number in range(_TRIES):
            try:
                with open_pool(cluster) as pool:
                    self._stage_by(pool, number)
                break
            except PoolLostError as error:
                words = str(error)
            except SettingsError as error:  # it doesn't answer any more
                if number == 0:
                    raise
                words = str(error)
        else:
            self._context.watch(Notice(f"{words} The rest of the inputs is read here."))
        for batch in self._list_left():
            self._require_going()
            self._take(stage_batch(batch))
        self._require_going()
        if left := self._list_left():
            raise StorageError(f"{len(left)} parts of the run {self._run.place} weren't stored. Import it again.")

    def _stage_by(self, pool: Workers, attempt: int) -> None:
        token = uuid.uuid4().hex[:8]
        tasks = (
            (f"stage-{self._batches[0].job.place.name}-{token}-{batch.number}-{attempt}", batch)
            for batch in self._list_left()
            if not batch.is_private
        )
        try:
            for end in pool.iter_ends(stage_batch, tasks, stop=self._context.stop):
                self._take(end)
        except TaskDiedError as error:
            files = self._batches[int(error.key.split("-")[-2])].files
            raise InputError(
                f"A worker of the cluster ended while it read {files[0].source.name} or one of the {len(files) - 1} "
                f"files after it ({error}). Perhaps a file needs more memory than a worker has."
            ) from error
        self._require_going()

    def _list_left(self) -> list[Batch]:
        stored = list_staged(self._run)
        return [batch for number, batch in self._batches.items() if number not in stored]

    def _take(self, end: BatchEnd) -> None:
        if end.error is not None:
            raise end.error
        self._rows += end.rows
        self._context.watch(RowsRead(self._batches[end.number].files[-1].source.name, self._rows))

    def _require_going(self) -> None:
        if self._context.stop.is_set():
            raise StoppedReadingError("Interrupted while the inputs were being read. Nothing was sent.")
