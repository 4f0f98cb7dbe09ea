"""Where the API is and who asks.

None of it is read from a settings file: one that came along with somebody's data could send the key elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from importer.errors import SettingsError
from importer.machine.files import expand_home
from importer.settings.environment import (
    CA_BUNDLE_VARIABLE,
    DEFAULT_API_URL,
    PROXY_VARIABLE,
    URL_VARIABLE,
    check_api_url,
    check_proxy,
)
from importer.settings.option import Option
from importer.settings.profiles import check_key_variable
from importer.settings.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class ApiSettings:
    """Where the API is and who asks; the key is masked in ``repr``.

    Attributes:
        url: base address without a trailing slash.
        key: the API key.
        proxy: proxy address, only if asked for; the environment's proxies are not used, for they would be
            given the key.
        ca_bundle: file of certificates to trust instead of the system's and the built-in ones.
        key_variable: environment variable in which workers elsewhere find the key for this address, such as
            ``AS_API_KEY_STAGING``; None for the usual one.
    """

    PANEL: ClassVar[str] = "Server"

    url: str = field(
        metadata=Option(
            "--api-url",
            f"Address of the API, e.g. http://127.0.0.1:8765. Default: {URL_VARIABLE}, else {DEFAULT_API_URL}.",
            metavar="URL",
            environment=URL_VARIABLE,
        ).metadata
    )
    key: Secret
    proxy: str | None = field(
        default=None,
        repr=False,  # it may hold a password
        metadata=Option(
            "--proxy",
            f"Proxy to go through, e.g. http://proxy.lab:3128. Default: {PROXY_VARIABLE}, else none.",
            metavar="URL",
            environment=PROXY_VARIABLE,
        ).metadata,
    )
    ca_bundle: str | None = field(
        default=None,
        metadata=Option(
            "--ca-bundle",
            "PEM file of the only certificates to trust. "
            f"Default: {CA_BUNDLE_VARIABLE}, else the system's and the usual ones.",
            metavar="PATH",
            environment=CA_BUNDLE_VARIABLE,
        ).metadata,
    )

    key_variable: str | None = None

    def __init__(
        self,
        *,
        url: str = DEFAULT_API_URL,
        key: Secret | str,
        proxy: str | None = None,
        ca_bundle: str | Path | None = None,
        key_variable: str | None = None,
    ) -> None:
        """Keep the address and the key; a key that is given as text is kept as a `Secret`.

        Raises:
            SettingsError: the address isn't one that a key may be sent to (`check_api_url`), the key is none that a
                header can carry, or the proxy, the certificates or the variable can't be used.
        """
        for name, value in (("url", url), ("key", key), ("proxy", proxy), ("ca_bundle", ca_bundle)):
            _require_text(name, value)
        url = check_api_url(url)
        kept = key if isinstance(key, Secret) else Secret(key)
        if proxy is not None:
            check_proxy(proxy, url)
        if ca_bundle is not None:
            ca_bundle = str(expand_home(ca_bundle))
            if not Path(ca_bundle).is_file():
                raise SettingsError(f"There is no file of certificates {ca_bundle}: check --ca-bundle.")
        if key_variable is not None:
            check_key_variable(key_variable)
        for name, value in (("url", url), ("key", kept), ("proxy", proxy), ("ca_bundle", ca_bundle)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "key_variable", key_variable)


def _require_text(name: str, value: object) -> None:
    """Refuse what isn't a text, without showing it: it may be a key."""
    kinds = {"key": (str, Secret), "ca_bundle": (str, Path)}.get(name, (str,))
    if isinstance(value, kinds) or (value is None and name in {"proxy", "ca_bundle"}):
        return
    said = "None" if value is None else f"a value of type {type(value).__name__}"
    step = " Is AS_API_KEY set?" if name == "key" and value is None else ""
    raise SettingsError(f"{name} takes a text, not {said}.{step}")
