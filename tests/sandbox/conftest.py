"""What only these tests load: schemathesis, which takes a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Have schemathesis make tests of a schema."""
    if not config.pluginmanager.hasplugin("schemathesis"):  # which pytest names it by itself
        config.pluginmanager.import_plugin("schemathesis.pytest.plugin")
