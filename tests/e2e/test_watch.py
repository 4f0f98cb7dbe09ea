"""The real `watch`: imports what settles, goes on after a file that can't be read, and ends with Ctrl-C."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess


def test_a_folder_is_watched(tmp_path: Path, start_forked: Callable[..., Any], sandbox: SandboxProcess) -> None:
    """A broken file is told, a good one is imported and reported beside it; nobody else may watch; 130 is the end."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xlsx").write_bytes(b"no workbook")
    (tmp_path / "in" / "b.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    start = ("watch", "in", "--report", "out/answers.html", "--report", "out/r.parquet", "--on-existing", "update")
    (tmp_path / "out").mkdir()
    process = start_forked(*start, url=sandbox.url)
    process.wait_for("isn't an XLSX workbook")
    process.wait_for("Run file: in/b.csv.run.sqlite")
    sandbox.wait_for_layers(1)
    second = start_forked(*start, url=sandbox.url)
    _, err = second.communicate(timeout=60)
    assert (second.returncode, "is watching in already" in err) == (2, True), err
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["a.xlsx", "b.csv", "b.csv.run.sqlite"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b.csv.answers.html", "b.csv.r.parquet"]
