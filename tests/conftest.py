"""What every test stands on: no keys, addresses or proxies of whoever runs it, and no hurry for generated examples."""

from __future__ import annotations

import os

import hypothesis
import pytest

SCRUBBED = ("AS_API_KEY", "ATOMSCALE_API_KEY", "AS_API_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

hypothesis.settings.register_profile("quiet-or-busy", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("quiet-or-busy")


@pytest.fixture(autouse=True)
def _own_turn(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have tests of other processes, which use the same address of nobody, not keep this one's runs waiting."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.getbasetemp()))


@pytest.fixture(autouse=True)
def _scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SCRUBBED:
        for spelling in (name, name.lower()):
            if spelling in os.environ:
                monkeypatch.delenv(spelling)
