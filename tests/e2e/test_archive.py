"""A lab's archive in one go: hundreds of files, some of which can't be read."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from importer import Issue, validate
from importer.errors import InputError
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

HEADER = "sample_id,layer_id,formula\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Give a folder of 317 files: 313 tables, an empty, a lock, a broken and a foreign file."""
    folder = tmp_path / "archive"
    (folder / "2019" / "mbe").mkdir(parents=True)
    (folder / "2020").mkdir()
    for number in range(1, 314):
        place = folder / ("2019/mbe" if number % 2 else "2020") / f"g{number:03}.csv"
        place.write_text(f"{HEADER}{number},1,SrTiO3\n{number},2,BaTiO3\n")
    (folder / "2020" / "empty.csv").touch()
    (folder / "2020" / "~$g.xlsx").write_bytes(b"lock")
    (folder / "2019" / "broken.xlsx").write_bytes(bytes(range(1, 256)) * 20)
    (folder / "2019" / "scan.pdf").write_bytes(b"%PDF-1.7")
    return folder


def list_files(issues: tuple[Issue, ...], code: str) -> list[str]:
    """Return the names of the files that have an issue, without their folders."""
    return [issue.where.source.rsplit("/", 1)[1] for issue in issues if issue.code == code]


def test_an_archive_is_checked_in_one_go(archive: Path) -> None:
    """All tables are checked, and each file that can't be read is an issue of its own; the check isn't passed."""
    checked = validate(archive, keep_frame=False)
    assert (checked.rows, checked.valid, checked.exit_code) == (626, 626, 2)
    assert list_files(checked.issues, "unreadable-file") == ["broken.xlsx", "empty.csv"]
    (note,) = [issue for issue in checked.issues if issue.code == "file-passed-over"]
    assert "2019/scan.pdf" in note.message
    assert "~$" not in note.message


def test_an_archive_is_imported_without_what_cannot_be_read_only_if_asked(
    archive: Path, run_cli: Callable[..., Any], sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Nothing is sent while a file can't be read; with the option all others are, and the exit code still tells."""
    refused = run_cli("import", str(archive), "--run", "r.sqlite", url=sandbox.url)
    assert refused.returncode == 2
    assert "--skip-unreadable" in refused.stderr
    assert (sandbox.list_layers(), (tmp_path / "r.sqlite").exists()) == ([], False)
    done = run_cli("import", str(archive), "--run", "r.sqlite", "--skip-unreadable", url=sandbox.url)
    assert done.returncode == 2
    assert "unreadable-file: 2 times" in done.stdout
    assert len(sandbox.list_layers()) == 626


def test_a_table_that_breaks_off_is_stopped_as_a_whole(tmp_path: Path) -> None:
    """Rows read before a file turned out to be broken aren't valid: nobody knows what stood behind them."""
    (tmp_path / "a.csv").write_text(f"{HEADER}1,1,Si\n")
    rows = "".join(f"2,{number},Si\n" for number in range(1, 60_001))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(f"{HEADER}{rows}".encode())[:-1_000])
    (tmp_path / "c.csv").write_text(f"{HEADER}3,1,Si\n")
    checked = validate(tmp_path, keep_frame=False)
    assert checked.valid == 2
    assert list_files(checked.issues, "unreadable-file") == ["b.csv.gz"]


def test_where_no_file_can_be_read_the_first_reason_is_told(tmp_path: Path) -> None:
    """Then there is nothing to check, which is told as with one file."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"None of the 2 files can be read.*a\.csv.*empty"):
        validate(tmp_path)


def test_a_wrong_mapping_is_no_fault_of_the_files(archive: Path, tmp_path: Path) -> None:
    """It stops the check, whatever the files are."""
    (tmp_path / "m.yaml").write_text("nothing: 1\n")
    with pytest.raises(InputError, match=r"m\.yaml"):
        validate(archive, read=ReadSettings(mapping=tmp_path / "m.yaml"))
