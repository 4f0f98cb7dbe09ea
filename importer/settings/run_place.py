"""Where a run is, read from what people give: the path of a run file, or the address of a run on a server."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from importer.errors import SettingsError
from importer.machine.files import expand_home
from importer.model import RunPlace, ServerPlace
from importer.settings.environment import is_loopback

EXAMPLE = "postgresql://user@host/database?run=growths"
_SCHEMES = ("postgresql:", "postgres:")
_NAME = re.compile(r"[a-z0-9_]{1,50}")
_NAME_OF_OURS = re.compile(rf"{_NAME.pattern}(?:-new)?")
"""A corrected import makes its run beside the one whose place it takes, under a name that nobody can give."""
_PARAMETERS = frozenset(
    {
        *("host", "port", "user", "dbname", "connect_timeout", "target_session_attrs", "channel_binding"),
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "gssencmode", "krbsrvname"),
    }
)
"""What may stand behind the question mark, besides the run: https://www.postgresql.org/docs/current/libpq-connect.html"""
_SECRETS = frozenset({"password", "sslpassword", "passfile"})


def is_address(place: object) -> bool:
    """Tell whether a text means a server, not a path."""
    return isinstance(place, str) and place.startswith(_SCHEMES)


def read_run_place(given: str | RunPlace) -> RunPlace:
    """Return where a run is.

    Args:
        given: a path, or the address of a database with the run's name, as ``postgresql://user@host/db?run=growths``.

    Raises:
        SettingsError: the address can't be used; it is told without a password that may be in it.
    """
    if isinstance(given, ServerPlace):
        check_address(given.address)
        if not _NAME_OF_OURS.fullmatch(given.name):
            raise _refuse_name(given.name)
        return given
    if isinstance(given, Path):
        if str(given).startswith(_SCHEMES):  # a path has lost one of its slashes
            raise SettingsError(f"Give the address of a run as text, not as a Path, for example {EXAMPLE!r}.")
        return expand_home(given)
    if not isinstance(given, str):
        raise SettingsError(
            f"A run is given by the path of its run file, or by its address, not by a value of type "
            f"{type(given).__name__}. A report's is report.run_path."
        )
    if not is_address(given):
        return Path(expand_home(given))
    address, names = _part_run(given)
    check_address(address)
    if len(names) != 1:
        raise SettingsError(f"The address {address} must name one run. Add ?run=NAME, as in {EXAMPLE}.")
    if not _NAME.fullmatch(names[0]):
        raise _refuse_name(names[0])
    return ServerPlace(address, names[0])


def make_absolute(place: RunPlace) -> RunPlace:
    """Return a place as it is from any folder."""
    return place.absolute() if isinstance(place, Path) else place


def _part_run(given: str) -> tuple[str, list[str]]:
    """Return an address without its run, and the names of runs in it."""
    bare, _, query = given.partition("?")
    parameters = parse_qsl(query, keep_blank_values=True)
    rest = [(name, value) for name, value in parameters if name != "run"]
    names = [value for name, value in parameters if name == "run"]
    return (f"{bare}?{urlencode(rest, safe='/:,')}" if rest else bare), names


def check_address(address: str) -> str:
    """Return the address of a database, if it may be shown and used.

    Raises:
        SettingsError: it holds a password, or what it says can't be understood.
    """
    try:
        parts = urlsplit(address)
        host, parameters = parts.netloc.rpartition("@")[2], parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise SettingsError(f"The address of the run can't be read. It must look like {EXAMPLE}.") from None
    names = {name for name, _ in parameters}
    if parts.password is not None or names & _SECRETS:
        raise SettingsError(
            "The address of the run must not hold a password, for it is shown. Put the password into the file that "
            "PGPASSFILE names (usually ~/.pgpass), or into PGPASSWORD."
        )
    if parts.scheme not in {"postgresql", "postgres"} or not address.startswith(f"{parts.scheme}://") or parts.fragment:
        raise SettingsError(f"The address of the run can't be read. It must look like {EXAMPLE}.")
    if unknown := names - _PARAMETERS:
        raise SettingsError(
            f"The address of the run has a part that it can't have: {min(unknown)!r}. Allowed are run, "
            f"{', '.join(sorted(_PARAMETERS))}."
        )
    hosts = [*list_hosts(host), *(each for name, value in parameters if name == "host" for each in list_hosts(value))]
    if not all(map(is_here, hosts)) and any(name == "sslmode" and value != "verify-full" for name, value in parameters):
        raise SettingsError(
            "The address of the run is on another machine, so its sslmode must be verify-full. Leave sslmode out: "
            "that is what it is by itself."
        )
    return address


def list_hosts(text: str) -> list[str]:
    """Return the hosts of the part of an address that names them, with or without their ports."""
    return [_strip_port(each) for each in text.split(",") if each]


def _strip_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.count(":") > 1 else text.partition(":")[0]


def is_here(host: str) -> bool:
    """Tell whether a host of a database's address is this machine: loopback, or the folder of a socket."""
    return host.startswith(("/", "@", "%2F", "%2f")) or is_loopback(host)


def _refuse_name(name: str) -> SettingsError:
    return SettingsError(f"A run can't have the name {name!r}. Use 1 to 50 of the letters a-z, digits and _.")
