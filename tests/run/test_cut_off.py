"""A run file whose process died while SQLite was in the middle of writing the file itself."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from importer.run import RunFile
from importer.settings import PlanSettings, SendSettings
from importer.tasks.import_layers import import_layers

if TYPE_CHECKING:
    from pathlib import Path

DIE_WHILE_WRITING = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")  # so that pages go to the file before the commit
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE row SET message = hex(randomblob(3000))")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_cut_off_is_mended_when_it_is_gone_on_with(tmp_path: Path) -> None:
    """Opened for writing it is rolled back to its last commit, as if the dead process had not begun."""
    rows = "".join(f"{sample},1,SrTiO3\n" for sample in range(200))
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n" + rows)
    path = tmp_path / "a.run.sqlite"
    import_layers(tmp_path / "a.csv", plan=PlanSettings(run=path), send=SendSettings(dry_run=True))
    subprocess.run([sys.executable, "-c", DIE_WHILE_WRITING, str(path)], check=False, timeout=60)
    assert path.with_name("a.run.sqlite-journal").stat().st_size > 0
    with RunFile.open(path, readonly=False) as run:
        assert {row.message for row in run.iter_rows()} == {""}
        assert run.count_rows() == 200
    with RunFile.open(path) as run:
        assert run.count_rows() == 200
