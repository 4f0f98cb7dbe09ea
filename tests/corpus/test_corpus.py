"""Files that real programs wrote: all of them read to the same layers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from importer.columns import arrange_chunk, plan_columns
from importer.formats.read import find_sources, iter_raw_chunks

FOLDER = Path(__file__).parents[2] / "sample_data" / "formats"
EXPECTED = yaml.safe_load((FOLDER / "lab_book.expected.yaml").read_text(encoding="utf-8"))
COUNTS = {"pandas": 5, "openpyxl": 1, "libreoffice": 6, "sheetjs": 4}
BOOKS = sorted(path.name for path in FOLDER.glob("lab_book_*"))


def read_layers(path: Path) -> list[dict[str, str]]:
    """Return the layers of a file as field -> text."""
    layers: list[dict[str, str]] = []
    start = 0
    for raw in iter_raw_chunks(find_sources([path])[0]):
        chunk = arrange_chunk(raw, plan_columns(raw), start=start)
        start += len(chunk.index)
        records = chunk.frame.to_dict("records")
        layers += [{str(name): text for name, text in record.items() if text} for record in records]
    return layers


def test_the_corpus_is_whole() -> None:
    """All programs and formats are there."""
    suffixes = {name.rpartition(".")[2] for name in BOOKS}
    assert suffixes >= {"xlsx", "xls", "xlsb", "ods", "csv", "json", "jsonl", "parquet", "feather"}
    assert len(BOOKS) == sum(COUNTS.values())


@pytest.mark.parametrize("name", BOOKS)
def test_every_program_gives_the_same_layers(name: str) -> None:
    """Each file of the corpus reads to the same layers, text for text."""
    assert read_layers(FOLDER / name) == EXPECTED


@pytest.mark.long
@pytest.mark.parametrize(
    ("program", "command"), [("pandas", None), ("openpyxl", None), ("libreoffice", "soffice"), ("sheetjs", "npm")]
)
def test_the_programs_of_this_machine_give_the_same_layers(tmp_path: Path, program: str, command: str | None) -> None:
    """Made again by the programs that are installed here, the files read to the same layers."""
    if command is not None and shutil.which(command) is None:
        pytest.skip(f"{command} isn't installed: the committed files of {program} were read, but not made again")
    script = Path(__file__).parent / "make_corpus.py"
    subprocess.run([sys.executable, str(script), str(tmp_path), program], check=True, timeout=600)
    made = sorted(path.name for path in tmp_path.glob("lab_book_*"))
    assert made == [name for name in BOOKS if name in made]
    assert len(made) == COUNTS[program]
    for name in made:
        assert read_layers(tmp_path / name) == EXPECTED, name
