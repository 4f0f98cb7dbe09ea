"""What every test stands on: no keys, addresses or proxies of whoever runs it, and no hurry for generated examples."""

from __future__ import annotations

import operator
import os

import hypothesis
import pytest

from tests.helpers.examples import RANDOM, SEEDED

SCRUBBED = (
    "AS_API_KEY", "ATOMSCALE_API_KEY", "AS_API_ENDPOINT", "AS_API_PROXY", "AS_API_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
)  # fmt: skip
SLOWEST = (
    "test_protocol_machine", "test_odd_servers", "test_mutations", "test_access", "test_page", "test_one_run",
    "test_stories", "test_not_stuck", "test_crash", "test_crash_sweep", "test_elsewhere", "test_two_threads",
)  # fmt: skip
collect_ignore = (
    []
    if hasattr(os, "fork")  # these fork, send signals, draw on a terminal or show paths as only Unix has them
    else [
        "cli/test_asking.py", "cli/test_terminal.py", "e2e", "guide/test_stories.py", "machine/test_processes.py",
        "run/test_cut_off.py", "tasks/test_one_run.py",
    ]
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Draw the same examples each time, unless the long tests are asked for."""
    hypothesis.settings.load_profile(RANDOM if is_long(config) else SEEDED)


@pytest.hookimpl(tryfirst=True)  # before those that aren't asked for are left out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count every test with generated examples among the long ones: it gets more of them there. Begin with the slow."""
    if is_long(config):
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker("long")
    # The slow ones first, so that no process is left alone with one of them in the end.
    slowest = (SLOWEST.index(name) if (name := item.path.stem) in SLOWEST else len(SLOWEST) for item in items)
    items[:] = [item for _, item in sorted(zip(slowest, items, strict=True), key=operator.itemgetter(0))]


def is_long(config: pytest.Config) -> bool:
    """Tell whether the long tests are asked for."""
    asked = str(config.getoption("markexpr"))
    return "long" in asked and "not long" not in asked


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
