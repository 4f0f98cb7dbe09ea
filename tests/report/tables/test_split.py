"""Split files: in the input's own format, nothing of it lost, importable as they are."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import importer
from importer.errors import UsageError
from importer.formats.read import iter_raw_chunks
from importer.report.tables.split import find_dialect, split_run
from importer.run import RunFile

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    Stage = Callable[[str, str | bytes], Path]

SAMPLES = sorted((Path(__file__).parents[3] / "sample_data" / "valid").iterdir())


def _split(run_path: Path) -> dict[str, Path]:
    with RunFile.open(run_path) as run:
        return {path.name: path for path in split_run(run, run_path.parent / "parts")}


def _list_rows(path: Path, *, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def _take_content(frame: pd.DataFrame | None) -> pd.DataFrame:
    assert frame is not None
    return frame.drop(columns=["source", "row"]).reset_index(drop=True)


def test_parts_of_a_table(mixed_run: Path) -> None:
    """Each row is in valid or invalid; what isn't in is listed too; header and all columns are the input's."""
    parts = _split(mixed_run)
    assert set(parts) == {"growths.valid.csv", "growths.invalid.csv", "growths.not-in.csv"}
    source = _list_rows(mixed_run.parent / "growths.csv")
    valid, invalid, missing = (_list_rows(parts[f"growths.{part}.csv"]) for part in ("valid", "invalid", "not-in"))
    assert valid[0] == invalid[0] == missing[0] == source[0]
    assert invalid[1:] == [source[7]]
    assert sorted(valid[1:] + invalid[1:]) == sorted(source[1:])
    assert missing[1:] == source[4:6] + source[7:]


def test_cells_are_not_defused(mixed_run: Path) -> None:
    """These are the user's own cells: no character of them is changed."""
    rows = _list_rows(_split(mixed_run)["growths.valid.csv"])
    assert rows[3][-1] == "=1+1"


def test_delimiter_and_mark_are_the_inputs(stage_run: Stage) -> None:
    """A German file with semicolons and a byte order mark gets its parts in the same dialect."""
    text = '\ufeffsample_id;layer_id;formula;Notes\r\n42;1;SrTiO3;"a;b"\r\n'
    parts = _split(stage_run("log.csv", text))
    assert parts["log.valid.csv"].read_bytes().decode() == text


def test_unreadable_input_gets_commas(tmp_path: Path) -> None:
    """Where the input is gone, a comma is taken."""
    assert find_dialect(tmp_path / "gone.csv", ("a", "b")) == (",", False)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_valid_part_reads_as_the_input(sample: Path, stage_run: Stage) -> None:
    """For each sample file the part of its valid rows is read to the very same layers."""
    parts = _split(stage_run(sample.name, sample.read_bytes()))
    (name,) = [name for name in parts if ".valid." in name]
    assert len(parts) == 2, "valid and not-in"
    before, after = importer.validate(sample), importer.validate(parts[name])
    assert after.valid == after.rows == before.rows
    assert _take_content(after.frame).equals(_take_content(before.frame))


def test_stacks_keep_odd_text(stage_run: Stage) -> None:
    """Text with quotes, colons and characters beyond the basic plane survives YAML."""
    text = (
        'sample:\n  name: "A \\"17\\": x # y \U0001d7d9"\n  substrate: "NO"\n  metadata: {run: 010}\n'
        "layers:\n- {formula: SrTiO3, orientation: 001, note: 'a, b}'}\n- {formula: Ba TiO3 x}\n"
    )
    path = stage_run("one.yaml", text)
    before = importer.validate(path.parent / "one.yaml")
    after = importer.validate(_split(path)["one.valid.yaml"])
    assert (before.rows, before.valid) == (2, 1)
    assert before.frame is not None
    assert after.frame is not None
    assert _take_content(after.frame).equals(_take_content(before.frame.iloc[[0]]))


def test_wide_row_is_written_once(stage_run: Stage) -> None:
    """A row that names several layers stands once in its part, with all its cells."""
    text = "sample_id,Layer 1 formula,Layer 2 formula\n42,SrTiO3,BaTiO3\n43,SrTiO3,Xx\n"
    parts = _split(stage_run("wide.csv", text))
    assert _list_rows(parts["wide.valid.csv"])[1:] == [["42", "SrTiO3", "BaTiO3"]]
    assert _list_rows(parts["wide.invalid.csv"])[1:] == [["43", "SrTiO3", "Xx"]]


def test_keys_of_later_chunks_are_kept(stage_run: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rows carry their own keys, a key that first comes in a later chunk stands with its own value."""
    rows = [
        "- {formula: SrTiO3, orientation: 001}",
        "- {mp_id: mp-5020, formula: BaTiO3}",
        "- {note: x, orientation: 110, formula: SrRuO3}",
    ]
    monkeypatch.setattr("importer.check.chunks.iter_raw_chunks", partial(iter_raw_chunks, chunk_rows=1))
    path = stage_run("own.yaml", "\n".join(["sample_id: 42", "layers:", *rows, ""]))
    after = importer.validate(_split(path)["own.valid.yaml"])
    assert _take_content(after.frame).equals(_take_content(importer.validate(path.parent / "own.yaml").frame))


def test_no_input_is_written_over(stage_run: Stage, tmp_path: Path) -> None:
    """A split file that would take the place of an input is refused; the input stays as it is."""
    path = stage_run("log.csv", "sample_id,layer_id,formula\n42,1,SrTiO3\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "log.valid.csv").hardlink_to(tmp_path / "log.csv")
    with pytest.raises(UsageError, match="one of the inputs"):
        _split(path)
    assert (tmp_path / "log.csv").read_text().startswith("sample_id")


def test_sub_folders_are_kept(tmp_path: Path) -> None:
    """Files of one name in several folders go to folders of the same names, below the one that holds them all."""
    for name in ("2024/a.csv", "2025/mbe/a.csv"):
        (tmp_path / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "archive" / name).write_text(f"sample_id,layer_id,formula\n{name[3]},1,SrTiO3\n")
    plan, send = importer.PlanSettings(run=tmp_path / "r.sqlite"), importer.SendSettings(dry_run=True)
    importer.import_layers(tmp_path / "archive", plan=plan, send=send)
    with RunFile.open(tmp_path / "r.sqlite") as run:
        written = split_run(run, tmp_path / "parts")
    assert {str(path.relative_to(tmp_path / "parts")) for path in written} >= {
        str(Path("2024", "a.valid.csv")), str(Path("2025", "mbe", "a.valid.csv")),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/../../b", "<DataFrame>", "x" * 40])
def test_a_table_of_any_name(tmp_path: Path, name: str) -> None:
    """Whatever a table in memory is called, its files stay in the folder."""
    plan, send = importer.PlanSettings(run=tmp_path / "r.sqlite"), importer.SendSettings(dry_run=True)
    table = importer.Table([{"sample_id": 1, "layer_id": 1, "formula": "SrTiO3"}], name)
    importer.import_layers(table, plan=plan, send=send)
    with RunFile.open(tmp_path / "r.sqlite") as run:
        written = split_run(run, tmp_path / "parts")
    assert written
    assert {path.parent for path in written} == {tmp_path / "parts"}
