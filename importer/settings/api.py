"""Where the API is and who asks.

None of it is read from a settings file: one that came along with somebody's data could send the key elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.settings.environment import DEFAULT_API_URL, URL_VARIABLE
from importer.settings.option import Option, describe_option
from importer.settings.secret import Secret

_PANEL = "Server"


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class ApiSettings:
    """Where the API is and who asks; the key is masked in ``repr``.

    Attributes:
        url: base address without a trailing slash.
        key: the API key.
        proxy: proxy address, only if asked for; the environment's proxies are not used, for they would be
            given the key.
        ca_bundle: file of certificates to trust instead of the built-in ones.
    """

    url: str = field(
        metadata=describe_option(
            Option(
                "--api-url",
                f"Address of the API, e.g. http://127.0.0.1:8765. Default: {URL_VARIABLE}, else {DEFAULT_API_URL}.",
                panel=_PANEL,
                metavar="URL",
                environment=URL_VARIABLE,
            )
        )
    )
    key: Secret
    proxy: str | None = None
    ca_bundle: str | None = None

    def __init__(
        self, *, url: str = DEFAULT_API_URL, key: Secret | str, proxy: str | None = None, ca_bundle: str | None = None
    ) -> None:
        """Keep the address and the key; a key that is given as text is kept as a `Secret`.

        Raises:
            SettingsError: the key is none that a header can carry.
        """
        kept = key if isinstance(key, Secret) else Secret(key)
        for name, value in (("url", url), ("key", kept), ("proxy", proxy), ("ca_bundle", ca_bundle)):
            object.__setattr__(self, name, value)
