"""Faults carried out: an ASGI layer around the app, and a protocol that lets it reach the bare connection."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from importer.sandbox.faults import Dice, Fault, Kind, When

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from importer.sandbox.store import Store

_TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}
_SETTLE = 0.02
"""Seconds for the loop to notice that a connection is gone, before the app returns without an answer."""


class TransportProtocol(H11Protocol):
    """The server's protocol, which remembers the connection of each client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        super().connection_made(transport)
        # asyncio does it only for sockets that name their protocol; without it each answer waits 40 ms for an ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _TRANSPORTS[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _TRANSPORTS.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)


class Answer:
    """An answer of the app, caught before it leaves."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def catch(self, message: Message) -> None:
        """Take one message of the app."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        """Let the answer go."""
        headers = [(name, value) for name, value in self.headers if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Trouble:
    """The app with its faults, and the log of every request that reached it."""

    def __init__(self, app: ASGIApp, *, store: Store, dice: Dice) -> None:
        self._app = app
        self._store = store
        self._dice = dice
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a request, or something like it."""
        if scope["type"] != "http" or not scope["path"].startswith("/target-materials"):
            await self._app(scope, receive, send)
            return
        at = time()
        body = await _read_body(receive)
        if body is None:
            return  # the client went away in the middle of its request, which is none
        fault = self._dice.pick_fault(scope["method"], scope["path"])
        is_late = fault is not None and fault.kind is Kind.LATE
        is_done = not is_late and (
            fault is None or fault.when is When.AFTER or fault.kind in {Kind.DELAY, Kind.WRONG_ECHO}
        )
        if fault is not None and fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        answer = Answer()
        if is_done:
            await self._app(scope, _give_body(body), answer.catch)
        number = self._store.log_request(
            at,
            scope["method"],
            scope["path"],
            body.decode(errors="replace") or None,
            fault=None if fault is None else f"{fault.kind}-{fault.when}",
            status=answer.status if is_done else None,
            stored=is_done and _is_stored(answer, scope),
        )
        if fault is None or fault.kind is Kind.DELAY:
            await answer.send(send)
        elif fault.kind is Kind.LATE:
            task = asyncio.create_task(self._carry_out_late(scope, body, fault.seconds, number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await _send_status(send, 504)
        else:
            await _make_trouble(fault, answer, scope, send)

    async def _carry_out_late(self, scope: Scope, body: bytes, seconds: float, number: int) -> None:
        await asyncio.sleep(seconds)
        answer = Answer()
        await self._app(scope, _give_body(body), answer.catch)
        if _is_stored(answer, scope):
            self._store.log_late(number)


def _is_stored(answer: Answer, scope: Scope) -> bool:
    return answer.status < 300 and scope["method"] != "GET"  # noqa: PLR2004  # success


async def _make_trouble(fault: Fault, answer: Answer, scope: Scope, send: Send) -> None:
    match fault.kind:
        case Kind.STATUS:
            await _send_status(send, fault.status, fault)
        case Kind.REDIRECT:
            status = fault.status if 300 <= fault.status < 400 else 307  # noqa: PLR2004  # redirections
            await _send_status(send, status, fault)
        case Kind.GARBAGE:
            answer.status, answer.body = 200, b"<html>proxy says hello</html>"
            await answer.send(send)
        case Kind.WRONG_ECHO:
            answer.body = _spoil_echo(answer.body)
            await answer.send(send)
        case _:
            await _break_connection(fault, answer, scope)


async def _break_connection(fault: Fault, answer: Answer, scope: Scope) -> None:
    transport = _TRANSPORTS[tuple(scope["client"])]
    body = answer.body or b"{}"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    match fault.kind:
        case Kind.RESET:
            sock: socket.socket = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        case Kind.TRUNCATED:
            transport.write(head + body[: len(body) // 2])
            transport.close()
        case Kind.CUT_HEAD:
            transport.write(head[:28])
            transport.close()
        case Kind.DRIP:
            for byte in head + body:
                transport.write(bytes([byte]))
                await asyncio.sleep(fault.seconds)
                if transport.is_closing():
                    break
            transport.close()
        case _:
            transport.close()
    await asyncio.sleep(_SETTLE)


async def _send_status(send: Send, status: int, fault: Fault | None = None) -> None:
    headers = [(b"content-type", b"application/json")]
    if fault is not None and fault.retry_after is not None:
        wish = formatdate(time() + 2, usegmt=True) if fault.retry_after == "date" else str(fault.retry_after)
        headers.append((b"retry-after", wish.encode()))
    if fault is not None and fault.kind is Kind.REDIRECT:
        headers.append((b"location", fault.location.encode()))
    answer = Answer()
    answer.status, answer.headers = status, headers
    answer.body = json.dumps({"detail": f"sandbox fault: {status}"}).encode()
    await answer.send(send)


def _spoil_echo(body: bytes) -> bytes:
    found: Any = json.loads(body)
    if isinstance(found, dict) and isinstance(found.get("layer_id"), int):
        found["layer_id"] += 1000
    return json.dumps(found).encode()


async def _read_body(receive: Receive) -> bytes | None:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _give_body(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
