"""The place that a run takes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from importer.errors import RunFileError, StorageError
from importer.run import RunFile
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks import stage
from importer.tasks.stage import RunRequest, open_earlier, stage_run
from tests.helpers.environment import ROOT
from tests.helpers.run_content import read_content
from tests.helpers.staging import make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_said_across_rows_is_the_same_with_them_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The faulty samples make one run, whether the rules across rows find them in memory or on disk."""
    found = []
    for held in (stage.HELD, 7):
        monkeypatch.setattr(stage, "HELD", held)
        place = tmp_path / f"{held}.run.sqlite"
        with stage_run(make_request(place, "invalid"), mode="dry-run", context=Context()):
            pass
        content = read_content(place)
        for issue in content["issue"]:
            del issue["id"]
        found.append(content)
    assert found[0] == found[1]
    assert {"duplicate-layer", "layer-gap", "stack-not-whole"} <= {issue["code"] for issue in found[0]["issue"]}


def test_no_room_for_the_rules_across_rows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system's folder for such files can't be written to, the error names it and says what to do."""
    monkeypatch.setattr(stage, "HELD", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    request = make_request(tmp_path / "r.run.sqlite", "valid/growth_log.csv")
    words = r"can't be kept in .*nowhere: No such file.*set TMPDIR"
    with pytest.raises(StorageError, match=words), stage_run(request, mode="dry-run", context=Context()):
        pass
    assert [*tmp_path.iterdir()] == []


def make_request(place: Path, sample: str) -> RunRequest:
    """Return what makes a dry run of sample data."""
    return RunRequest(
        (ROOT / "sample_data" / sample,),
        api=None,
        read=ReadSettings(skip_unreadable=True),
        check=CheckSettings(whole_stacks=True),
        plan=PlanSettings(run=place),
        send=SendSettings(),
    )


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
