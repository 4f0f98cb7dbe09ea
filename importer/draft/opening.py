"""Opening a draft: inputs into memory, and the edits of an earlier session over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.check import tell_sources
from importer.columns import load_mapping
from importer.context import require_settings, take_path
from importer.draft.draft import Draft
from importer.draft.edits.journal import Journal
from importer.draft.tables import read_tables
from importer.errors import InputError
from importer.formats.digest import digest_file
from importer.formats.sources import find_sources
from importer.formats.sources.inputs import list_inputs
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    from pathlib import Path

    from importer.clock import Clock
    from importer.formats.sources.inputs import Inputs


def open_draft(
    inputs: Inputs,
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    journal: str | Path | None = None,
    clock: Clock | None = None,
) -> Draft:
    """Read inputs into memory to be edited; nothing is ever written to them.

    Args:
        inputs: files, folders or glob patterns; one or a list of them.
        read: how they are read.
        check: how rows are weighed.
        journal: file that keeps the edits; those of an earlier session are done again. None to keep none.
        clock: the time.

    Raises:
        InputError: an input can't be read at all, or changed while it was read.
        InputLimitError: there are more rows than can be edited.
        MappingError: the mapping file can't be used.
        StorageError: the journal can't be used.
    """
    require_settings(read=read, check=check)
    given = None if read.mapping is None else load_mapping(read.mapping)
    sources = tell_sources(find_sources(list_inputs(inputs), read), given)
    digests = {source.name: digest_file(source.path, name=source.name) for source in sources}
    tables = read_tables(sources)
    for source in sources:
        if digest_file(source.path, name=source.name) != digests[source.name]:
            raise InputError(f"{source.name} changed while it was being read. Open it again when it is finished.")
    kept = None if journal is None else Journal(take_path("journal", journal), digests)
    return Draft(tables, sources, read=read, check=check, journal=kept, clock=clock, digests=digests)
