"""Inputs that a program hands over: DataFrames, lists of dicts, open files, and a mapping as a dict."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import importer
from importer.errors import ImporterError, InputError, MappingError, NothingToDoError, UsageError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.sources.copies import make_private_folder
from importer.report.files import write_report
from importer.report.tables.split import split_run
from importer.run import RunFile

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk
    from importer.formats.sources.inputs import Input

ROWS: list[dict[str, Any]] = [
    {"sample_id": 7, "layer_id": 1, "formula": "SrTiO3"},
    {"sample_id": 7, "layer_id": 2, "formula": "BaTiO3", "element_dict": {"Ba": 1, "Ti": 1.0, "O": 3}},
]
CSV = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO₃\n"


def read(given: Input, **settings: str) -> RawChunk:
    """Return the one chunk of an input."""
    (chunk,) = iter_raw_chunks(find_sources([given], importer.ReadSettings(**settings))[0])  # type: ignore[arg-type]  # texts
    return chunk


def read_cells(values: list[object] | pd.Series) -> list[str | None]:
    """Return what the cells of a column are read as."""
    frame = pd.DataFrame({"n": [str(number) for number in range(len(values))], "value": values})
    return [cell for _, cell in read(frame).frame.to_numpy(dtype=object).tolist()]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pd.Series([1, 2]), ["1", "2"]),
        (pd.Series([1, None]), ["1", None]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([0.1, 1e22, 1e-7]), ["0.1", "1e+22", "1e-07"]),
        (pd.Series([0.1, 0.7], dtype="float32"), ["0.1", "0.7"]),
        (pd.Series(["010", " NO ", "", "NaN", "Größe\u2060"]), ["010", " NO ", "", "NaN", "Größe\u2060"]),
        (pd.Series(["a", None], dtype="string"), ["a", None]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        ([None, float("nan"), pd.NA, pd.NaT, np.float64("nan"), Decimal("nan")], [None] * 6),
        ([np.int64(2**62), 2**70, Decimal("0.10"), np.str_("x")], [str(2**62), str(2**70), "0.10", "x"]),
        ([{"Ba": 1.0, "O": None}, [0, 0, 1], (1, 1, 0), np.array([1, 2])],
         ['{"Ba":"1"}', '["0","0","1"]', '["1","1","0"]', '["1","2"]']),
    ],
)  # fmt: skip
def test_cells_become_the_texts_that_mean_the_same(values: list[object] | pd.Series, texts: list[str | None]) -> None:
    """No value is bent on its way: whole numbers are digits, floats shortest in their own precision, none is empty."""
    assert read_cells(values) == texts


@pytest.mark.parametrize(
    ("value", "text", "code"),
    [
        (True, "TRUE", "cell-boolean"),
        (np.False_, "FALSE", "cell-boolean"),
        (dt.date(2025, 1, 10), "2025-01-10", "cell-date"),
        (pd.Timestamp("2025-01-10 12:30"), "2025-01-10 12:30:00", "cell-date"),
        (np.datetime64("2025-01-10T00:00:00.000000000"), "2025-01-10 00:00:00", "cell-date"),
        (dt.timedelta(hours=2), "2:00:00", "cell-date"),
        ("Ba\0TiO3", "Ba\\x00TiO3", "nul-byte"),
        ("Ba\ud800", "Ba\\ud800", "undecodable-byte"),
    ],
)
def test_odd_cells_get_the_issues_of_workbook_cells(value: object, text: str, code: str) -> None:
    """Truth values, dates and texts that can't be stored are issues at their row and column, without letters."""
    chunk = read(pd.DataFrame({"layer_id": [1, 2], "formula": pd.Series(["a", value], dtype=object)}))
    assert chunk.frame[1].tolist() == ["a", text]
    ((row, column, issue),) = chunk.cell_issues
    assert (row, column, issue.code, issue.value) == (1, 1, code, text)
    assert str(issue.where) == "<DataFrame>, row 2, column 'formula'"


def test_a_frame_is_checked_as_it_stands() -> None:
    """A frame is valid with its own dtypes; the frame that comes back names its rows; no copy of it stays behind."""
    copies = make_private_folder()
    before = set(copies.iterdir())
    checked = importer.validate(pd.DataFrame(ROWS))
    assert (checked.rows, checked.valid) == (2, 2)
    assert checked.frame is not None
    assert checked.frame["source"].tolist() == ["<DataFrame>"] * 2
    assert checked.frame["row"].tolist() == [1, 2]
    assert checked.frame["element_dict"].tolist()[1] == {"Ba": 1, "Ti": 1, "O": 3}
    assert set(copies.iterdir()) == before


def test_a_list_of_dicts_is_one_table_and_may_have_a_name() -> None:
    """Keys become columns as they appear; a name of one's own is what places call the table; equal names differ."""
    checked = importer.validate([*ROWS, {"layer_id": True}])
    assert {issue.where.source for issue in checked.issues} == {"<list of dicts>"}
    named = importer.Table([{"layer_id": 1, "formula": "Sr"}], "growths of May")
    several: list[Input] = [named, named, pd.DataFrame(ROWS)]
    twice = importer.validate(several)
    assert twice.frame is not None
    assert twice.frame["source"].unique().tolist() == ["growths of May", "growths of May 2", "<DataFrame>"]


def test_an_index_with_a_name_is_a_column() -> None:
    """What was made the index is read too; a plain one isn't."""
    frame = pd.DataFrame(ROWS)
    assert read(frame.set_index("sample_id")).header == ("sample_id", "layer_id", "formula", "element_dict")
    assert read(frame.set_index(np.array([5, 6]))).header == tuple(frame.columns)
    assert read(frame.set_index("sample_id", drop=False)).header == tuple(frame.columns)
    deep = frame.set_index(["sample_id", "layer_id"]).assign(sample_id=7)
    assert read(deep).header == ("layer_id", "formula", "element_dict", "sample_id")


def test_tables_longer_than_a_chunk_come_whole() -> None:
    """Rows of long tables keep their numbers over chunks; blank ones are noted by number and left out."""
    frame = pd.DataFrame({"layer_id": [*range(12_000), None], "formula": ["a"] * 12_000 + [None]})
    frame.loc[3] = [None, None]
    chunks = list(iter_raw_chunks(find_sources([frame])[0], chunk_rows=5_000))
    assert [len(chunk.rows) for chunk in chunks] == [4_999, 5_000, 2_000]
    assert [number for chunk in chunks for number in chunk.rows.tolist()] == [n for n in range(1, 12_001) if n != 4]
    assert [issue.code for chunk in chunks for issue in chunk.table_issues] == ["blank-row", "blank-row"]


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"layer_id": 1}, UsageError, "list with one dict per row"),
        (5, UsageError, "type int can't be read"),
        (b"sample_id,layer_id", UsageError, "type bytes can't be read"),
        (pd.Series(["a.csv"]), UsageError, "type Series can't be read"),
        (np.array(["a.csv"]), UsageError, "type ndarray can't be read"),
        (CSV, InputError, r"content of a file, not its name. Give io.StringIO\(text\)"),
        ("https://lab.test/a.csv", InputError, "is an address. Download the file first"),
        (pd.DataFrame(ROWS, index=pd.Index([1, 2], name="layer_id")[::-1]), InputError, "index and a column"),
        ([ROWS[0], "a.csv"], UsageError, "mixed with other inputs"),
        (io.StringIO(CSV), UsageError, "input_format"),
        ([], UsageError, "at least one"),
        (pd.DataFrame({"layer_id": [1], "formula": [object()]}), InputError, "row 1, column 'formula' holds a object"),
        (pd.DataFrame({("a", "b"): [1]}), InputError, "column named"),
        ([{"1": 1, 1: 2}], InputError, "several keys"),
        (pd.DataFrame(), NothingToDoError, "no rows"),
        (pd.DataFrame(ROWS).head(0), NothingToDoError, "no rows"),
    ],
)
def test_what_is_no_input_is_told(given: object, kind: type[ImporterError], said: str) -> None:
    """What can't be read is refused in words that say what to give instead."""
    with pytest.raises(kind, match=said):
        importer.validate(given)  # type: ignore[arg-type]  # that is what is tried


def test_open_files_are_read_in_any_mode(tmp_path: Path) -> None:
    """Text and binary files, with a name and without, are read from where they stand, and stay open."""
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    csv = importer.ReadSettings(input_format="csv")
    with (tmp_path / "a.csv").open(encoding="utf-8") as text, (tmp_path / "a.csv").open("rb") as binary:
        for given, read_settings in (
            (text, importer.ReadSettings()), (binary, importer.ReadSettings()),
            (io.StringIO(CSV), csv), (io.BytesIO(CSV.encode("utf-16")), csv),
        ):  # fmt: skip
            checked = importer.validate(given, read=read_settings)
            assert (checked.rows, checked.valid) == (2, 2)
            assert checked.issues[0].value == "BaTiO₃"
            name = str(tmp_path / "a.csv") if given in {text, binary} else "<open file>"
            assert checked.issues[0].where.source == name
        with pytest.raises(InputError, match="read to its end before"):
            importer.validate(text)


def test_open_files_may_be_packed_or_hold_stray_bytes(tmp_path: Path) -> None:
    """A packed file is unpacked as its name says; bytes that a text file took as surrogates come as the bytes."""
    frame = pd.DataFrame(ROWS)
    frame.to_csv(tmp_path / "a.csv.gz", index=False)
    with (tmp_path / "a.csv.gz").open("rb") as packed:
        assert importer.validate(packed).rows == 2
    (tmp_path / "b.csv").write_bytes("layer_id,formula,sample_name\n1,Sr,Größe\n".encode("cp1252"))
    with (tmp_path / "b.csv").open(encoding="utf-8", errors="surrogateescape") as stray:
        checked = importer.validate(stray)
    assert checked.frame is not None
    assert checked.frame["sample_name"].tolist() == ["Größe"]


def test_a_mapping_may_be_a_dict() -> None:
    """A dict maps as the file would that it stands for; what a file couldn't say is refused, not guessed."""
    frame = pd.DataFrame({"Nr": [1, 2], "Film": ["STO", "BaTiO3"]})
    mapping = {
        "columns": {"Nr": "layer_id", "Film": {"field": "composition_string", "values": {"STO": "SrTiO3"}}},
        "constants": {"sample_id": 7},
    }
    checked = importer.validate(frame, read=importer.ReadSettings(mapping=mapping))
    assert checked.frame is not None
    assert checked.frame["composition_string"].tolist() == ["SrTiO3", "BaTiO3"]
    assert checked.frame["sample_id"].tolist() == [7, 7]
    wrongs: list[dict[str, Any]] = [
        {"constants": {"substrate": None}},
        {"constants": {"substrate": True}},
        {"colums": {}},
    ]
    for wrong in wrongs:
        with pytest.raises(MappingError):
            importer.validate(frame, read=importer.ReadSettings(mapping=wrong))


def test_tables_are_imported_and_reported(tmp_path: Path) -> None:
    """A run of a frame has a digest of its content and every report; its split files hold its cells."""
    frame = pd.DataFrame([*ROWS, {"sample_id": 7, "layer_id": 3, "formula": "Batio3"}])
    digests = set()
    for name in ("a", "b"):
        settings = importer.PlanSettings(run=str(tmp_path / f"{name}.run.sqlite"))
        report = importer.import_layers(frame, plan=settings, send=importer.SendSettings(dry_run=True))
        assert {status.value: count for status, count in report.counts.items()} == {"not_sent": 2, "invalid": 1}
        with RunFile.open(report.run_path) as run:
            (record,) = run.iter_inputs()
            digests.add(record.sha256)
            for suffix in ("csv", "jsonl", "html", "xlsx", "parquet"):
                write_report(run, tmp_path / f"{name}.{suffix}")
            assert len(split_run(run, tmp_path / f"split-{name}")) == 3
    assert len(digests) == 1
