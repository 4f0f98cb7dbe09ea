"""One report of several runs: every row with its own answer, and told what the runs couldn't see of each other."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest

from importer.errors import RunFileError, StorageError, UsageError
from importer.issues.several_runs import SAMPLE_IN_TWO_RUNS, UNREADABLE_RUN
from importer.model import Status
from importer.report.files import map_check_formats, map_reports
from importer.run import RunFile, tables
from importer.run.several import join
from importer.run.several.join import REHEARSED
from importer.settings import SendSettings
from importer.tasks.results import Report
from importer.tasks.resume import resume
from importer.tasks.several_runs.report_runs import report_runs
from tests.helpers.api import API
from tests.helpers.staging import list_layers, make_stacks, stage_layers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from importer.context import Context
    from importer.run import RunMeta
    from tests.helpers.api import FakeApi
    from tests.helpers.staging import Row

SEND = SendSettings(workers=1, settle=1.0, canary=0, attempts=2)


def stage(path: Path, rows: list[Row], **changes: object) -> Path:
    """Make a run file of its own, about which some things are said."""
    stage_layers(path, rows)
    with RunFile.open(path, readonly=False) as run:
        meta: RunMeta = replace(run.meta, run_key=str(path), **changes)  # type: ignore[arg-type]  # whatever is tried
        run.set_meta(meta)
    return path


def list_codes(report: Report) -> list[str]:
    """Return the codes of what was found."""
    return [issue.code for issue in report.issues]


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Three runs of two layers each, of nothing in common but their input's name."""
    return [stage(tmp_path / f"{n}.run.sqlite", list_layers((str(n), None, None), layers=2)) for n in (1, 2, 3)]


def test_each_row_has_the_answer_of_its_own_run(three: list[Path], server: FakeApi, context: Context) -> None:
    """Rows come in the runs' order with what their own report says, told apart by their run; the counts add up."""
    del server
    for path in three[:2]:
        resume(path, api=API, send=SEND, context=context)
    alone = [Report(path).frame for path in three]
    with report_runs(three) as report:
        together, counts, code = report.frame, report.counts, report.exit_code
        assert [(len(stack.counts), stack.sample_id) for stack in report.stacks] == [(1, 1), (1, 2), (1, 3)]
    assert counts == {Status.CREATED: 4, Status.NOT_SENT: 2}
    assert code == 1
    names = [name for name in together.columns if name != "source"]
    for n, own in enumerate(alone):
        assert (
            together[names][2 * n : 2 * n + 2].astype(str).to_numpy().tolist()
            == own[names].astype(str).to_numpy().tolist()
        )
    assert together["source"].tolist() == [f"{path}/a.csv" for path in three for _ in range(2)]


def test_every_kind_of_report_is_written(three: list[Path], tmp_path: Path) -> None:
    """Each suffix that one run's report may have, several runs' may have too; each has a line for every row."""
    with report_runs(three) as report:
        for suffix in map_reports():
            assert report.write(tmp_path / f"all{suffix}").stat().st_size > 100
    with (tmp_path / "all.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 6
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [line["sample_id"] for line in lines] == [1, 1, 2, 2, 3, 3]
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    assert sum(sheet.max_row - 1 for sheet in book.worksheets[:-1]) == 6
    page = (tmp_path / "all.html").read_text()
    assert all(str(path) in page for path in three)
    assert map_check_formats()


def test_an_unfinished_run_is_named_with_its_command(
    three: list[Path], server: FakeApi, context: Context, tmp_path: Path
) -> None:
    """The page says which run to go on with and how, and nothing of the run that is done."""
    del server
    for path in three[:2]:
        resume(path, api=API, send=SEND, context=context)
    with report_runs(three) as report:
        page = report.write(tmp_path / "all.html").read_text()
    assert f"resume {three[2]}" in page
    assert f"resume {three[0]}" not in page


def test_the_worst_exit_code_counts(three: list[Path], server: FakeApi, context: Context) -> None:
    """Rows that may be stored outweigh rows that aren't, whichever run they are in."""
    del server
    for path in three:
        resume(path, api=API, send=SEND, context=context)
    with report_runs(three) as report:
        assert report.exit_code == 0
    with closing(sqlite3.connect(three[1])) as connection, connection:
        connection.execute("UPDATE row SET state = 'sending', status = NULL WHERE seq = 1")
    with report_runs(three) as report:
        assert report.exit_code == 4
        assert report.counts[Status.UNCONFIRMED] == 1


def test_a_run_that_is_named_twice_counts_once(three: list[Path], tmp_path: Path) -> None:
    """The same file by another path, or by a link, is the same run; alone it is reported as it is, without a copy."""
    link = tmp_path / "link.run.sqlite"
    link.symlink_to(three[0])
    with report_runs([three[0], tmp_path / "." / three[0].name, link, three[1]]) as report:
        assert report.rows == 4
    with report_runs([three[0], link]) as report:
        assert report.run_path == three[0]
    with report_runs(str(three[0])) as report:
        assert report.run_path == three[0]


def test_a_copy_of_a_run_is_refused(three: list[Path], tmp_path: Path) -> None:
    """Which of two copies is the truth can't be known, and their rows would count twice."""
    copy = tmp_path / "backup.run.sqlite"
    shutil.copy(three[0], copy)
    with (
        pytest.raises(UsageError, match=r"1\.run\.sqlite and .*backup\.run\.sqlite are the same run"),
        report_runs([*three, copy]),
    ):
        pass


def make_newer(path: Path) -> None:
    """Make a run file one of a later version of this tool."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {tables.SCHEMA_VERSION + 1}")


def lose_a_row(path: Path) -> None:
    """Take a row out of the middle."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM row WHERE seq = 0")


def leave_unread(path: Path) -> None:
    """Have the inputs never been read to their end."""
    with RunFile.open(path, readonly=False) as run:
        run.set_meta(replace(run.meta, staged=False))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b"rubbish" * 500), "isn't a run file"),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), "damaged"),
        (lambda path: path.unlink(), "isn't there"),
        (make_newer, "Use the newer version"),
        (lose_a_row, "rows are missing"),
        (leave_unread, "weren't read to the end"),
    ],
)
def test_a_run_that_cannot_be_read_does_not_take_the_others_along(
    three: list[Path], tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    """The others are reported; it is named as an error, in the verdict, and by exit code 2."""
    spoil(three[1])
    with report_runs(three) as report:
        (issue,) = report.issues
        assert (issue.code, issue.where.source) == (UNREADABLE_RUN.code, str(three[1]))
        assert words in issue.message
        assert (report.rows, report.exit_code) == (4, 2)
        assert report.frame["sample_id"].tolist() == [1, 1, 3, 3]
        page = report.write(tmp_path / "all.html").read_text()
    assert "1 of 3 run files can&#39;t be read" in page


def test_runs_of_which_none_can_be_read_are_an_error(tmp_path: Path) -> None:
    """A report of nothing isn't written: what is wrong with each is said."""
    with (
        pytest.raises(RunFileError, match=r"None of the 2 .*a isn't there.*b isn't there"),
        report_runs([tmp_path / "a", tmp_path / "b"]),
    ):
        pass
    with pytest.raises(UsageError, match="name at least one"), report_runs([]):
        pass
    server = "postgresql://user@127.0.0.1/db?run=growths"
    with pytest.raises(UsageError, match="Report it alone"), report_runs([str(tmp_path / "a"), server]):
        pass


def test_a_dry_run_among_real_ones_is_not_taken_for_stored(
    three: list[Path], server: FakeApi, context: Context
) -> None:
    """Its rows say that nothing was sent, and the exit code isn't 0; dry runs alone are as good as each is."""
    del server
    for path in three[:2]:
        resume(path, api=API, send=SEND, context=context)
    with RunFile.open(three[2], readonly=False) as run:
        run.set_meta(replace(run.meta, mode="dry-run", api_url=None))
    with report_runs(three) as report:
        assert report.exit_code == 1
        assert report.frame["message"].tolist()[4:] == [REHEARSED] * 2
    other = stage(three[0].with_name("4"), make_stacks(2, 1), mode="dry-run", api_url=None)
    with report_runs([three[2], other]) as report:
        assert report.exit_code == 0
        assert report.is_dry_run


def test_a_sample_in_two_runs_is_an_error(tmp_path: Path, server: FakeApi, context: Context) -> None:
    """By its id, or by a name without an id: told at its first row in the later run, once, with exit code 1."""
    del server
    rows = [
        list_layers(("7", None, None), (None, "A17", "Si"), layers=2),
        list_layers(("8", None, None), (None, "A17", "Si"), ("7", None, None), layers=1),
    ]
    paths = [stage(tmp_path / str(n), each) for n, each in enumerate(rows)]
    for path in paths:
        resume(path, api=API, send=SEND, context=context)
    with report_runs(paths) as report:
        found = [issue for issue in report.issues if issue.code == SAMPLE_IN_TWO_RUNS.code]
        assert [(issue.seq, issue.value) for issue in found] == [(5, "A17"), (6, "7")]
        assert str(paths[0]) in found[0].message
        assert report.exit_code == 1


def test_two_target_materials_made_of_one_name_are_told(tmp_path: Path) -> None:
    """Where each run made its own, both ids stand in the message."""
    paths = [stage(tmp_path / str(n), list_layers((None, "A17", "Si"), layers=1)) for n in range(2)]
    for path, target in zip(paths, (70, 71), strict=True):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE stack SET target_id = ?", (target,))
    with report_runs(paths) as report:
        assert "another target material: 70 there, 71 here" in report.issues[0].message


@pytest.mark.parametrize(
    ("one", "two", "addresses"),
    [
        (("7", "STO", None), ("8", "STO", None), ("http://127.0.0.1:9",) * 2),
        (("7", None, None), ("7", None, None), ("http://127.0.0.1:9", "http://127.0.0.1:10")),
        (("7", None, None), ("8", None, None), ("http://127.0.0.1:9",) * 2),
    ],
    ids=["one name, two ids", "two servers", "two samples"],
)
def test_what_is_not_the_same_sample_is_not_told(
    tmp_path: Path, one: Row, two: Row, addresses: tuple[str, str]
) -> None:
    """Two ids are two samples, whatever their names; an id of another server is another sample's."""
    paths = [
        stage(tmp_path / str(n), list_layers(stack, layers=1), api_url=address)  # type: ignore[arg-type]  # three texts
        for n, (stack, address) in enumerate(zip((one, two), addresses, strict=True))
    ]
    with report_runs(paths) as report:
        assert list_codes(report) == []


def test_many_runs_are_open_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs there are, no more than one run file is open beside the copy."""
    paths = [stage(tmp_path / str(n), list_layers((str(n + 1), None, None), layers=1)) for n in range(40)]
    now_open: set[object] = set()
    most = 0
    begin, end = RunFile.open.__func__, RunFile.close  # type: ignore[attr-defined]  # a class method's function

    def watch(path: Path, *, readonly: bool = True) -> RunFile:
        nonlocal most
        run: RunFile = begin(RunFile, path, readonly=readonly)
        now_open.add(path)
        most = max(most, len(now_open))
        return run

    def leave(run: RunFile) -> None:
        now_open.discard(run.place)
        end(run)

    monkeypatch.setattr(RunFile, "open", watch)
    monkeypatch.setattr(RunFile, "close", leave)
    with report_runs(paths) as report:
        assert report.rows == 40
    assert most == 1


def test_a_full_disk_is_told_as_such(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the copy stops the report with where to make room; no run is taken for damaged."""
    stage(three[0].with_name("long"), make_stacks(200, 4))
    monkeypatch.setattr(join, "_SEEN", "PRAGMA max_page_count=1")  # SQLite's own way to have a disk without room
    with pytest.raises(StorageError, match="TMPDIR"), report_runs([*three, three[0].with_name("long")]):
        pass


def test_half_a_run_is_never_reported_as_the_whole(tmp_path: Path) -> None:
    """A run whose inputs weren't read to their end, since the import died, has no report: half of them is no answer."""
    path = stage(tmp_path / "a.sqlite", make_stacks(2, 1), staged=False)
    with pytest.raises(RunFileError, match="to the end, and nothing was sent"), report_runs([path]):
        pass
