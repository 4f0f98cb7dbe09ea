"""The protocol is the same over both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.helpers.stores import BOTH, FILE, use_store

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have each test over both stores; whether a rule that is switched off is noticed doesn't depend on the store."""
    if "store" in metafunc.fixturenames:
        over = (FILE,) if metafunc.module.__name__.endswith("test_mutations") else BOTH
        metafunc.parametrize("store", over, indirect=True)


@pytest.fixture(autouse=True)
def store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the test's runs are."""
    with pytest.MonkeyPatch.context() as patched:  # of its own, for tests undo what they patched
        use_store(getattr(request, "param", FILE), patched)  # a state machine has no parameters
        yield
