"""The API's address and key for a command: flag, environment, and at a terminal a hidden prompt."""

from __future__ import annotations

import sys

import typer

from importer.errors import SettingsError
from importer.settings import ApiSettings, Secret, find_api_key, find_api_url


def find_api(api_url: str | None) -> ApiSettings:
    """Return address and key, asking for the key where a person can answer.

    Raises:
        SettingsError: an address or key that can't be used, or no key and nobody to ask.
    """
    url = find_api_url(api_url)
    key = find_api_key()
    return ApiSettings(url=url, key=key if key is not None else _ask_key(url))


def _ask_key(url: str) -> Secret:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(
            "There is no API key: set AS_API_KEY in the environment. (--dry-run and validate need none; --sandbox "
            "tries everything out without the real API.)"
        )
    return Secret(typer.prompt(f"API key for {url} (not shown)", hide_input=True, err=True))
