"""What the environment says, and whether an address may be given the key; the only reader of ``os.environ``."""

from __future__ import annotations

import ipaddress
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from importer.errors import SettingsError
from importer.machine.shells import Shell, quote_command
from importer.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import RunPlace

DEFAULT_API_URL = "https://api.atomscale.ai"
KEY_VARIABLES = ("AS_API_KEY", "ATOMSCALE_API_KEY")
"""The vendor SDK's name first, then the name on the vendor's API pages."""
URL_VARIABLE = "AS_API_ENDPOINT"
PROXY_VARIABLE = "AS_API_PROXY"
CA_BUNDLE_VARIABLE = "AS_API_CA_BUNDLE"
_FOREIGN_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""Names by which other programs know a proxy."""


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_api_url(url: str) -> str:
    """Return the base address without a trailing slash.

    Raises:
        SettingsError: not an http(s) address, plain http to another machine, or one that carries a user name,
            a query or a fragment.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"The address {url!r} isn't valid ({error}).") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SettingsError(
            f"The address {url!r} isn't the address of an API. It must start with https:// and name a host."
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError("The address must not contain a user name or password. Put the key in AS_API_KEY.")
    if parts.query or parts.fragment:
        raise SettingsError(f"The address {url!r} must not have a '?' or '#' part. Leave that out.")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingsError(
            f"{url!r} would send the key unencrypted to another machine. Use https:// (plain http is only for this "
            "machine)."
        )
    return url.strip().rstrip("/")


def find_api_url(flag: str | None, environ: Mapping[str, str] | None = None) -> str:
    """Return the checked base address: flag, then ``AS_API_ENDPOINT``, then the vendor's.

    Raises:
        SettingsError: see `check_api_url`.
    """
    environ = os.environ if environ is None else environ
    return check_api_url(flag or environ.get(URL_VARIABLE) or DEFAULT_API_URL)


def check_proxy(proxy: str, url: str) -> None:
    """Refuse a proxy that can't be used, or that would see the key.

    Raises:
        SettingsError: see the message, which doesn't show the proxy: it may hold a password.
    """
    try:
        parts = urlsplit(proxy)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError("The proxy's address can't be read: it must look like http://proxy.lab:3128.") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SettingsError("The proxy's address must begin with http:// and name a host, as http://proxy.lab:3128.")
    if url.startswith("http:") and not is_loopback(host):
        raise SettingsError("An address on this machine isn't reached through a proxy: leave out --proxy.")


def find_proxy(flag: str | None, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the proxy to go through: flag, then ``AS_API_PROXY``; those of other programs aren't used."""
    environ = os.environ if environ is None else environ
    return flag or environ.get(PROXY_VARIABLE) or None


def find_ca_bundle(flag: str | None, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the file of certificates to trust: flag, then ``AS_API_CA_BUNDLE``."""
    environ = os.environ if environ is None else environ
    return flag or environ.get(CA_BUNDLE_VARIABLE) or None


def name_foreign_proxy(environ: Mapping[str, str] | None = None) -> str | None:
    """Return the variable that tells other programs of a proxy, None where there is none."""
    environ = os.environ if environ is None else environ
    return next((name for name in _FOREIGN_PROXIES if environ.get(name)), None)


def find_api_key(environ: Mapping[str, str] | None = None) -> Secret | None:
    """Return the key from ``AS_API_KEY`` or ``ATOMSCALE_API_KEY``, or None where neither is set.

    Raises:
        SettingsError: a variable is set to something that no header can carry.
    """
    environ = os.environ if environ is None else environ
    for name in KEY_VARIABLES:
        if environ.get(name):
            return Secret(environ[name])
    return None


def find_named_key(variable: str, environ: Mapping[str, str] | None = None) -> Secret | None:
    """Return the key from a profile's own variable, or None where it isn't set.

    Raises:
        SettingsError: it is set to something that no header can carry.
    """
    environ = os.environ if environ is None else environ
    return Secret(environ[variable]) if environ.get(variable) else None


def is_ci(environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether this runs in a CI job, where bars stay silent."""
    environ = os.environ if environ is None else environ
    return environ.get("CI", "").lower() not in {"", "0", "false", "no"}


def find_private_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return this user's folder for what lives no longer than a session: the runtime directory's, else a temporary one.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    environ = os.environ if environ is None else environ
    runtime = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute():
        return runtime / "layer-importer"
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""  # Windows keeps a temporary folder for each user
    return Path(tempfile.gettempdir()) / f"layer-importer{user}"


def find_shell(environ: Mapping[str, str] | None = None, *, is_windows: bool = os.name == "nt") -> Shell:
    """Return the shell that the command was probably typed in."""
    environ = os.environ if environ is None else environ
    if not is_windows or environ.get("SHELL"):  # Git's and other Unix shells on Windows set it
        return Shell.SH
    return Shell.CMD if environ.get("PROMPT") else Shell.POWERSHELL


def word_command(*words: str | RunPlace) -> str:
    """Return a command of this tool as a person can copy it into their shell."""
    return quote_command(["layer-importer", *map(str, words)], find_shell())


def make_child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child process: ours without the key, which no child needs."""
    environ = os.environ if environ is None else environ
    return {name: value for name, value in environ.items() if not name.startswith(KEY_VARIABLES)}
