"""The place that a run takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from importer.errors import RunFileError
from importer.run import RunFile
from importer.tasks.stage import open_earlier
from tests.helpers.staging import make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"mode": "dry-run"}, {"mode": "dry-run"}, "holds a dry run"),
        ({"mode": "dry-run"}, {"mode": "import"}, "holds a dry run"),
        ({"mode": "import"}, {"mode": "dry-run"}, "holds an import"),
        ({"api_url": "https://a"}, {"api_url": "https://b"}, "to another address"),
    ],
)
def test_what_holds_a_place_is_said(tmp_path: Path, old: dict[str, str], new: dict[str, str], words: str) -> None:
    """Only an import to the same address makes room for a corrected one; of anything else it is said what it is."""
    path = tmp_path / "r.sqlite"
    stage_layers(path, make_stacks(1, 1))
    with RunFile.open(path, readonly=False) as run:
        meta = replace(run.meta, **old)  # type: ignore[arg-type]  # texts alone
        run.set_meta(meta)
    with pytest.raises(RunFileError, match=words), open_earlier(path, replace(meta, **new)):  # type: ignore[arg-type]
        pass
