"""The API's address and key for a command: option, environment, and at a terminal a hidden prompt."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import typer

from importer.errors import SettingsError
from importer.settings import (
    KEY_VARIABLES,
    ApiSettings,
    Secret,
    find_api_key,
    find_api_url,
    find_ca_bundle,
    find_named_key,
    find_proxy,
)
from importer.settings.option import Option

if TYPE_CHECKING:
    from importer.settings.profiles import Profile

_DECLARED = {each.name: each.metadata for each in fields(ApiSettings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAsked:
    """What the command line says of the API; address and key are found when they are needed.

    Attributes:
        url, proxy, ca_bundle: as `ApiSettings` declares them.
        profile: the name of an address, its key's variable and its rate in the lab's settings file.
        sandbox: a sandbox on this machine instead, for this run.
    """

    PANEL: ClassVar[str] = "Server"

    url: str | None = field(default=None, metadata=_DECLARED["url"])
    proxy: str | None = field(default=None, metadata=_DECLARED["proxy"])
    ca_bundle: str | None = field(default=None, metadata=_DECLARED["ca_bundle"])
    profile: str | None = Option(
        "--profile",
        "Use the address, key variable and rate that the settings file names so, e.g. staging.",
        metavar="NAME",
    ).with_default(None)
    sandbox: bool = Option(
        "--sandbox",
        "Import into a test server on this machine, started just for this run.",
        commands=frozenset({"import"}),
    ).with_default(False)

    def find(self, run: str | None = None) -> ApiSettings:
        """Return address and key, asking for the key where a person can answer.

        Args:
            run: a run file that is to be gone on with; if it can't be, nobody is asked for a key.

        Raises:
            SettingsError: an address or key that can't be used, or no key and nobody to ask.
        """
        url, key, variable = self._find_place()
        if key is None and run is not None:
            from importer.tasks.connection import check_run

            check_run(run, url)
        proxy, ca_bundle = find_proxy(self.proxy), find_ca_bundle(self.ca_bundle)
        return ApiSettings(url=url, key=key or _ask_key(url), proxy=proxy, ca_bundle=ca_bundle, key_variable=variable)

    def find_to_look(self) -> tuple[ApiSettings, str]:
        """Return address and key without asking, and what is wrong with the key in words; then the key is a stand-in.

        Raises:
            SettingsError: the address, the proxy, the certificates or the profile can't be used.
        """
        url, fault = find_api_url(self.url), ""
        key: Secret | None = None
        try:
            url, key, _ = self._find_place()
        except MissingKeyError as error:
            url, fault = error.url, str(error)
        except SettingsError as error:
            if self.profile is not None:
                raise
            fault = str(error)
        if key is None:
            fault = fault or f"not set: put it into {KEY_VARIABLES[0]}"
        proxy, ca_bundle = find_proxy(self.proxy), find_ca_bundle(self.ca_bundle)
        return ApiSettings(url=url, key=key or Secret("not-set"), proxy=proxy, ca_bundle=ca_bundle), fault

    def _find_place(self) -> tuple[str, Secret | None, str | None]:
        """Return the address, its key, and the variable that the key is in, if it isn't the usual one."""
        if self.profile is None:
            return find_api_url(self.url), find_api_key(), None
        if self.url is not None:
            raise SettingsError("Give either --profile or --api-url: each names an address.")
        from importer.settings.file import load_settings

        profile = load_settings(Path()).find_profile(self.profile)
        key = find_named_key(profile.key_variable)
        if key is None:
            raise MissingKeyError(profile)
        return profile.url, key, profile.key_variable


class MissingKeyError(SettingsError):
    """A profile's variable isn't set."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(f"There is no API key for profile {profile.name}: set {profile.key_variable} to it.")
        self.url = profile.url


def _ask_key(url: str) -> Secret:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(
            "There is no API key. Set it in the environment variable AS_API_KEY. (`validate` and --dry-run don't "
            "need one; --sandbox tries everything out without the real API.)"
        )
    try:
        return Secret(typer.prompt(f"API key for {url} (not shown)", hide_input=True, err=True))
    except typer.Abort:  # Ctrl-C or Ctrl-D
        raise KeyboardInterrupt from None
