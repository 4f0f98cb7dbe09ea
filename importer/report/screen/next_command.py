"""The exact command that goes on with a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.settings import find_api_url

if TYPE_CHECKING:
    from importer.run import RunFile


def word_resume(run: RunFile) -> str:
    """Return the exact command that goes on with a run, with its address where that isn't the one set here."""
    words = ["layer-importer", "resume", str(run.path)]
    url = run.meta.api_url
    if url is not None and url != _find_default_url():
        words += ["--api-url", url]
    return shlex.join(words)


def _find_default_url() -> str | None:
    try:
        return find_api_url(None)
    except SettingsError:
        return None
