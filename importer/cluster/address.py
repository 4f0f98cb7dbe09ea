"""Which workers a run's inputs are read on, read from what people give."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from importer.errors import SettingsError
from importer.settings import is_loopback

EXAMPLES = "local:4 for 4 processes on this machine, or tls://scheduler.lab:8786"
MOST_LOCAL = 256
"""Processes that may be started on one machine."""


def count_local(given: str) -> int | None:
    """Return how many processes are to be started on this machine; None where a scheduler is named.

    Raises:
        SettingsError: it isn't a number of processes, or a scheduler that can be used.
    """
    found = re.fullmatch(r"local:(\d{1,4})", given)
    if found is not None:
        count = int(found[1])
        if not 1 <= count <= MOST_LOCAL:
            raise SettingsError(f"--cluster {given} can't be used: 1 to {MOST_LOCAL} processes may be started.")
        return count
    check_scheduler(given)
    return None


def check_scheduler(address: str) -> None:
    """Refuse the address of a scheduler that others on the network could use or listen to.

    Raises:
        SettingsError: it isn't one, or it is another machine's without TLS.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or port is None or parts.username or parts.path or parts.query or parts.fragment:
        raise SettingsError(f"--cluster {address!r} can't be used. Give {EXAMPLES}.")
    if parts.scheme == "tls" or (parts.scheme == "tcp" and is_loopback(host)):
        return
    if parts.scheme == "tcp":
        raise SettingsError(
            f"--cluster {address} can't be used: without TLS anybody on the network could run programs on the workers. "
            f"Start scheduler and workers with TLS, and give tls://{host}:{port}."
        )
    raise SettingsError(f"--cluster {address!r} can't be used. Give {EXAMPLES}.")
