"""What a run tells, and to whom: flags, machine lines, the log, split files."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from typer.testing import CliRunner

from importer.cli.app import app
from importer.cli.logs import keep_log, log_event
from importer.errors import UsageError
from importer.events import Notice, Paused, RowEnded, RowsRead
from importer.model import Outcome, Status
from importer.settings import PlanSettings, Secret, SendSettings
from importer.tasks import import_layers as pipeline

if TYPE_CHECKING:
    from importer.context import Context
    from importer.tasks.results import Report

ROWS = "sample_id,layer_id,formula\n42,1,SrTiO3\n42,2,Xx2O3\n43,1,SrTiO3\n"
run = CliRunner().invoke


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a file with one bad row."""
    path = tmp_path / "log.csv"
    path.write_text(ROWS)
    return path


def test_quiet_says_nothing(source: Path) -> None:
    """With --quiet there is nothing on either stream; the exit code tells."""
    result = run(app, ["import", str(source), "--dry-run", "--quiet"])
    assert (result.exit_code, result.output) == (1, "")


def test_verbose_names_every_place(source: Path) -> None:
    """With --verbose all places of an issue are named."""
    source.write_text(ROWS.replace("SrTiO3", "Xx2O3") + "44,1,Xx2O3\n45,1,Xx2O3\n")
    shown = run(app, ["import", str(source), "--dry-run", "--verbose"]).stdout
    assert shown.count("log.csv:") >= 5
    assert "more" not in run(app, ["validate", str(source), "--verbose"]).stdout


def test_json_lines_tell_what_was_found_of_tables(source: Path) -> None:
    """What is about a whole table has a line of its own; where nothing can be read, the one line says why."""
    source.write_text(ROWS.replace("formula", "formula,comment"))
    command = ["import", str(source), "--dry-run", "--json-lines", "--run", str(source.parent / "r.sqlite")]
    lines = [orjson.loads(line) for line in run(app, command).stdout.splitlines()]
    (found,) = [line for line in lines if line["event"] == "table-checked"]
    assert (found["source"], found["sheet"]) == (str(source), None)
    assert "unused-column" in {issue["code"] for issue in found["issues"]}
    result = run(app, ["import", str(source.parent / "absent.csv"), "--dry-run", "--json-lines"])
    (line,) = map(orjson.loads, result.stdout.splitlines())
    assert (result.exit_code, line["event"], line["exit_code"]) == (2, "failed", 2)
    assert "absent.csv" in line["message"]


def test_json_lines_are_events_and_an_end(source: Path) -> None:
    """With --json-lines standard output is JSON, one event a line, and the last line is the result."""
    result = run(app, ["import", str(source), "--dry-run", "--json-lines", "--run", str(source.parent / "r.sqlite")])
    lines = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert lines[0]["event"] == "rows-read"
    assert lines[-1] == {
        "event": "run-ended",
        "run": str(source.parent / "r.sqlite"),
        "counts": {"invalid": 1, "not_sent": 2},
        "exit_code": 1,
        "next": None,
    }


def test_flags_that_contradict_are_refused(source: Path) -> None:
    """Quiet and verbose at once is a usage error."""
    assert run(app, ["import", str(source), "--dry-run", "--quiet", "--verbose"]).exit_code == 2


def test_split_from_import_and_report(source: Path) -> None:
    """Both commands write the split files."""
    path, first, second = source.parent / "r.sqlite", source.parent / "one", source.parent / "two"
    run(app, ["import", str(source), "--dry-run", "--run", str(path), "--split", str(first)])
    run(app, ["report", str(path), "--split", str(second)])
    for folder in (first, second):
        assert (folder / "log.invalid.csv").read_text().splitlines() == ["sample_id,layer_id,formula", "42,2,Xx2O3"]


def test_log_hides_the_key_and_keeps_one_line(tmp_path: Path) -> None:
    """The key is in no line, also not in a traceback's; a line break in a text doesn't forge a line."""
    path = tmp_path / "run.log"
    with keep_log(path) as formatter:
        formatter.hide(Secret("key-1234"))
        logger = logging.getLogger("importer.server.client")
        logger.info("header X-API-KEY: %s\nforged: \x1b[31m", "key-1234")
        try:
            raise ValueError("bad header key-1234")  # noqa: TRY301  # a traceback is wanted
        except ValueError:
            logger.exception("failed")
    text = path.read_text()
    assert "key-1234" not in text
    assert "\x1b" not in text
    lines = text.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z INFO MainThread importer\.server\.client: header .*", lines[0]
    )
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("verbose", [False, True])
def test_no_cell_text_at_info(tmp_path: Path, *, verbose: bool) -> None:
    """At INFO rows are named by number; words that may hold a cell's text are for DEBUG only."""
    path = tmp_path / "run.log"
    with keep_log(path, verbose=verbose):
        log_event(RowEnded(Outcome(3, Status.CONFLICT, 55, message="composition_string is 'BaTiO3' there")))
        log_event(Paused(2.0, "slow down, BaTiO3"))
        log_event(Notice("Checking what is already on the server."))
    text = path.read_text()
    assert "row 3: conflict, record 55" in text
    assert "pause of 2.0 s" in text
    assert ("BaTiO3" in text) == verbose


def test_log_of_a_run_has_requests_and_times(source: Path) -> None:
    """A run's log tells each request's number, call, answer and time."""
    path = source.parent / "run.log"
    ended = run(app, ["import", str(source), "--sandbox", "--log-file", str(path)])
    assert ended.exit_code == 1, ended.output
    text = path.read_text()
    assert "GET /target-materials/: 200 in " in text
    assert text.count("POST /target-materials/layers/: 200 in ") == 2
    assert "SrTiO3" not in text
    assert "sandbox-" not in text


def test_unwritable_log_is_a_usage_error(tmp_path: Path) -> None:
    """A log file that can't be opened is named before anything else happens."""
    with pytest.raises(UsageError, match="log file"), keep_log(tmp_path / "none" / "run.log"):
        pass


def test_full_disk_under_the_log_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that can't be written is said in one line, without the record, and stops nothing."""
    (tmp_path / "run.log").symlink_to("/dev/full")
    with pytest.raises(UsageError), keep_log(tmp_path / "run.log"):
        pass
    with keep_log(Path("/dev/full")):
        for _ in range(3):
            logging.getLogger("importer.server").info("key-1234")
    said = capsys.readouterr().err
    assert said.count("can't be written any more") == 1
    assert "key-1234" not in said


def test_rows_without_an_answer_are_found(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a row that was read has no answer in the run file the command says so instead of a good result."""
    path = source.parent / "r.sqlite"
    report = pipeline.import_layers(source, plan=PlanSettings(run=path), send=SendSettings(dry_run=True))

    def lose(*arguments: object, context: Context, **options: object) -> Report:
        del arguments, options
        context.watch(RowsRead("log.csv", 4))
        return report

    monkeypatch.setattr(pipeline, "import_layers", lose)
    result = run(app, ["import", str(source), "--dry-run"])
    assert result.exit_code == 2
    assert "4 rows were read, but 3 have an answer" in result.stderr
