"""Which parts of an Office package are its workbook, sheets and styles: told by its relations, not by their names.

Source: ECMA-376 part 2, 6.5 (relationships).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from importer.formats.true_kind import explain_true_kind

if TYPE_CHECKING:
    from importer.chunks import Source
    from importer.formats.workbook.zip_package import Package


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
