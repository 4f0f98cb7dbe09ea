"""A run file from elsewhere sends only what a run of this tool would send, and only to where its rows belong."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from importer.errors import RunFileError
from importer.settings import SendSettings
from importer.tasks.resume import resume
from importer.tasks.undo import undo_run
from importer.tasks.verify import verify_run
from tests.helpers.api import API
from tests.helpers.staging import make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path

    from importer.context import Context
    from tests.helpers.api import FakeApi

SEND = SendSettings(workers=1, settle=1.0, canary=0, attempts=3)


def change(path: Path, *statements: str) -> None:
    """Change a run file as anybody could."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE row SET payload = json_set(payload, '$.sample_id', 7)",
        "UPDATE row SET payload = json_set(payload, '$.layer_id', layer_id + 1)",
        "UPDATE row SET payload = json_set(payload, '$.layer_id', '../users/7')",
        "UPDATE row SET payload = json_set(payload, '$.user_id', 1)",
        "UPDATE row SET payload = json_set(payload, '$.mp_id', 'javascript:1')",
        "UPDATE row SET payload = json_remove(payload, '$.sample_id')",
        "UPDATE row SET payload = json_set(payload, '$.id', json_object('id', 1))",
        "UPDATE stack SET target_id = 7",
        "UPDATE stack SET action = 'replace-stack', target_id = NULL, sample_id = NULL",
        "UPDATE stack SET before = '[1]'",
        "UPDATE stack SET before = '[{\"layer_id\": \"x\"}]'",
    ],
)  # fmt: skip
@pytest.mark.parametrize("task", [resume, undo_run, verify_run])
def test_a_body_that_no_run_would_send_is_refused(
    tmp_path: Path, server: FakeApi, context: Context, statement: str, task: object
) -> None:
    """The file is refused with the reason, whatever is to be done with it, and nothing at all is asked or sent."""
    run = tmp_path / "r.run.sqlite"
    stage_layers(run, make_stacks(2, 2))
    change(run, statement)
    assert callable(task)
    with pytest.raises(RunFileError, match=r"can't be continued"):
        task(run, api=API, send=SEND, context=context)
    assert server.writes == []


def test_a_pre_image_that_isnt_a_layer_isnt_put_back(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """What a run file says to have stood there is checked by the schema before it leaves; the stack is named."""
    run = tmp_path / "r.run.sqlite"
    stage_layers(run, make_stacks(2, 2))
    resume(run, api=API, send=SEND, context=context)
    change(run, 'UPDATE stack SET before = \'[{"layer_id": 1, "mp_id": "x"}]\' WHERE sample_id = 100')
    writes = len(server.writes)
    undone = undo_run(run, api=API, send=SEND, context=context)
    assert undone.undone == ("sample 101",)
    ((label, words),) = undone.refused
    assert label == "sample 100"
    assert "can't be put back" in words
    assert len(server.writes) == writes + 1
