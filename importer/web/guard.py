"""Who may ask the page's server for something: this machine's own page, which knows the token, and nobody else.

Written below the framework, so that no refusal goes out without the headers that protect.
"""

from __future__ import annotations

import json
from secrets import compare_digest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 32 * 1024**2
"""Bytes of a request's JSON: a pasted block at the most."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_NAMES = frozenset(name for name, _ in _HEADERS)
_UPLOADS = "/api/files/"
_SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """Lets through what the page asks for, and refuses all else.

    Args:
        app: what is guarded.
        port: the port that is listened on.
        token: what the page says of itself; 256 bits.
    """

    def __init__(self, app: App, *, port: int, token: str) -> None:
        self._app = app
        self._token = f"Bearer {token}".encode()
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]")}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        path = str(scope["path"])
        send = _add_headers(send, is_private=path.startswith(("/api", "/dl/")))
        refusal = self._find_refusal(str(scope["method"]), path, list(scope["headers"]))
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        if path.startswith(_UPLOADS):
            await self._app(scope, receive, send)
            return
        body = _Bounded(receive, send)
        await self._app(scope, body.receive, body.send)
        if body.is_too_large:
            await _refuse(send, 413, "The request is too large.")

    def _find_refusal(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
        """Return status and words of a refusal, None for what may pass."""
        hosts = _take(headers, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 421, "This page is served to this machine under its own address only."
        origins = _take(headers, b"origin")
        sites = _take(headers, b"sec-fetch-site")
        if any(origin not in self._origins for origin in origins) or set(sites) - {b"same-origin", b"none"}:
            return 403, "Another page can't ask for this."
        if not path.startswith("/api"):
            return None if method in _SAFE else (405, "This can only be read.")
        return self._find_api_refusal(method, path, headers)

    def _find_api_refusal(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
        said = _take(headers, b"authorization")
        if len(said) != 1 or not compare_digest(said[0], self._token):
            return 401, "Open the page by the address that `layer-importer ui` shows."
        if method in _SAFE or method == "DELETE" or path.startswith(_UPLOADS):
            return None
        kinds = _take(headers, b"content-type")
        if len(kinds) != 1 or kinds[0].split(b";")[0].strip().lower() != b"application/json":
            return 415, "Send JSON."
        return None


class _Bounded:
    """A body up to its bound; whatever is answered to one that is cut off doesn't count."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._size = 0
        self.is_too_large = False

    async def receive(self) -> Message:
        """Give the next part of the body."""
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self.is_too_large = self._size > MAX_BODY
        return {"type": "http.disconnect"} if self.is_too_large else message

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if not self.is_too_large:
            await self._send(message)


def _take(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name.lower() == wanted]


def _add_headers(send: Send, *, is_private: bool) -> Send:
    """Return what sends an answer with the headers that protect."""

    async def send_protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in _NAMES]
            kept += _HEADERS
            if not any(name.lower() == b"cache-control" for name, _ in kept):
                kept.append((b"cache-control", b"no-store" if is_private else b"no-cache"))
            message = {**message, "headers": kept}
        await send(message)

    return send_protected


async def _refuse(send: Send, status: int, words: str) -> None:
    body = json.dumps({"error": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
