"""The commands as a user calls them: options, exit codes, what goes to which stream."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import orjson
import pytest
from typer.testing import CliRunner

from importer._version import __version__
from importer.cli.app import app
from importer.errors import CircuitOpenError, UsageError
from importer.layers.schema import load_schema
from importer.report.screen import lines
from importer.settings import PlanSettings, SendSettings
from importer.tasks import import_layers as pipeline
from importer.tasks.set_up import embedded_sandbox as embedded
from tests.helpers.processes import make_environment, read_line, run_sandbox

ROOT = Path(__file__).parents[2]
GOOD = "sample_id,layer_id,formula,hkl\n42,1,SrTiO3,001\n42,2,BaTiO3,001\n"
BAD = "sample_id,layer_id,formula,hkl\n42,1,SrTiO3,001\n42,2,Xx2O3,001\n"

run = CliRunner().invoke


def start(*arguments: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """Start the command as a process of its own, in a folder, with a clean environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "importer", *arguments],
        cwd=cwd,
        env=make_environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Give a file whose rows are all valid."""
    path = tmp_path / "good.csv"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Give a file with one bad row."""
    path = tmp_path / "bad.csv"
    path.write_text(BAD)
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["import", "--help"],
        ["validate", "--help"],
        ["resume", "--help"],
        ["--show-completion"],
        ["guide"],
        ["guide", "mapping"],
    ],
    ids=" ".join,
)
def test_help_version_and_completion_are_light(arguments: list[str]) -> None:
    """They load none of the heavy libraries, so that they answer at once."""
    code = (
        "import sys\nfrom importer.__main__ import main\n"
        f"sys.argv = ['layer-importer', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'requests', 'sqlalchemy', 'openpyxl', 'tenacity', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stderr.splitlines()[-1] == "[]"


def test_validate_loads_nothing_of_sending(good: Path) -> None:
    """A check needs no run file, no HTTP and no frames, and doesn't wait for their libraries."""
    code = (
        "import sys\nfrom importer.__main__ import main\n"
        f"sys.argv = ['layer-importer', 'validate', {str(good)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'requests', 'sqlalchemy', 'openpyxl', 'tenacity', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stderr.splitlines()[-1] == "[]"


def test_version() -> None:
    """The version is the package's."""
    assert run(app, ["--version"]).stdout == f"layer-importer {__version__}\n"


def test_validate_good(good: Path) -> None:
    """All rows valid: exit 0 and a verdict."""
    result = run(app, ["validate", str(good)])
    assert (result.exit_code, result.stdout) == (0, "2 rows, all valid.\n")


def test_validate_json(bad: Path) -> None:
    """The JSON has exactly the promised keys, and nothing else stands on standard output."""
    result = run(app, ["validate", str(bad), "--format", "json"])
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (list(found), found["rows"], found["valid"]) == (["rows", "valid", "issues", "stacks"], 2, 1)
    assert [(issue["code"], issue["cell"], issue["value"]) for issue in found["issues"]] == [
        ("unknown-element", "C3", "Xx2O3")
    ]
    assert tuple(found["issues"][0]) == lines.ISSUE_COLUMNS


def test_validate_json_says_what_becomes_of_each_stack(tmp_path: Path) -> None:
    """Complete, partial and untouched stacks stand there by id or name with what they lack, as the schema says."""
    table = tmp_path / "grown.csv"
    table.write_text(
        "sample_id,sample_name,layer_id,composition_string\n7,,1,SrTiO3\n7,,2,BaTiO3\n,A17,1,SrTiO3\n,A17,3,BaTiO3\n"
        "9,B,1,Xx\n"
    )
    found = json.loads(run(app, ["validate", str(table), "--format", "json"]).stdout)
    assert [tuple(stack.values()) for stack in found["stacks"]] == [
        (7, None, "complete", 2, 2, []),
        (None, "A17", "partial", 2, 1, [2, 3]),
        (9, None, "untouched", 1, 0, [1]),
    ]
    check = {"$ref": "#/$defs/check", "$defs": load_schema("report")["$defs"]}
    jsonschema_rs.validate(check, found)


def test_validate_csv(bad: Path) -> None:
    """The CSV is one line an issue."""
    lines = list(csv.DictReader(run(app, ["validate", str(bad), "--format", "csv"]).stdout.splitlines()))
    assert [(line["code"], line["row"]) for line in lines] == [("unknown-element", "3")]


def test_validate_text_counts_what_it_does_not_name(tmp_path: Path) -> None:
    """The text of a check keeps the first issues of a code only, and says how many more there are."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n" + "".join(f"1,{n},Xx\n" for n in range(1, 51)))
    said = run(app, ["validate", str(tmp_path / "a.csv")]).stdout
    assert "unknown-element: 50 times" in said
    assert "and 47 more" in said


def test_validate_text_names_the_cell(bad: Path) -> None:
    """The text names code, cell and remedy."""
    result = run(app, ["validate", str(bad)])
    assert "unknown-element" in result.stdout
    assert "bad.csv:3: error" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "none.csv"],
        ["validate"],
        ["import", "good.csv"],
        ["import", "good.csv", "--dry-run", "--report", "answers.doc"],
        ["import", "good.csv", "--dry-run", "--report", "none/answers.csv"],
        ["import", "good.csv", "--dry-run", "--report", "good.csv"],
        ["import", "good.csv", "--sandbox", "--dry-run"],
        ["import", "good.csv", "--workers", "0", "--dry-run"],
        ["import", "good.csv", "--api-url", "http://example.test"],
        ["resume", "none.run.sqlite", "--api-url", "https://example.test"],
        ["report", "good.csv", "--to", "answers.csv"],
        ["frobnicate"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_2_and_one_clear_line(arguments: list[str], good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be done as asked ends with exit code 2, words on standard error, and no traceback."""
    monkeypatch.chdir(good.parent)
    result = run(app, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "rror" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(good.parent.glob("*.run.sqlite"))


def test_zero_rows_are_2(tmp_path: Path) -> None:
    """A header alone is nothing to do, which isn't success."""
    path = tmp_path / "empty.csv"
    path.write_text("sample_id,layer_id,formula\n")
    assert run(app, ["validate", str(path)]).exit_code == 2


def test_dry_run_writes_payloads_and_needs_no_key(good: Path) -> None:
    """A dry run reports the exact payload of every row and asks for no key."""
    to = good.parent / "answers.jsonl"
    result = run(app, ["import", str(good), "--dry-run", "--report", str(to)])
    assert result.exit_code == 0, result.output
    lines = [orjson.loads(line) for line in to.read_bytes().splitlines()]
    assert [line["status"] for line in lines] == ["not_sent", "not_sent"]
    assert lines[1]["payload"] == {
        "layer_id": 2, "sample_id": 42, "composition_string": "BaTiO3", "orientation": "001"
    }  # fmt: skip
    assert "resume" not in result.stderr


@pytest.mark.parametrize("command", ["import", "watch"])
def test_a_report_that_cant_be_written_is_told_before_anything_is_read(
    command: str, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pyarrow there is no Parquet: known before a run begins, not after its rows were sent."""
    for name in ("pyarrow", "importer.report.tables.parquet"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setenv("AS_API_KEY", "key-1234")
    monkeypatch.setattr(pipeline, "import_layers", lambda *_, **__: pytest.fail("the import has begun"))
    given = good if command == "import" else good.parent
    result = run(app, [command, str(given), "--report", str(good.parent / "a.parquet")])
    assert result.exit_code == 2
    assert "layer-importer[parquet]" in result.stderr
    assert [path.name for path in good.parent.iterdir()] == [good.name]


def test_missing_key_names_the_variable(good: Path) -> None:
    """Without a terminal nobody is asked: the variable is named."""
    result = run(app, ["import", str(good)])
    assert result.exit_code == 2
    assert "AS_API_KEY" in result.stderr


def test_aborted_run_still_writes_its_report(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is aborted ends with 3, after the report is written and the exact next command is told."""
    to, path = good.parent / "answers.csv", good.parent / "a run.sqlite"
    pipeline.import_layers([good], plan=PlanSettings(run=path), send=SendSettings(dry_run=True))
    monkeypatch.setenv("AS_API_KEY", "key-1234")

    def abort(*arguments: object, **options: object) -> None:
        del arguments, options
        raise CircuitOpenError("20 requests failed", path)

    monkeypatch.setattr(pipeline, "import_layers", abort)
    result = run(app, ["import", str(good), "--report", str(to)])
    assert result.exit_code == 3
    assert "error: 20 requests failed" in result.stderr
    assert "key-1234" not in result.output
    assert len(to.read_text().splitlines()) == 3


def test_sandbox_import_and_report(good: Path) -> None:
    """A real import over real HTTP into a sandbox: exit 0, its lines, its report; nothing is left running."""
    ended = start("import", "good.csv", "--sandbox", "--report", "answers.csv", "--run", "r.sqlite", cwd=good.parent)
    out, err = ended.communicate(timeout=120)
    assert ended.returncode == 0, err
    assert "All 2 rows are stored." in out
    assert "http://127.0.0.1:" in err
    with (good.parent / "answers.csv").open(newline="") as stream:
        assert [line["status"] for line in csv.DictReader(stream)] == ["created", "created"]
    again = run(app, ["report", str(good.parent / "r.sqlite"), "--to", str(good.parent / "again.csv")])
    assert again.exit_code == 0
    assert (good.parent / "again.csv").read_bytes() == (good.parent / "answers.csv").read_bytes()


def test_user_files_do_not_shadow_the_sandbox(good: Path) -> None:
    """A data folder that holds a ``random.py`` doesn't break the sandbox that is started from there."""
    (good.parent / "uvicorn.py").write_text("raise SystemExit('wrong file')")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(good.parent)
        with embedded.start_sandbox() as api:
            assert api.url.startswith("http://127.0.0.1:")


def test_missing_sandbox_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error names it."""
    monkeypatch.setattr(embedded, "find_spec", lambda name: None if name == "uvicorn" else object())
    with pytest.raises(UsageError, match=r"uvicorn.*layer-importer\[sandbox\]"):
        embedded.list_sandbox_command()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_in_order(number: signal.Signals, tmp_path: Path) -> None:
    """A signal ends a run in order: 130, a report with every row, and the exact command that goes on."""
    path = tmp_path / "many.csv"
    path.write_text("sample_id,layer_id,formula\n" + "".join(f"42,{n},SrTiO3\n" for n in range(1, 1_001)))
    with run_sandbox(keys=["key-1234"]) as sandbox:
        child = start(
            "import", "many.csv", "--api-url", sandbox.url, "--run", "r.sqlite", "--report", "answers.csv",
            "--workers", "1", cwd=tmp_path, AS_API_KEY="key-1234",
        )  # fmt: skip
        read_line(child, child.stderr, "Sending")
        child.send_signal(number)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert f"Continue with: layer-importer resume r.sqlite --api-url {sandbox.url}" in err
    assert "key-1234" not in out + err
    with (tmp_path / "answers.csv").open(newline="") as stream:
        statuses = [line["status"] for line in csv.DictReader(stream)]
    assert len(statuses) == 1_000
    assert "not_sent" in statuses


def test_ctrl_c_while_checking_is_130(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C where nothing is sent ends at once, with 130 and no traceback."""

    def interrupt(*arguments: object, **options: object) -> None:
        del arguments, options
        raise KeyboardInterrupt

    monkeypatch.setattr("importer.tasks.validate.validate", interrupt)
    result = run(app, ["validate", str(good)])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")
