"""What must never leave, never be obeyed, and never be trusted."""

from __future__ import annotations

import csv
import http.server
import ssl
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.errors import SettingsError
from importer.server import Client, Sent
from importer.settings import KEY_VARIABLES, ApiSettings, Secret, SendSettings, check_api_url, make_child_environment
from tests.helpers.faults import write_plan
from tests.helpers.processes import KEY, SandboxProcess, run_sandbox
from tests.helpers.reports import read_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.helpers.forking import Forked

    Run = Callable[..., subprocess.CompletedProcess[str]]

TABLE = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,Xx2\n8,1,MgO\n"


@pytest.mark.parametrize(
    "fault", ["", "{kind: status, status: 500, when: after", "{kind: status, status: 422", "{kind: reset"]
)
def test_the_key_is_in_no_artefact(
    tmp_path: Path,
    run_cli: Run,
    start_cli: Callable[..., subprocess.Popen[str]],
    start_forked: Callable[..., Forked],
    fault: str,
) -> None:
    """Run file, reports, log, output and the process list hold every other secret's place, but not the key."""
    plan = write_plan(tmp_path, *([f"{fault}, method: POST, on: [1]}}"] if fault else []))
    (tmp_path / "a.csv").write_text(TABLE)
    with run_sandbox("--faults", plan) as sandbox:
        options = ["--run", "r.run.sqlite", "--settle", "0.2", "--log-file", "log.txt"]
        reports = [part for suffix in ("csv", "jsonl", "html") for part in ("--report", f"r.{suffix}")]
        start = start_forked if fault else start_cli  # once as a user starts it, for a fork has another's process list
        process = start("import", "a.csv", *options, *reports, "--verbose", url=sandbox.url)
        seen = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        out, err = process.communicate(timeout=120)
        ended = run_cli("resume", "r.run.sqlite", "--settle", "0.2", url=sandbox.url)
    told = out + err + ended.stdout + ended.stderr
    assert "7" in told
    assert KEY not in told
    assert KEY.encode() not in seen
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {path.suffix for path in files} >= {".sqlite", ".csv", ".jsonl", ".html", ".txt"}
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path


BROKEN = """
from importer import server as api
from importer.tasks import import_layers as pipeline
from importer.__main__ import main
def fail(self, *given):
    key = self._key if hasattr(self, "_key") else None
    raise LookupError("unforeseen")
setattr(*{owner}, fail)
main()
"""


@pytest.mark.parametrize(
    ("owner", "words"),
    [('(api.Client, "fetch_listing")', "Traceback"), ('(api.Client, "post_layer")', "A bug in this program")],
)
def test_a_fault_of_the_program_tells_no_key(
    tmp_path: Path, start_forked: Callable[..., Forked], sandbox: SandboxProcess, owner: str, words: str
) -> None:  # fmt: skip
    """Neither a traceback nor what is told instead of one holds the key, nor do the files that stay behind."""
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "broken.py").write_text(BROKEN.replace("{owner}", owner))
    process = start_forked(
        "import", "a.csv", "--run", "r.run.sqlite", "--log-file", "log.txt", "--verbose",
        url=sandbox.url, program=["broken.py"],
    )  # fmt: skip
    out, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert words in err
    assert KEY not in out + err
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_the_run_file_is_its_owners_alone(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """The run file can be read by nobody else; reports get the modes of any new file, as colleagues read them."""
    (tmp_path / "a.csv").write_text(TABLE)
    run_cli("import", "a.csv", "--run", "r.run.sqlite", "--report", "r.csv", url=sandbox.url)
    assert (tmp_path / "r.run.sqlite").stat().st_mode & 0o077 == 0
    assert (tmp_path / "r.csv").stat().st_mode == (tmp_path / "a.csv").stat().st_mode


def test_a_secret_doesnt_show_itself() -> None:
    """A key is masked wherever it is shown, and what no header can carry is refused without quoting it."""
    assert KEY not in repr(Secret(KEY)) + str(Secret(KEY)) + f"{Secret(KEY)}"
    with pytest.raises(TypeError):
        Secret(KEY).__reduce__()
    with pytest.raises(SettingsError) as caught:
        Secret(f"{KEY}\nX-Other: 1")
    assert KEY not in str(caught.value)
    assert Secret(f" {KEY}\n").reveal() == KEY


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7",
        "http://api.atomscale.ai",
        "ftp://127.0.0.1",
        "https://user:pass@127.0.0.1",
        "https://127.0.0.1/?key=1",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "https://",
        "http://[::1",
    ],
)
def test_an_address_that_would_leak_is_refused(url: str) -> None:
    """Plain http to another machine, credentials in the address, and addresses that aren't any are refused."""
    with pytest.raises(SettingsError):
        check_api_url(url)


class Recorder(http.server.BaseHTTPRequestHandler):
    """Notes what reaches it."""

    seen: list[dict[str, str]]

    def do_POST(self) -> None:  # the base class's name
        """Note a request."""
        self.seen.append(dict(self.headers))
        self.send_response(200)
        self.end_headers()

    do_GET = do_POST  # noqa: N815  # the base class's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Another server on loopback, and the headers of what reached it."""
    Recorder.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", Recorder.seen
        server.shutdown()
        thread.join(10)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_gets_no_key(
    tmp_path: Path,
    run_cli: Run,
    elsewhere: tuple[str, list[dict[str, str]]],
    status: int,
) -> None:
    """A redirect of a write to another server ends the run; nothing at all reaches that server."""
    url, seen = elsewhere
    plan = write_plan(tmp_path, f"{{kind: redirect, status: {status}, location: '{url}/', method: POST, on: [1]}}")
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n")
    with run_sandbox("--faults", plan) as sandbox:
        ended = run_cli("import", "a.csv", "--run", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 3
    assert "redirect" in ended.stderr
    assert seen == []


def test_a_server_that_cant_prove_itself_gets_nothing(tmp_path: Path, run_cli: Run) -> None:
    """A self-signed certificate is refused: exit 3, and no request with the key arrives."""
    certificate, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",  # noqa: S607
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(private), "-out", str(certificate)],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert made.returncode == 0, "this test needs the openssl command"
    Recorder.seen = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    (tmp_path / "a.csv").write_text(TABLE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the refused handshake is expected
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        ended = run_cli("import", "a.csv", url=f"https://localhost:{server.server_address[1]}")
        server.shutdown()
        thread.join(10)
    assert ended.returncode == 3
    assert "prove who it is" in ended.stderr
    assert Recorder.seen == []


HOSTILE = ['=HYPERLINK("http://192.0.2.1")', "+1+1", "-2+3", "@SUM(A1)", "\tx", "＝1+1"]


def test_report_cells_dont_run_as_formulas(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Texts that a spreadsheet would run are defused in CSV and lossless in JSONL."""
    rows = [[name, "1", "MgO", "MgO"] for name in HOSTILE]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["sample_name", "layer_id", "formula", "substrate"], *rows])
    run_cli("import", "a.csv", "--run", "r", "--report", "r.csv", "--report", "r.jsonl", url=sandbox.url)
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["sample_name"] for row in csv.DictReader(file)]
    assert len(names) == len(HOSTILE)
    assert all(name[0] not in "=+-@\t\r＝＋－＠" for name in names)
    lossless = [line["sample_name"] for line in read_answers(tmp_path / "r.jsonl")]
    assert [name.strip() for name in lossless] == [name.strip() for name in HOSTILE]


def test_terminal_escapes_are_shown_not_obeyed(tmp_path: Path, run_cli: Run) -> None:
    """An escape sequence in a cell reaches the terminal as visible text."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n7,1,\x1b[2J\x1b]0;owned\x07Xx\n")
    ended = run_cli("validate", "a.csv")
    assert ended.returncode == 1
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\x07" not in ended.stdout + ended.stderr
    assert "\\x1b" in ended.stdout.lower() or "U+001B" in ended.stdout


def test_the_environments_proxy_is_not_given_the_key(
    monkeypatch: pytest.MonkeyPatch, elsewhere: tuple[str, list[dict[str, str]]]
) -> None:
    """A proxy named by the environment has no say: the request goes to the address, or nowhere."""
    url, seen = elsewhere
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, url)
    with Client(ApiSettings(url="http://127.0.0.1:9", key=Secret(KEY)), send=SendSettings(workers=1)) as api:
        assert api.fetch_listing().sent is Sent.NEVER
    assert seen == []


def test_children_dont_inherit_the_key() -> None:
    """What a child process is started with has everything but the key, under each of its names."""
    assert make_child_environment({**dict.fromkeys(KEY_VARIABLES, KEY), "LANG": "C"}) == {"LANG": "C"}
