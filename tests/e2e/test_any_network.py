"""Proxies and certificates: what is asked for is used, what isn't isn't, and doctor tells both."""

from __future__ import annotations

import http.server
import re
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import pytest

from importer.errors import SettingsError
from importer.settings import ApiSettings
from tests.helpers.forking import get_preloaded
from tests.helpers.processes import KEY, make_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Api(http.server.BaseHTTPRequestHandler):
    """Answers every GET by an empty list, and notes the keys that came."""

    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:  # the base class's name
        """Answer."""
        self.keys.append(self.headers.get("X-API-KEY"))
        self.send_response(200 if self.headers.get("X-API-KEY") == KEY else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Proxy(http.server.BaseHTTPRequestHandler):
    """Connects as it is asked, or refuses; keeps the lines and headers that it saw."""

    seen: ClassVar[list[str]] = []
    refuses: ClassVar[bool] = False

    def do_CONNECT(self) -> None:  # the base class's name
        """Carry bytes both ways until one side ends."""
        self.seen.append(f"{self.requestline} {self.headers}")
        if self.refuses:
            self.send_error(407)
            return
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=carry, args=(far, self.connection), daemon=True)
            back.start()
            carry(self.connection, far)
            back.join(10)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def carry(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes from one to the other until the end of one."""
    try:
        while data := one.recv(65_536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def serve(kind: type[http.server.BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on a free port, over TLS if there is a context."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is expected
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of localhost that nobody else has signed."""
    path = tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",  # noqa: S607
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(tmp_path / "key.pem"), "-out", str(path)],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    """An API with that certificate."""
    Api.keys, Proxy.seen, Proxy.refuses = [], [], False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with serve(Api, context) as found:
        yield found


def ask_doctor(port: int, *options: str, key: str = KEY, **environment: str) -> tuple[int, str]:
    """Run doctor; return its exit code and what it said."""
    started = get_preloaded().start(
        ["doctor", "--api-url", f"https://localhost:{port}", *options],
        environment=make_environment(**({"AS_API_KEY": key} if key else {}), **environment),
    )
    said = "".join(started.communicate(120))
    assert "Traceback" not in said
    assert key == "" or key not in said
    return started.wait(), said


def test_certificates_are_trusted_as_asked(port: int, certificate: Path, tmp_path: Path) -> None:
    """None of its own, a file of them, or one that the system trusts; a file that isn't there is told."""
    code, said = ask_doctor(port)
    assert code == 1
    assert "FAIL TLS: the certificate is refused" in said
    assert Api.keys == []
    code, said = ask_doctor(port, "--ca-bundle", str(certificate))
    assert (code, Api.keys) == (0, [KEY]), said
    assert f"trusting only {certificate}" in said
    code, said = ask_doctor(port, AS_API_CA_BUNDLE=str(certificate))
    assert code == 0, said
    code, said = ask_doctor(port, SSL_CERT_FILE=str(certificate))  # how OpenSSL is told of the system's
    assert code == 0, said
    assert "the system's certificates" in said
    code, said = ask_doctor(port, "--ca-bundle", str(tmp_path / "typo.pem"))
    assert code == 2
    assert "typo.pem" in said


def test_the_proxy_that_is_asked_for_is_gone_through(port: int, certificate: Path) -> None:
    """It connects, and never sees the key; those that the environment names for other programs are only told of."""
    with serve(Proxy) as way:
        code, said = ask_doctor(port, "--ca-bundle", str(certificate), "--proxy", f"http://lab:pass-1@127.0.0.1:{way}")
        assert code == 0, said
        assert f"through the proxy 127.0.0.1:{way}" in said
        assert "pass-1" not in said
        assert re.match(rf"CONNECT localhost:{port} ", Proxy.seen[0])
        assert KEY not in "".join(Proxy.seen)
        Proxy.seen.clear()
        code, said = ask_doctor(port, "--ca-bundle", str(certificate), HTTPS_PROXY=f"http://127.0.0.1:{way}")
        assert (code, Proxy.seen) == (0, [])
        assert "HTTPS_PROXY isn't used" in said


def test_a_proxy_that_refuses_is_told_and_nothing_is_in_doubt(port: int, certificate: Path, tmp_path: Path) -> None:
    """No byte of a request has left: the run is stopped or waits as with a server that can't be reached."""
    Proxy.refuses = True
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    with serve(Proxy) as way:
        options = ["--ca-bundle", str(certificate), "--proxy", f"http://127.0.0.1:{way}"]
        code, said = ask_doctor(port, *options)
    assert code == 1
    assert "407" in said
    assert Api.keys == []


def test_doctor_reports_a_missing_key_and_goes_on(port: int, certificate: Path) -> None:
    """Address, certificate and clock are looked at all the same."""
    code, said = ask_doctor(port, "--ca-bundle", str(certificate), key="")
    assert code == 1, said
    assert "FAIL key: not set" in said
    assert "ok   TLS" in said
    code, said = ask_doctor(port, "--ca-bundle", str(certificate), key="two words")
    assert code == 1, said
    assert "FAIL key: The API key" in said


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://x.test", "socks5://127.0.0.1:1080"),
        ("https://x.test", "proxy.lab:3128"),
        ("https://x.test", "http://[::1"),
        ("http://127.0.0.1:8765", "http://proxy.lab:3128"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused(url: str, proxy: str) -> None:
    """Also one that would be given the key unencrypted."""
    with pytest.raises(SettingsError, match="proxy"):
        ApiSettings(url=url, key="key-1234", proxy=proxy)


def test_a_proxy_s_password_does_not_show() -> None:
    """As the key doesn't."""
    assert "pass-1" not in repr(ApiSettings(url="https://x.test", key="key-1234", proxy="http://lab:pass-1@p.test:1"))
