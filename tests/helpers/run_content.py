"""All that a run holds, so that two runs can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from importer.run import RunFile, tables

if TYPE_CHECKING:
    from importer.model import RunPlace

Records = list[dict[str, Any]]
REFERENCES = {
    "seq": tables.rows,
    "sheet_id": tables.sheets,
    "stack_id": tables.stacks,
}
"""Columns that name a record of a table."""


def read_content(place: RunPlace) -> dict[str, Records]:
    """Return the records of all tables in their order; numbers of ours are told as places in that order."""
    with RunFile.open(place) as run, run.store.read() as connection:
        found = {
            table.name: [
                dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in (tables.inputs, tables.sheets, tables.stacks, tables.rows, tables.issues)
        }
    places = {
        table.name: {record[next(iter(table.primary_key)).name]: at for at, record in enumerate(found[table.name])}
        for table in REFERENCES.values()
    }
    for name, records in found.items():
        for at, record in enumerate(records):
            if "id" in record:
                record["id"] = at
            for column, table in REFERENCES.items():
                if record.get(column) is not None:
                    record[column] = places[table.name][record[column]]
        if name == "issue":  # of a row they are told by the order of the rows, and in that of their numbers
            records.sort(key=lambda record: (record["seq"] is not None, record["seq"] or 0))
    return found
