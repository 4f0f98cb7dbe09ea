"""Settings of a run: flag > environment > default. The only reader of ``os.environ``."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from importer.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_API_URL = "https://api.atomscale.ai"
KEY_VARIABLES = ("AS_API_KEY", "ATOMSCALE_API_KEY")
"""The vendor SDK's name first, then the name on the vendor's API pages."""
URL_VARIABLE = "AS_API_ENDPOINT"
MAX_LAYERS = 1_000
"""Layers of a stack above which a slip is suspected, unless a lab says otherwise."""


class Secret:
    """An API key that doesn't show itself: masked in ``repr`` and ``str``, never pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        stripped = text.strip()
        if not stripped:
            raise SettingsError("The API key is empty: set AS_API_KEY to the key itself.")
        if not all("!" <= char <= "~" for char in stripped):
            raise SettingsError(
                "The API key holds a blank, a control character or a non-ASCII character, which no header can "
                "carry: copy it again, without anything around it."
            )
        self._text = stripped

    def reveal(self) -> str:
        """Return the key itself, for the one header that carries it."""
        return self._text

    def __repr__(self) -> str:
        """Return a mask."""
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        """Tell whether both hide the same text."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Return the hash of the hidden text."""
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled, which would write the key out."""
        raise TypeError("a Secret can't be pickled")


class InDoubt(StrEnum):
    """What becomes of a row that a settlement has shown to be absent from the server."""

    RESEND = "resend"
    HOLD = "hold"


class OnExisting(StrEnum):
    """What becomes of a row whose position the server already fills with something else."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


class WriteMode(StrEnum):
    """How layers are written: one call each, or one call for a whole stack."""

    LAYERS = "layers"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """How inputs are read.

    Attributes:
        mapping: a mapping file that says which column is which field.
        input_format: the format of the inputs, where their names don't tell.
        sheet: the sheet to read, for workbooks.
        repair: codes of suspected damage to texts (``importer.columns.REPAIRABLE``) whose suggestions are taken.
    """

    mapping: Path | None = None
    input_format: str | None = None
    sheet: str | None = None
    repair: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """How rows are weighed before anything is sent.

    Attributes:
        strict: warnings count as errors.
        ignore: codes of warnings and notes that are left out.
        only: if any, the only warnings and notes that are told; errors always are.
        derive_elements: fill the element table from a formula that fixes all amounts, where none is given.
        max_layers: layers of a stack above which a warning is given.
    """

    strict: bool = False
    ignore: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    derive_elements: bool = False
    max_layers: int = MAX_LAYERS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What the plan does about what the server already holds.

    Attributes:
        on_existing: what becomes of a row whose position is filled with something else.
        write_mode: one call a layer, or one a stack.
        allow_remove: whether replacing a stack may take layers away from it.
        run: the run file to make, which is the plan; beside the first input if left out.
        offline: read not even the listing; it is read when the plan is applied.
    """

    on_existing: OnExisting = OnExisting.FAIL
    write_mode: WriteMode = WriteMode.LAYERS
    allow_remove: bool = False
    run: Path | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """Bounds and waits of the submitter; every time in seconds.

    Attributes:
        workers: requests in flight at once, one stack each.
        connect_timeout: longest wait for a connection.
        read_timeout: longest wait for the next bytes of an answer.
        deadline: longest time for one request as a whole; the read timeout starts anew with every byte.
        list_timeout: longest time for reading the server's whole list, all of its pages.
        attempts: requests begun for one row at the most, over all its rounds.
        first_wait: upper end of the first back-off; it doubles with each attempt, with full jitter.
        max_wait: upper end of any back-off, and the longest Retry-After that is waited for.
        total_wait: longest time spent on retrying one row in one go.
        retry_budget: retries that the whole run may have under way before successes earn it more.
        settle: longest time that the server may still be working on a request that we gave up on.
        settle_rounds: settlements of one row at the most, before it is given up.
        in_doubt: what becomes of rows that a settlement has shown to be absent.
        max_failures: failures one after the other, over all workers, after which the run stops.
        shutdown_wait: longest wait for requests in flight after an interrupt.
        rate: requests a second at the most, None for no bound.
        canary: stacks that are sent first, read back and compared before the rest goes; None for one, if there are
            more than twenty, 0 for none.
        max_failed: rows that may end as failed, refused or conflict before the run stops: a count (``20``) or a
            part of the rows that are to be sent (``5%``); None for no bound.
        dry_run: go the same way up to the request, but send nothing.
    """

    workers: int = 8
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 120.0
    list_timeout: float = 900.0
    attempts: int = 6
    first_wait: float = 0.5
    max_wait: float = 120.0
    total_wait: float = 600.0
    retry_budget: int = 500
    settle: float = 30.0
    settle_rounds: int = 3
    in_doubt: InDoubt = InDoubt.RESEND
    max_failures: int = 20
    shutdown_wait: float = 30.0
    rate: float | None = None
    canary: int | None = None
    max_failed: str | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse settings that would make a run endless or idle."""
        if not 1 <= self.workers <= 256:  # noqa: PLR2004  # the bound is stated in the message
            raise SettingsError(f"--workers takes a number from 1 to 256, not {self.workers}.")
        for name in ("connect_timeout", "read_timeout", "deadline", "list_timeout", "total_wait", "shutdown_wait"):
            if not 0 < getattr(self, name) <= 86_400:  # noqa: PLR2004  # a day, stated in the message
                raise SettingsError(f"{name} takes seconds above 0 and up to 86400, not {getattr(self, name)}.")
        for name in ("settle", "first_wait", "max_wait"):
            if not 0 <= getattr(self, name) <= 86_400:  # noqa: PLR2004  # a day, stated in the message
                raise SettingsError(f"{name} takes seconds from 0 to 86400, not {getattr(self, name)}.")
        for name in ("attempts", "settle_rounds", "max_failures"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} takes a whole number from 1, not {getattr(self, name)}.")
        if self.rate is not None and not 0.01 <= self.rate <= 100_000:  # noqa: PLR2004  # stated in the message
            raise SettingsError(f"--rate takes requests a second from 0.01 to 100000, not {self.rate}.")
        if self.canary is not None and self.canary < 0:
            raise SettingsError(f"--canary takes a whole number from 0, not {self.canary}.")
        self.count_allowed_failures(0)

    def describe(self) -> dict[str, str | int | float]:
        """Return the settings as plain values, for the record; those that aren't set are left out."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in found.items() if value is not None and name != "dry_run"}

    def count_allowed_failures(self, rows: int) -> int | None:
        """Return how many of so many rows may fail before the run stops; None for no bound.

        Raises:
            SettingsError: ``max_failed`` is neither a count nor a percentage.
        """
        if self.max_failed is None:
            return None
        match = re.fullmatch(r"([0-9]{1,9})(?:(\.[0-9]{1,6})?(%))?", self.max_failed.strip())
        if match is None:
            raise SettingsError(f"--max-failed takes a count such as 20 or a part such as 5%, not {self.max_failed!r}.")
        number = float(match[1] + (match[2] or ""))
        return int(rows * number / 100) if match[3] else int(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where the API is and who asks; the key is masked in ``repr``.

    Attributes:
        url: base address without a trailing slash.
        key: the API key.
        proxy: proxy address, only if asked for; the environment's proxies are not used, for they would be
            given the key.
        ca_bundle: file of certificates to trust instead of the built-in ones.
    """

    url: str
    key: Secret
    proxy: str | None = None
    ca_bundle: str | None = None


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
        raise SettingsError(f"The address {url!r} can't be read ({error}).") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SettingsError(f"The address {url!r} is not one of an API: it must begin with https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise SettingsError("The address must not carry a user name or password; the key goes in AS_API_KEY.")
    if parts.query or parts.fragment:
        raise SettingsError(f"The address {url!r} must end with its path: leave out what follows '?' or '#'.")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingsError(
            f"{url!r} would send the key unencrypted to another machine: use https:// "
            "(plain http is for loopback only)."
        )
    return url.strip().rstrip("/")


def find_api_url(flag: str | None, environ: Mapping[str, str] | None = None) -> str:
    """Return the checked base address: flag, then ``AS_API_ENDPOINT``, then the vendor's.

    Raises:
        SettingsError: see `check_api_url`.
    """
    environ = os.environ if environ is None else environ
    return check_api_url(flag or environ.get(URL_VARIABLE) or DEFAULT_API_URL)


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


def make_child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child process: ours without the key, which no child needs."""
    environ = os.environ if environ is None else environ
    return {name: value for name, value in environ.items() if name not in KEY_VARIABLES}


def is_ci(environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether this runs in a CI job, where bars stay silent."""
    environ = os.environ if environ is None else environ
    return environ.get("CI", "").lower() not in {"", "0", "false", "no"}
