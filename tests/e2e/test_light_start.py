"""Commands start without what they do not need: those that read nothing without readers, checks without frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

CODE = """
import sys
from importer.__main__ import main
try:
    main()
except SystemExit as error:
    unwanted = {"pandas", "numpy", "openpyxl", "pyarrow", "jinja2", "pydantic", "fastapi"}
    print(sorted(unwanted & set(sys.modules)), error.code, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command", [["resume"], ["retry"], ["verify"], ["undo"], ["runs"], ["apply"]], ids=lambda command: command[0]
)
def test_going_on_needs_no_reading(
    tmp_path: Path,
    run_cli: Callable[..., Any],
    start_cli: Callable[..., Any],
    sandbox: SandboxProcess,
    command: list[str],
) -> None:
    """What goes on with a run file does its whole work without pandas, so that it answers at once."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n")
    run = str(tmp_path / "a.run.sqlite")
    made = run_cli("plan" if command == ["apply"] else "import", "a.csv", "--run", run, url=sandbox.url)
    assert made.returncode in {0, 1}, made.stderr
    subject = str(tmp_path) if command == ["runs"] else run
    process: subprocess.Popen[str] = start_cli(*command, subject, url=sandbox.url, program=["-c", CODE])
    out, err = process.communicate(timeout=60)
    assert err.splitlines()[-1] in {"[] 0", "[] None"}, out + err


def test_help_loads_what_it_needs(start_cli: Callable[..., Any]) -> None:
    """Help and the version come without what reads, sends, draws or encrypts."""
    code = CODE.replace('"numpy", ', '"numpy", "hashlib", "requests", "rich", "sqlalchemy", "yaml", ')
    process: subprocess.Popen[str] = start_cli("import", "--help", program=["-c", code])
    out, err = process.communicate(timeout=60)
    assert err.splitlines()[-1] == "[] 0", out + err


def test_checking_a_table_loads_what_it_needs(tmp_path: Path, start_cli: Callable[..., Any]) -> None:
    """A CSV file is checked without pandas and without the readers of other formats."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n")
    code = CODE.replace('"numpy", ', '"orsopy", "python_calamine", ')
    process: subprocess.Popen[str] = start_cli("validate", str(tmp_path / "a.csv"), program=["-c", code])
    out, err = process.communicate(timeout=60)
    assert err.splitlines()[-1] == "[] 0", out + err
