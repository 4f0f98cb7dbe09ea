"""The page's server without a socket: requests go straight into the guarded routes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from importer.web.app import guard_app
from importer.web.session import Session
from importer.web.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

PORT = 8401
TOKEN = "t" * 43
SHEET = """sample_name,layer_id,composition_string,orientation
A,1,batio3,001
A,2,srtio3,1
B,1,GaAs,110
Total,,,
"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  # whatever was sent
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Client:
    """Asks as the page does, unless told otherwise."""

    session: Session
    app: Any
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "host": f"127.0.0.1:{PORT}",
            "origin": f"http://127.0.0.1:{PORT}",
            "authorization": f"Bearer {TOKEN}",
        }
    )

    def ask(
        self, method: str, path: str, body: object = None, *, headers: dict[str, str | None] | None = None
    ) -> Answer:
        """Send a request and wait for its answer; a header of None is left out."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent: dict[str, str | None] = {**self.headers, "content-type": "application/json", **(headers or {})}
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value is not None],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", PORT),
        }
        return asyncio.run(_exchange(self.app, scope, data))


async def _exchange(app: Any, scope: MutableMapping[str, Any], data: bytes) -> Answer:  # noqa: ANN401  # an ASGI app
    blocks = [data[start : start + 65_536] for start in range(0, len(data), 65_536)] or [b""]
    found: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(0)
        if not blocks:
            await asyncio.Event().wait()  # who asks stays until the answer is whole
        return {"type": "http.request", "body": blocks.pop(0), "more_body": bool(blocks)}

    async def send(message: MutableMapping[str, Any]) -> None:
        await asyncio.sleep(0)
        found.append(message)

    await asyncio.wait_for(app(scope, receive, send), 60)
    starts = [each for each in found if each["type"] == "http.response.start"]
    assert len(starts) == 1
    headers = {name.decode().lower(): value.decode() for name, value in starts[0]["headers"]}
    return Answer(starts[0]["status"], headers, b"".join(each.get("body", b"") for each in found))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with one small sheet, as the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(SHEET)
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    """Give the page's server for the folder."""
    assert folder.is_dir()
    session = Session(Workplace(Path()))
    yield Client(session, guard_app(session, port=PORT, token=TOKEN))
    session.close()


@pytest.fixture
def opened(client: Client) -> dict[str, Any]:
    """Give the sheet of the folder, opened."""
    (file,) = client.ask("GET", "/api/files").json["files"]
    found: dict[str, Any] = client.ask("POST", "/api/drafts", {"files": [file["id"]]}).json
    return found
