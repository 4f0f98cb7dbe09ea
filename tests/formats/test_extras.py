"""Without the optional packages everything else works, and what needs one says which."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import zstandard

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
for name in ("pyarrow", "zstandard"):
    sys.modules[name] = None
from importer.errors import InputError
from importer.formats.read import find_sources, iter_raw_chunks
try:
    print(sum(len(chunk.rows) for chunk in iter_raw_chunks(find_sources([sys.argv[1]])[0])))
except InputError as error:
    print(error)
"""


def test_other_formats_are_read_without_loading_pyarrow(tmp_path: Path) -> None:
    """A check of a CSV takes no memory for what only Parquet needs (40 MB), nor for tables (50 MB)."""
    (tmp_path / "a.csv").write_bytes(b"sample_id,layer_id,formula\n1,1,BaTiO3\n")
    program = "import sys\nfrom importer.tasks.validate import validate\nvalidate(sys.argv[1], keep_frame=False)\n"
    program += "print({'pyarrow', 'pandas', 'openpyxl', 'sqlalchemy', 'requests'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.csv")], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"layer_id,formula\n1,a\n", "1"),
        ("a.yaml", b"sample_id: 1\nlayers: [{formula: a}, {formula: b}]\n", "2"),
        ("a.parquet", b"PAR1", "layer-importer[parquet]"),
        ("a.csv.zst", zstandard.compress(b"layer_id,formula\n1,a\n"), "layer-importer[compression]"),
    ],
)
def test_without_extras(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    """Formats of the standard set are read; those of an extra name it."""
    (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / name)], capture_output=True, text=True, check=True, timeout=60
    )
    assert said in done.stdout
