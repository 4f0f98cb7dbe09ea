"""What is written of a checked chunk, and of the input that it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.formats.read import digest_source
from importer.layers.payload import build_payloads
from importer.run import InputRecord, add_issues

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.check import CheckedChunk
    from importer.chunks import Source
    from importer.run import RunFile, Stager


def write_chunk(run: RunFile, stager: Stager, checked: CheckedChunk) -> int:
    """Write the rows of a chunk and all that is to be said of them; return how many rows they are.

    Raises:
        StorageError: the run can't be written.
    """
    payloads, schema_issues = build_payloads(checked.layers, checked.bad)
    stager.stage_chunk(checked.layers, payloads, (*checked.issues, *schema_issues))
    add_issues(run, (*checked.table_issues, *checked.file_issues))
    return len(payloads)


def make_input(number: int, source: Source, path: str) -> InputRecord:
    """Return the record of an input as it is now.

    Raises:
        InputError: it can't be read.
    """
    return InputRecord(
        id=number,
        name=source.name,
        path=path,
        format=source.format,
        sha256=digest_source(source),
        size=source.path.stat().st_size,
    )


def require_unchanged(inputs: Iterable[tuple[Source, InputRecord]]) -> None:
    """Refuse inputs that aren't what they were when they began to be read.

    Raises:
        InputError: it names the first that changed.
    """
    for source, record in inputs:
        if digest_source(source) != record.sha256:
            raise InputError(f"{source.name} changed while it was being read. Nothing was sent: import it again.")
