"""What every test stands on: an environment without keys, addresses or proxies of whoever runs it."""

from __future__ import annotations

import os

import pytest

SCRUBBED = ("AS_API_KEY", "ATOMSCALE_API_KEY", "AS_API_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SCRUBBED:
        for spelling in (name, name.lower()):
            if spelling in os.environ:
                monkeypatch.delenv(spelling)
