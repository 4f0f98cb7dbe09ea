"""A mapping file rewritten, so that what was chosen on the page holds for the command line too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from importer.columns.mapping.load import load_mapping, read_content

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_content(mapping: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what stands in a mapping file, every scalar as text; nothing where there is none.

    Raises:
        MappingError: it can't be used.
    """
    if mapping is None:
        return {}
    load_mapping(mapping)
    return dict(read_content(Path(mapping))) if isinstance(mapping, str | Path) else dict(mapping)


def write_mapping(content: Mapping[str, Any]) -> str:
    """Return the text of a mapping file, which reads back as the same; rules that say nothing are left out.

    Comments of an earlier file are lost.

    Raises:
        MappingError: the rules contradict each other, or aren't those of a mapping file.
    """
    said = {key: value for key, value in content.items() if value}
    load_mapping(said)
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, default_flow_style=False, width=1_000)
