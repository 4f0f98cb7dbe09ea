"""The exact command that goes on with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.settings import DEFAULT_API_URL, find_api_url, word_command

if TYPE_CHECKING:
    from importer.run import RunFile


def word_resume(run: RunFile, *, command: str = "resume", given: str | None = None, profile: str | None = None) -> str:
    """Return the exact command that goes on with a run, with its address where that isn't the one set here.

    A profile is named instead of its address, which would be given the key of another one. An address that only the run
    file names isn't put into a command: the file may be anybody's, and the key would go there. Without it the command
    stops and says which address the run was for.

    Args:
        run: the run file.
        command: what goes on with it.
        given: the address that was given to the command at hand.
        profile: the profile that was.
    """
    words = [command, str(run.place)]
    url = run.meta.api_url
    if profile is not None:
        words += ["--profile", profile]
    elif url is not None and url != _find_default_url() and url in {given, DEFAULT_API_URL}:
        words += ["--api-url", url]
    return word_command(*words)


def _find_default_url() -> str | None:
    try:
        return find_api_url(None)
    except SettingsError:
        return None
