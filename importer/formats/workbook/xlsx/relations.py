"""Which parts of an Office package are its workbook, sheets and styles: told by its relations, not by their names.

Source: ECMA-376 part 2, 6.5 (relationships).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from importer.formats.true_kind import explain_true_kind

if TYPE_CHECKING:
    from importer.chunks import Source
    from importer.formats.workbook.zip_package import Package


_LAST_ROW = re.compile(r":\$?[A-Z]{1,3}\$?([0-9]{1,7})$")


def find_main_part(package: Package, source: Source, *, suffix: str) -> str:
    """Return the part of a package that lists its sheets.

    Args:
        package: the package.
        source: the input, for messages.
        suffix: what the part's name ends in: ``.xml``, or ``.bin`` in XLSB.

    Raises:
        InputError: the package is no workbook of this kind.
    """
    root = package.read_tree("_rels/.rels") if package.has_part("_rels/.rels") else ()
    targets = [link.get("Target", "") for link in root if link.get("Type", "").endswith("/officeDocument")]
    main = targets[0].lstrip("/") if targets else f"xl/workbook{suffix}"
    if not package.has_part(main) or not main.endswith(suffix):
        raise explain_true_kind(source)
    return main


def read_relations(package: Package, main: str) -> dict[str, tuple[str, str]]:
    """Return id -> kind (``worksheet``, ``styles``, ...) and part of what a workbook is made of.

    Raises:
        InputError: they are absent, or no XML.
    """
    folder, base = posixpath.split(main)
    return {
        link.get("Id", ""): (
            link.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/" + folder, link.get("Target", ""))).lstrip("/"),
        )
        for link in package.read_tree(posixpath.join(folder, "_rels", f"{base}.rels"))
    }


def find_totals(package: Package, sheet: str) -> set[int]:
    """Return the rows, from 0, that the tables of a sheet declare as totals (ECMA-376 part 1, 18.5.1.2)."""
    folder, base = posixpath.split(sheet)
    if not package.has_part(posixpath.join(folder, "_rels", f"{base}.rels")):
        return set()
    totals: set[int] = set()
    for kind, part in read_relations(package, sheet).values():
        if kind == "table" and package.has_part(part):
            table = package.read_tree(part)
            count, last = table.get("totalsRowCount", "0"), _LAST_ROW.search(table.get("ref", ""))
            if last is not None and count.isdecimal() and len(count) == 1:
                totals |= set(range(int(last[1]) - int(count), int(last[1])))
    return totals
