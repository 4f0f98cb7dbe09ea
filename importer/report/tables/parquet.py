"""The report as Parquet, for large runs and for notebooks; needs the extra ``parquet``."""

from __future__ import annotations

import itertools
from typing import IO, TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from importer.report.screen.lines import COLUMNS, iter_report_lines
from importer.report.tables.table_files import list_cells

if TYPE_CHECKING:
    from importer.run import RunFile

GROUP = 20_000
"""Rows of one row group; as many are held in memory."""
_INTEGERS = frozenset({"row", "sample_id", "layer_id", "record_id", "http_status", "attempts"})


def write_parquet_report(run: RunFile, stream: IO[bytes]) -> None:
    """Write a run as Parquet: the columns of the CSV, integers as such, JSON text in ``issues`` and ``payload``.

    Nothing is defused, for no spreadsheet runs what stands in a Parquet file.

    Raises:
        RunFileError: the run's lines don't add up.
    """
    schema = pa.schema([(name, pa.int64() if name in _INTEGERS else pa.string()) for name in COLUMNS])
    lines = iter_report_lines(run)
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while group := [list_cells(line) for line in itertools.islice(lines, GROUP)]:
            columns = [list(column) for column in zip(*group, strict=True)]
            writer.write_table(pa.table(dict(zip(COLUMNS, columns, strict=True)), schema=schema))
