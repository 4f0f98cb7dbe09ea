"""Who has no server needs nothing for one, and who hasn't got what is needed is told how to get it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from importer.errors import SettingsError
from importer.run import RunFile
from tests.helpers.environment import ROOT


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg an address is refused with the command that installs it."""
    monkeypatch.delitem(sys.modules, "importer.run.store.server_runs", raising=False)
    monkeypatch.delitem(sys.modules, "importer.run.store.postgres", raising=False)
    monkeypatch.delitem(sys.modules, "importer.run.store.server", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"pip install 'layer-importer\[server\]'"):
        RunFile.open("postgresql://db.lab/runs?run=a")


def test_run_files_load_no_driver() -> None:
    """A run in a file costs nothing of what a server needs."""
    code = "import sys, importer.run; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0
