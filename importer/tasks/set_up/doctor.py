"""Looking at what an import needs before it is made: address, certificate, key, clock, disk, versions."""

from __future__ import annotations

import platform
import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from importer._version import __version__
from importer.context import require_settings, take_path
from importer.server import Client, Sent
from importer.settings import SendSettings, name_foreign_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.server import Reply
    from importer.settings import ApiSettings

MIN_FREE = 200 * 2**20
"""Bytes of free disk below which a run file of a large import may not fit."""
MAX_SKEW = 120.0
"""Seconds that the clock here may differ from the server's: more makes the times in reports misleading."""
_LIBRARIES = ("pandas", "requests", "SQLAlchemy", "gemmi")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    is_good: bool
    words: str


def diagnose(api: ApiSettings, *, folder: str | Path | None = None) -> tuple[Finding, ...]:
    """Look at what an import needs, making one read-only call, and return what was found.

    Args:
        api: address and key.
        folder: where run files will be written; the current one if left out.
    """
    require_settings(api=api)
    return tuple(iter_findings(api, folder=None if folder is None else take_path("folder", folder)))


def iter_findings(api: ApiSettings, *, folder: Path | None = None, key_fault: str = "") -> Iterator[Finding]:
    """Yield what was found, making one read-only call.

    Args:
        api: address and key.
        folder: where run files will be written; the current one if left out.
        key_fault: why there is no key, where there is none; the call is made all the same, with another.
    """
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    yield Finding("versions", True, f"layer-importer {__version__}, Python {platform.python_version()}, {libraries}")
    free = shutil.disk_usage(folder or Path()).free
    yield Finding("disk", free >= MIN_FREE, f"{free / 2**20:,.0f} MB free for run files")
    yield find_way(api)
    with Client(api, send=SendSettings(workers=1, connect_timeout=10, read_timeout=30, deadline=60)) as client:
        reply = client.fetch_listing()
    yield check_address(api.url, reply)
    if reply.sent is Sent.ANSWERED or reply.bad_certificate:
        yield check_tls(api.url, reply)
    if key_fault:
        yield Finding("key", False, key_fault)
    if reply.status is None:
        return
    if not key_fault:
        yield check_key(reply)
        yield check_listing(reply)
    yield check_clock(reply, now=time.time())
    yield Finding("write permission", True, "not checked: only a write would show it")


def find_way(api: ApiSettings) -> Finding:
    """Tell how the server is reached, and whose certificates are trusted."""
    way = "straight to the server"
    if api.proxy is not None:
        parts = urlsplit(api.proxy)
        way = f"through the proxy {parts.hostname}{f':{parts.port}' if parts.port else ''}"
    elif (name := name_foreign_proxy()) and api.url.startswith("https:"):
        way += f" ({name} isn't used; if there is no other way out, give --proxy)"
    if not api.url.startswith("https:"):
        return Finding("network", True, way)
    trusted = "the system's certificates and the usual ones" if api.ca_bundle is None else f"only {api.ca_bundle}"
    return Finding("network", True, f"{way}, trusting {trusted}")


def check_address(url: str, reply: Reply) -> Finding:
    """Tell whether the address answers."""
    if reply.bad_certificate:
        return Finding("address", True, f"{url} answers, but its certificate can't be trusted")
    if reply.sent is not Sent.ANSWERED:
        return Finding("address", False, f"{url} doesn't answer: {reply.words}")
    if reply.status is not None and 300 <= reply.status < 400:  # noqa: PLR2004  # redirections
        return Finding("address", False, f"{url} redirects to another address ({reply.status}): use that one")
    return Finding("address", True, f"{url} answers in {reply.seconds:.2f} s")


def check_tls(url: str, reply: Reply) -> Finding:
    """Tell whether the way to the server is encrypted and the server has proved who it is."""
    if not url.startswith("https:"):
        return Finding("TLS", True, "not used: the address is on this machine")
    if reply.bad_certificate:
        return Finding("TLS", False, f"the certificate is refused: {reply.words}")
    return Finding("TLS", True, "the server's certificate is valid")


def check_key(reply: Reply) -> Finding:
    """Tell whether the key may read."""
    if reply.status in {401, 403}:
        return Finding("key", False, f"refused ({reply.status}: {reply.words})")
    return Finding("key", True, "accepted for reading")


def check_listing(reply: Reply) -> Finding:
    """Tell whether the listing comes whole: without it nothing can be settled."""
    if reply.listing is not None:
        doubt = reply.listing.find_doubt()
        layers = f"{reply.listing.evidence.entries:,} layers"
        return Finding("stored list", not doubt, f"{layers}, but {doubt}" if doubt else layers)
    return Finding("stored list", False, f"couldn't read it ({reply.status}: {reply.words or 'incomplete'})")


def check_clock(reply: Reply, *, now: float) -> Finding:
    """Tell how far the clock here is from the server's."""
    if reply.server_time is None:
        return Finding("clock", True, "the server doesn't say its time")
    skew = now - reply.server_time
    return Finding("clock", abs(skew) <= MAX_SKEW, f"{skew:+.0f} s compared with the server")
