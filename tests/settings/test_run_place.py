"""Where a run is: paths stay paths, and an address is told from them before it loses a slash."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.model import ServerPlace
from importer.settings import is_here, list_hosts, read_run_place, word_command


@pytest.mark.parametrize(
    ("given", "address", "name"),
    [
        ("postgresql://ann@db.lab/runs?run=a_1", "postgresql://ann@db.lab/runs", "a_1"),
        ("postgres://db.lab/runs?run=a", "postgres://db.lab/runs", "a"),
        ("postgresql:///runs?host=/var/run/postgresql&run=a", "postgresql:///runs?host=/var/run/postgresql", "a"),
        ("postgresql://[::1]:5433/runs?run=a&sslmode=disable", "postgresql://[::1]:5433/runs?sslmode=disable", "a"),
        ("postgresql://db.lab/runs?sslmode=verify-full&run=a", "postgresql://db.lab/runs?sslmode=verify-full", "a"),
    ],
)
def test_an_address_is_read(given: str, address: str, name: str) -> None:
    """The run's name is taken out; what is printed of the place is an address that reads as the same place."""
    place = read_run_place(given)
    assert place == ServerPlace(address, name)
    assert read_run_place(str(place)) == place


@pytest.mark.parametrize("given", ["a.run.sqlite", "folder/postgresql.run"])
def test_a_path_stays_a_path(given: str) -> None:
    """Whatever doesn't begin as an address is a path, as text or not."""
    assert read_run_place(given) == Path(given) == read_run_place(Path(given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("postgresql://ann:s3cret@db.lab/runs?run=a", "must not hold a password"),
        ("postgresql://db.lab/runs?run=a&password=s3cret", "must not hold a password"),
        ("postgresql://db.lab/runs?run=a&sslpassword=s3cret", "must not hold a password"),
        ("postgresql://db.lab/runs?run=a&options=-csearch_path=b", "'options'"),
        ("postgresql://db.lab/runs?run=a&service=s3cret", "'service'"),
        ("postgresql://db.lab/runs", "must name one run"),
        ("postgresql://db.lab/runs?run=a&run=b", "must name one run"),
        ("postgresql://db.lab/runs?run=", "can't have the name ''"),
        ("postgresql://db.lab/runs?run=Growths", "can't have the name 'Growths'"),
        ('postgresql://db.lab/runs?run=a";drop', "can't have the name"),
        ("postgresql://db.lab/runs?run=a-new", "can't have the name"),
        (f"postgresql://db.lab/runs?run={'a' * 51}", "can't have the name"),
        ("postgresql://db.lab/runs?run=a&sslmode=require", "must be verify-full"),
        ("postgresql://127.0.0.1,db.lab/runs?run=a&sslmode=prefer", "must be verify-full"),
        ("postgresql:///runs?host=db.lab&run=a&sslmode=disable", "must be verify-full"),
        ("postgresql:/db.lab/runs?run=a", "can't be read"),
        ("postgresql://[db.lab/runs?run=a", "can't be read"),
        ("postgresql://db.lab/runs#x?run=a", "can't be read"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(given: str, words: str) -> None:
    """It is told what is wrong with it, and never with the password that may be in it."""
    with pytest.raises(SettingsError, match=words) as told:
        read_run_place(given)
    assert "s3cret" not in str(told.value)


def test_a_path_made_of_an_address_is_refused() -> None:
    """A Path has lost a slash: it would name a file in a folder 'postgresql:'."""
    with pytest.raises(SettingsError, match="as text"):
        read_run_place(Path("postgresql://db.lab/runs?run=a"))


def test_a_place_made_in_a_program_is_looked_at_too() -> None:
    """What a program puts together goes through the same checks."""
    assert read_run_place(ServerPlace("postgresql://db.lab/runs", "a"))
    for address, name in (("postgresql://a:b@db.lab/runs", "a"), ("postgresql://db.lab/runs", 'a"')):
        with pytest.raises(SettingsError):
            read_run_place(ServerPlace(address, name))


def test_a_command_with_an_address_can_be_copied() -> None:
    """The shell gets the question mark and the ampersand as they are."""
    place = read_run_place("postgresql:///runs?host=/run&run=a")
    assert "'postgresql:///runs?host=/run&run=a'" in word_command("resume", place)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True), ("127.0.0.1", True), ("::1", True), ("/var/run/postgresql", True), ("%2Fvar", True),
        ("db.lab", False), ("10.0.0.1", False), ("localhost.lab", False), ("::2", False),
    ],
)  # fmt: skip
def test_what_is_on_this_machine(host: str, here: bool) -> None:  # noqa: FBT001  # an expectation
    """Loopback and sockets need no certificate, everything else does."""
    assert is_here(host) is here


def test_hosts_are_read_without_their_ports() -> None:
    """Several of them, and those of version 6 in both spellings."""
    assert list_hosts("a:1,[::1]:2,::1,b") == ["a", "::1", "::1", "b"]
    assert list_hosts("") == []
