"""The sandbox's door: only requests to this machine's own names get in, and every answer leaves with a date."""

from __future__ import annotations

from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MISDIRECTED = 421


class Door:
    """An app behind a check of the Host header.

    A page of the web whose name is made to point to 127.0.0.1 (DNS rebinding) asks with that name as its host.
    """

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        names = ("127.0.0.1", "localhost", "[::1]")
        self._hosts = {f"{name}:{port}".encode() for name in names}
        if port == 80:  # noqa: PLR2004  # which clients leave out
            self._hosts |= {name.encode() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer 421."""
        if scope["type"] != "http":
            return
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if not any(name.lower() == b"date" for name, _ in headers):
                    headers.append((b"date", formatdate(time(), usegmt=True).encode()))
                message = {**message, "headers": headers}
            await send(message)

        if len(hosts) == 1 and hosts[0] in self._hosts:
            await self._app(scope, receive, send_dated)
            return
        body = b'{"detail": "the sandbox answers to 127.0.0.1, localhost and [::1] with its port, to no other name"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send_dated({"type": "http.response.start", "status": MISDIRECTED, "headers": headers})
        await send({"type": "http.response.body", "body": body})
