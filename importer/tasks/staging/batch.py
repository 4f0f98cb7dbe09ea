"""Staging one batch of a run's inputs, on whatever machine: read, checked and stored as a whole, once."""

from __future__ import annotations

import json
import socket
from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from importer._version import __version__
from importer.check import ReadSoFar, iter_but_last, prepare_reading
from importer.context import Context
from importer.errors import ImporterError, InputError, SettingsError
from importer.formats.digest import look_at
from importer.model import Issue, Severity, Where
from importer.rules import StackRules
from importer.run.batches import INPUT, BatchStager, StagedBatch, end_batch, open_batch
from importer.tasks.staging.chunk import make_input, require_unchanged, write_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.check import CheckedChunk, Reading
    from importer.chunks import Source
    from importer.formats.digest import FileLook
    from importer.model import ServerPlace
    from importer.run import RunFile
    from importer.settings import CheckSettings, ReadSettings


@dataclass(frozen=True, slots=True)
class BatchFile:
    """An input of a batch.

    Attributes:
        source: the input, by an absolute path.
        ordinal: its own among all inputs of the run.
        number: of its record; None where it can't be read, which is known already.
        path: as the user named it, for the record.
        look: how it looks where the batch was planned.
    """

    source: Source
    ordinal: int
    number: int | None
    path: str
    look: FileLook | None


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all batches of a run; it holds no secret, for it travels.

    Attributes:
        place: the run.
        token: of the process that holds its lock.
        read: how inputs are read; a mapping file as its content.
        check: how rows are weighed.
        mapping: the mapping file's name.
        host: the machine on which the batches were planned.
        version: of this tool there.
    """

    place: ServerPlace
    token: str
    read: ReadSettings
    check: CheckSettings
    mapping: str
    host: str
    version: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some inputs that stand one after the other.

    Attributes:
        job: what is the same for all batches.
        number: its own, from 0.
        files: the inputs.
        is_private: whether only the process that planned it can read them.
    """

    job: Job
    number: int
    files: tuple[BatchFile, ...]
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """How a batch ended.

    Attributes:
        number: the batch.
        rows: rows read; 0 if it was stored already.
        error: what stopped it; nothing of it is stored then.
    """

    number: int
    rows: int = 0
    error: ImporterError | None = None


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What is kept of a batch beside its rows, until all are joined.

    Attributes:
        starts: for each of its inputs the ordinal within the batch that its first row has, or would have.
        ordinals: the same inputs' ordinals over the whole run.
        sheets: the names of the sheets that were read.
        said: what is to be said of files without rows.
        last: ordinal within the batch of the first row of its last chunk; None without a chunk.
    """

    starts: list[int]
    ordinals: list[int]
    sheets: list[str | None]
    said: list[Issue]
    last: int | None

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> BatchFacts:
        """Return what `dump` made JSON of."""
        found = json.loads(text)
        found["said"] = [
            Issue(**{**each, "severity": Severity(each["severity"]), "where": Where(**each["where"])})
            for each in found["said"]
        ]
        return cls(**found)


def stage_batch(batch: Batch) -> BatchEnd:
    """Store a batch as a whole, unless it is stored already; what stops it is an answer too."""
    try:
        return BatchEnd(batch.number, _store_batch(batch))
    except ImporterError as error:
        here = socket.gethostname()
        if here == batch.job.host:
            return BatchEnd(batch.number, error=error)
        words = (
            f"{error} This happened on {here}: every worker must reach the files by the same path, and the database."
        )
        return BatchEnd(batch.number, error=type(error)(words))


def _store_batch(batch: Batch) -> int:
    job = batch.job
    if job.version != __version__:
        raise SettingsError(f"A worker has version {__version__} of layer-importer, but {job.version} is needed.")
    first = batch.files[0].ordinal
    with open_batch(job.place, job.token, number=batch.number, first=first) as run:
        return 0 if run is None else _stage_files(run, batch)


def _stage_files(run: RunFile, batch: Batch) -> int:
    files, sources = batch.files, [each.source for each in batch.files]
    for each in files:
        if each.look is not None and look_at(each.source.path, name=each.source.name) != each.look:
            raise InputError(f"{each.source.name} isn't the file that was there when the import began.")
    inputs = [
        (each.source, make_input(each.number, each.source, each.path)) for each in files if each.number is not None
    ]
    run.add_inputs([record for _, record in inputs])
    rules, so_far = StackRules(), ReadSoFar()
    stager, last = BatchStager(run, files[0].ordinal), None
    for checked in _iter_all(sources, rules, make_reading(batch.job), so_far):
        last = checked.layers.fields.start
        at = bisect_right(so_far.starts, last) - 1
        stager.shift = files[at].ordinal * INPUT - so_far.starts[at]
        write_chunk(run, stager, checked)
    require_unchanged(inputs)
    ordinals = [each.ordinal for each in files]
    facts = BatchFacts(so_far.starts, ordinals, [*so_far.sheets], so_far.said, last)
    end_batch(run, StagedBatch(batch.number, so_far.rows, facts.dump(), rules.take_part().dump()))
    return so_far.rows


def _iter_all(
    sources: Sequence[Source], rules: StackRules, reading: Reading, so_far: ReadSoFar
) -> Iterator[CheckedChunk]:
    last = yield from iter_but_last(sources, rules, reading, so_far=so_far, context=Context())
    if last is not None:
        yield last


def make_reading(job: Job) -> Reading:
    """Return how inputs are read, as where the batches were planned.

    Raises:
        MappingError: the mapping file can't be used.
        UsageError: a code is none that can be repaired, or that can be ignored.
    """
    reading = prepare_reading(job.read, job.check)
    if reading.mapping is None or not job.mapping:
        return reading
    return replace(reading, mapping=replace(reading.mapping, name=job.mapping))
