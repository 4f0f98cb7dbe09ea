"""What leaves on the wire: answers caught before they go, and connections broken on purpose."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from uvicorn.protocols.http.h11_impl import H11Protocol

from importer.sandbox.plan.faults import Fault, Kind

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

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

    @property
    def is_success(self) -> bool:
        """Whether it says that the request was carried out."""
        return 200 <= self.status < 300  # noqa: PLR2004  # successes

    async def catch(self, message: Message) -> None:
        """Take one message of the app."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        """Let the answer go."""
        headers = [(name, value) for name, value in self.headers if name.lower() != b"content-length"]
        if self.status in {204, 304}:
            self.body = b""
        else:
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def is_gone(scope: Scope) -> bool:
    """Tell whether the client has closed its connection."""
    transport = _TRANSPORTS.get(tuple(scope["client"]))
    return transport is None or transport.is_closing()


def send_hints(scope: Scope) -> None:
    """Write an answer that comes before the answer: 103 Early Hints."""
    _TRANSPORTS[tuple(scope["client"])].write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")


async def make_trouble(fault: Fault, answer: Answer, scope: Scope, send: Send) -> None:
    """Answer as a fault asks, or break the connection."""
    match fault.kind:
        case Kind.TELL_KEY:
            await send_status(send, fault.status, fault, words=_spell_key(scope))
        case Kind.ACCEPTED:
            answer.status = fault.status if answer.is_success else answer.status
            await answer.send(send)
        case Kind.ID_ONLY:
            answer.body = _keep_id(answer.body) if answer.is_success else answer.body
            await answer.send(send)
        case Kind.WRAPPED:
            answer.body = b'{"status": "ok", "data": ' + answer.body + b"}"
            await answer.send(send)
        case Kind.LOCATION:
            answer.status, answer.body = 201, b""
            answer.headers.append((b"location", b"/target-materials/layers/1"))
            await answer.send(send)
        case Kind.STATUS:
            await send_status(send, fault.status, fault)
        case Kind.REDIRECT:
            status = fault.status if 300 <= fault.status < 400 else 307  # noqa: PLR2004  # redirections
            await send_status(send, status, fault)
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


async def send_status(send: Send, status: int, fault: Fault | None = None, *, words: str = "") -> None:
    """Answer a status with words for people."""
    headers = [(b"content-type", b"application/json")]
    if fault is not None and fault.retry_after is not None:
        wish = formatdate(time() + 2, usegmt=True) if fault.retry_after == "date" else str(fault.retry_after)
        headers.append((b"retry-after", wish.encode()))
    if fault is not None and fault.kind is Kind.REDIRECT:
        headers.append((b"location", fault.location.encode()))
    answer = Answer()
    answer.status, answer.headers = status, headers
    answer.body = json.dumps({"detail": words or f"sandbox fault: {status}"}).encode()
    await answer.send(send)


def _spoil_echo(body: bytes) -> bytes:
    found: Any = json.loads(body)
    if isinstance(found, dict) and isinstance(found.get("layer_id"), int):
        found["layer_id"] += 1000
    return json.dumps(found).encode()


def _keep_id(body: bytes) -> bytes:
    found: Any = json.loads(body)
    name = "id" if "id" in found else "sample_id"
    return json.dumps({name: found.get(name)}).encode()


def _spell_key(scope: Scope) -> str:
    """Return words that give the request's key away, in the spellings in which servers and proxies echo headers."""
    key = dict(scope["headers"]).get(b"x-api-key", b"")
    text = key.decode("latin-1")
    spellings = (text, text.upper(), text.lower(), base64.b64encode(key).decode(), quote(text, safe=""))
    return "the key " + ", ".join(spellings) + " is bad"
