"""The wheel, installed away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_works_in_another_folder(tmp_path: Path) -> None:
    """A wheel built from the checkout brings its schemas and validates a file, with the checkout out of sight."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    built, home = tmp_path / "built", tmp_path / "home"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(built), str(ROOT)], check=True, timeout=300
    )
    (wheel,) = built.glob("layer_importer-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "importer/schemas/layer.schema.json" in names
    assert "importer/py.typed" in names
    assert "importer/guide/how-to/mapping.md" in names
    assert not [name for name in names if name.startswith(("tests/", "sample_data/", "schemas/"))]
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(home), str(wheel)], check=True, timeout=300
    )
    table = tmp_path / "stack.csv"
    table.write_text("sample_id,layer_id,formula\n42,1,SrTiO3\n42,2,BaTiO3\n")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(home)}
    code = (
        "import sys, importer, importer.contract as contract; from importer import validate\n"
        "print(importer.__file__, contract.find_schemas(), validate('stack.csv').valid)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    file, schemas, valid = ended.stdout.split()
    assert file.startswith(str(home))
    assert schemas.startswith(str(home))
    assert valid == "2"
