"""Running the sandbox: on loopback only, until told to end, or until its parent is gone."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
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

PARENT_POLL = 0.5
"""Seconds between two looks at whether the parent process is still there."""


def serve(
    address: tuple[str, int],
    *,
    on_ready: Callable[[str], None],
    keys: Collection[str],
    store: Path | None = None,
    faults: Path | None = None,
    parent_pid: int | None = None,
    rules: Rules | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until the parent process ends.

    Args:
        address: a loopback address or ``localhost``, and a port, 0 for a free one.
        keys: the keys that are taken, beside those of the plan.
        on_ready: called with the address once connections are accepted.
        store: file to keep what is stored; memory if left out.
        faults: file of the fault plan.
        parent_pid: process whose end ends the sandbox.
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
        asyncio.run(_run(server, listener, lambda: on_ready(f"http://{shown}:{listener.getsockname()[1]}"), parent_pid))
    finally:
        organisations.close()


def _open_store(path: Path | None, organisation: str, plan: Plan) -> Store:
    named = path if path is None or not organisation else path.with_name(f"{path.name}.{organisation}")
    delivery = plan.behaviour.delivery
    return Store(named, is_aging=bool(delivery.lag_seconds or delivery.lag_reads))


async def _run(
    server: uvicorn.Server, listener: socket.socket, on_ready: Callable[[], None], parent_pid: int | None
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn offers no event for it
        await asyncio.sleep(0.01)
    if not serving.done():
        on_ready()
    while parent_pid is not None and not serving.done():
        if os.getppid() != parent_pid:
            server.should_exit = True
            break
        await asyncio.sleep(PARENT_POLL)
    await serving


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
