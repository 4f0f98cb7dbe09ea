"""The app with everything that the plan asks for around it: an ASGI layer that logs each request that reaches it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from http import HTTPStatus
from time import time
from typing import TYPE_CHECKING, Any

from importer.sandbox.keys import REFUSED_KEY
from importer.sandbox.plan.faults import CARRIED_OUT, Dice, Fault, Kind, When
from importer.sandbox.trouble.colleagues import Colleagues
from importer.sandbox.trouble.delivery import Lister, Page
from importer.sandbox.trouble.spelling import change_write, spell_record
from importer.sandbox.trouble.wire import Answer, is_gone, make_trouble, send_hints, send_status

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from importer.sandbox.keys import Organisations
    from importer.sandbox.plan.file import Plan
    from importer.sandbox.store import Store

LIST_PATH = "/target-materials/"
ROOT = "/target-materials"
LATE = frozenset({Kind.LATE, Kind.REPLAY_LATE})
PLAIN = frozenset({Kind.DELAY, Kind.REPLAY, Kind.REPLAY_LATE, Kind.NOT_KEPT, Kind.EARLY_HINTS})
"""Kinds whose answer leaves as the app gave it."""


class Trouble:
    """The app, and what goes otherwise than one would expect."""

    def __init__(self, app: ASGIApp, *, organisations: Organisations, plan: Plan) -> None:
        self._app = app
        self._organisations = organisations
        self._dice = Dice(plan.faults, seed=plan.seed)
        self._colleagues = Colleagues(plan.colleagues, organisations.open_store)
        self._behaviour = plan.behaviour
        self._echo = (*plan.behaviour.shown, *plan.behaviour.echo)
        self._lister = Lister(plan.behaviour)
        self._alone = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def list_use(self) -> list[dict[str, object]]:
        """Return, for each rule of the plan, how many requests it saw and how many it hit."""
        return [*self._dice.list_use(), *self._colleagues.list_use()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a request, or something like it."""
        if scope["type"] != "http" or not scope["path"].startswith(ROOT):
            await self._app(scope, receive, send)
            return
        at = time()
        body = await _read_body(receive)
        if body is None:
            return  # the client went away in the middle of its request, which is none
        self._colleagues.count_request(scope["method"])
        fault = self._dice.pick_fault(scope["method"], scope["path"], *_find_places(scope["path"], body))
        kind = None if fault is None else fault.kind
        if fault is not None and kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        is_done = kind is not Kind.LATE and (fault is None or fault.when is When.AFTER or kind in CARRIED_OUT)
        answer, page = Answer(), None
        async with self._alone:
            if is_done:
                page = await self._carry_out(scope, body, answer, is_kept=kind is not Kind.NOT_KEPT)
            number = self._log(at, scope, body, fault, answer if is_done else None)
            if kind is Kind.REPLAY:
                await self._carry_out(scope, body, Answer())
                self._log(at, scope, body, fault, answer)
        self._colleagues.end_request()
        if fault is not None and kind in LATE:
            self._begin_late(scope, body, fault, number)
        await self._answer(fault, answer, page, scope, send)

    async def _answer(self, fault: Fault | None, answer: Answer, page: Page | None, scope: Scope, send: Send) -> None:
        if fault is not None and fault.kind is Kind.EARLY_HINTS:
            send_hints(scope)
        if fault is not None and fault.kind is Kind.LATE:
            await send_status(send, fault.status if fault.status < HTTPStatus.MULTIPLE_CHOICES else 504)
        elif fault is not None and fault.kind not in PLAIN:
            await make_trouble(fault, answer, scope, send)
        elif page is not None:
            await self._lister.send(page, send, is_gone=lambda: is_gone(scope))
        else:
            await answer.send(send)

    async def _carry_out(self, scope: Scope, body: bytes, answer: Answer, *, is_kept: bool = True) -> Page | None:
        """Have a request carried out and its answer caught; return the page of the list if it asks for that."""
        store = self._find_store(scope)
        if store is not None and scope["method"] == "GET" and scope["path"] == LIST_PATH:
            page = self._lister.make_page(scope, store)
            answer.status, answer.headers, answer.body = 200, list(page.headers), page.body
            return page
        changed = self._change_body(scope["method"], body)
        with contextlib.nullcontext() if is_kept or store is None else store.undo():
            await self._app(scope, _give_body(changed), answer.catch)
        if self._echo and answer.is_success:
            echo: Any = json.loads(answer.body or b"null")
            if isinstance(echo, dict):
                answer.body = json.dumps(spell_record(echo, self._echo) or {}).encode()
        return None

    def _find_store(self, scope: Scope) -> Store | None:
        keys = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-api-key"]
        return None if not keys or keys[0] == REFUSED_KEY else self._organisations.find_store(keys[0])

    def _change_body(self, method: str, body: bytes) -> bytes:
        rules = self._behaviour.stored
        found = _read_json(body) if rules else None
        if isinstance(found, dict):
            return json.dumps(change_write(found, rules, is_post=method == "POST")).encode()
        if isinstance(found, list) and all(isinstance(entry, dict) for entry in found):
            return json.dumps([change_write(entry, rules, is_post=True) for entry in found]).encode()
        return body

    def _log(self, at: float, scope: Scope, body: bytes, fault: Fault | None, answer: Answer | None) -> int:
        is_kept = fault is None or fault.kind is not Kind.NOT_KEPT
        return self._organisations.first.log_request(
            at,
            scope["method"],
            scope["path"],
            body.decode(errors="replace") or None,
            fault=None if fault is None else f"{fault.kind}-{fault.when}",
            status=None if answer is None else answer.status,
            stored=answer is not None and is_kept and _is_stored(answer, scope),
        )

    def _begin_late(self, scope: Scope, body: bytes, fault: Fault, number: int) -> None:
        task = asyncio.create_task(self._carry_out_late(scope, body, fault.seconds, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out_late(self, scope: Scope, body: bytes, seconds: float, number: int) -> None:
        await asyncio.sleep(seconds)
        answer = Answer()
        async with self._alone:
            await self._carry_out(scope, body, answer)
            if _is_stored(answer, scope):
                self._organisations.first.log_late(number)


def _is_stored(answer: Answer, scope: Scope) -> bool:
    return answer.is_success and scope["method"] != "GET"


def _read_json(body: bytes) -> Any:  # noqa: ANN401  # whatever JSON can carry
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _find_places(path: str, body: bytes) -> tuple[set[str], set[object]]:
    """Return the samples, by id and name, and the positions that a write is about."""
    found = _read_json(body) if body else None
    layers: Any = found if isinstance(found, list) else [found]
    samples: set[str] = set()
    if isinstance(found, dict) and isinstance(found.get("sample"), dict):
        samples.add(str(found["sample"].get("sample_name")))
        layers = found.get("layers")
    number = path.removeprefix(f"{ROOT}/").split("/")[0]
    if number.isdigit():
        samples.add(number)
    named = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    samples |= {str(layer["sample_id"]) for layer in named if layer.get("sample_id") is not None}
    positions = {layer["layer_id"] for layer in named if isinstance(layer.get("layer_id"), int)}
    return samples, positions


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
