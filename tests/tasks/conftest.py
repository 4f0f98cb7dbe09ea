"""What tests of tasks share: the API at the HTTP seam, and time that only waiting spends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from tests.helpers.api import FakeApi, run_api
from tests.helpers.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[FakeApi]:
    """Give an API that holds nothing yet."""
    with run_api() as found:
        yield found


@pytest.fixture
def context() -> Context:
    """Give a context whose waits take no time."""
    return Context(clock=FakeClock())
