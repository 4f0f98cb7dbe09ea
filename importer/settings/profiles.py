"""Named addresses with their keys: ``--profile staging``, from a lab's settings file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from importer.errors import SettingsError
from importer.settings.environment import KEY_VARIABLES, check_api_url

KEY_VARIABLE = re.compile(r"(?:AS|ATOMSCALE)_API_KEY_[A-Z0-9_]{1,40}")
"""What the key's environment variable may be called: a file that came along with somebody's data could name any other
secret, or the key of the usual address, and have it sent elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An address, where its key is, and how fast it may be asked.

    Attributes:
        name: what the command line calls it.
        url: base address of the API.
        key_variable: environment variable of its key.
        rate: requests a second at the most.
    """

    name: str
    url: str
    key_variable: str
    rate: float | None = None


def check_key_variable(name: str) -> None:
    """Refuse the name of a variable that may hold something else than a key of the API.

    Raises:
        SettingsError: it isn't a usual name, nor one of a profile's key.
    """
    if name not in KEY_VARIABLES and KEY_VARIABLE.fullmatch(name) is None:
        raise SettingsError(f"key_variable must begin with AS_API_KEY_, such as AS_API_KEY_STAGING, not {name!r:.100}.")


def make_profile(name: str, found: object) -> Profile:
    """Return a profile from what a settings file holds of it.

    Raises:
        SettingsError: something is missing or isn't what it should be; the message begins with the name.
    """
    if not isinstance(found, dict) or found.keys() - {"url", "key", "rate"} or not {"url", "key"} <= found.keys():
        raise SettingsError(
            f"profile {name} must hold url and key, and may hold rate: "
            f"{{url: https://..., key: AS_API_KEY_{name.upper()}}}"
        )
    url, variable, rate = found["url"], found["key"], found.get("rate")
    if not isinstance(url, str) or not isinstance(variable, str) or KEY_VARIABLE.fullmatch(variable) is None:
        raise SettingsError(
            f"profile {name}: url must be an address, and key the name of an environment variable that begins with "
            f"AS_API_KEY_, such as AS_API_KEY_{name.upper()}; the key itself doesn't belong in a file"
        )
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float)):
        raise SettingsError(f"profile {name}: rate must be a number of requests a second")
    try:
        return Profile(name=name, url=check_api_url(url), key_variable=variable, rate=rate)
    except SettingsError as error:
        raise SettingsError(f"profile {name}: {error}") from None
