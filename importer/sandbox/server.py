"""Running the sandbox: on loopback only, until told to end, or until its parent is gone."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import uvicorn

from importer.sandbox.app import Rules, create_app
from importer.sandbox.door import Door
from importer.sandbox.keys import Organisations
from importer.sandbox.plan.behaviour import Patching
from importer.sandbox.plan.file import Plan, load_plan
from importer.sandbox.store import Store
from importer.sandbox.trouble.middleware import Trouble
from importer.sandbox.trouble.wire import TransportProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

END_POLL = 0.5
"""Seconds between two looks at whether it is to end."""


def serve(
    address: tuple[str, int],
    *,
    on_ready: Callable[[str], None],
    keys: Collection[str],
    store: Path | None = None,
    faults: Path | None = None,
    ended: threading.Event | None = None,
    rules: Rules | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until told to end.

    Args:
        address: a loopback address or ``localhost``, and a port, 0 for a free one.
        keys: the keys that are taken, beside those of the plan.
        on_ready: called with the address once connections are accepted.
        store: file to keep what is stored; memory if left out.
        faults: file of the fault plan.
        ended: ends the sandbox when it is set.
        rules: what the API's pages leave open; the plan says what PATCH does.

    Raises:
        ValueError: not a loopback address, or a fault plan that can't be used.
        OSError: the port is taken.
    """
    host, _ = address
    if not _is_loopback(host):
        raise ValueError(f"the sandbox serves this machine only (127.0.0.1, ::1, localhost), not {host}")
    plan = Plan() if faults is None else load_plan(faults)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server(address, family=family, backlog=512)
    organisations = Organisations({**plan.keys, **dict.fromkeys(keys, "")}, lambda name: _open_store(store, name, plan))
    app = create_app(
        organisations,
        rules=replace(rules or Rules(), patch_wipes=plan.behaviour.patch is Patching.PUT),
        list_use=lambda: trouble.list_use(),  # noqa: PLW0108  # which comes to be below
    )
    trouble = Trouble(app, organisations=organisations, plan=plan)
    config = uvicorn.Config(
        Door(trouble, port=listener.getsockname()[1]),
        http=TransportProtocol,
        log_level="critical",
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    try:
        asyncio.run(_run(server, listener, lambda: on_ready(f"http://{shown}:{listener.getsockname()[1]}"), ended))
    finally:
        organisations.close()


def watch_input() -> threading.Event:
    """Return an event that is set when standard input ends: its other side is the parent, which may die in any way.

    The descriptor is read, not the stream, whose lock would be held while the interpreter ends.
    """
    ended = threading.Event()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4_096):
                pass
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    return ended


def _open_store(path: Path | None, organisation: str, plan: Plan) -> Store:
    named = path if path is None or not organisation else path.with_name(f"{path.name}.{organisation}")
    delivery = plan.behaviour.delivery
    return Store(named, is_aging=bool(delivery.lag_seconds or delivery.lag_reads))


async def _run(
    server: uvicorn.Server, listener: socket.socket, on_ready: Callable[[], None], ended: threading.Event | None
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn offers no event for it
        await asyncio.sleep(0.01)
    if not serving.done():
        on_ready()
    while ended is not None and not serving.done():
        if ended.is_set():
            server.should_exit = True
            break
        await asyncio.sleep(END_POLL)
    await serving


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
