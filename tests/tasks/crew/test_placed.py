"""What a worker is told of a run, and where it finds the key: never in what it is told."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace

import pytest

from importer.errors import SettingsError
from importer.model import ServerPlace
from importer.settings import ApiSettings, SendSettings, read_run_place
from importer.tasks.crew.placed import CrewJob, Placing, find_api, send_along

KEY = "key-of-this-command-31415"
URL = "https://api.atomscale.ai"
STAGING = "https://staging.lab"


def make_job(cluster: str, *, url: str = URL, variable: str | None = None) -> CrewJob:
    """Return what the workers of a cluster are told."""
    place = read_run_place("postgresql://ann@localhost/runs?run=growths")
    assert isinstance(place, ServerPlace)
    api = ApiSettings(url=url, key=KEY, proxy="http://ann:secret-word@proxy.lab:3128", key_variable=variable)
    return Placing(cluster=cluster, api=api).make_job(place, SendSettings(workers=3))


@pytest.mark.parametrize("cluster", ["local:2", "tls://scheduler.lab:8786"])
def test_the_key_is_not_in_a_task(cluster: str) -> None:
    """Neither what travels nor what is logged of it holds the key; a proxy's password stays on this machine."""
    job = make_job(cluster)
    assert KEY.encode() not in pickle.dumps(job)
    assert "secret-word" not in repr(job)
    assert (b"secret-word" in pickle.dumps(job)) == (cluster == "local:2")


@pytest.mark.parametrize(
    ("job", "environment", "words"),
    [
        (make_job("tls://scheduler.lab:8786"), {}, "Set AS_API_KEY there"),
        (make_job("local:2", url=STAGING), {}, "Set AS_API_KEY there"),
        (make_job("tls://scheduler.lab:8786", url=STAGING), {"AS_API_KEY": "k"}, f"Its key is for {URL}"),
        (make_job("tls://scheduler.lab:8786", variable="AS_API_KEY_B"), {"AS_API_KEY": "k"}, "Set AS_API_KEY_B there"),
        (replace(make_job("local:2"), version="0.0.9"), {"AS_API_KEY": "k"}, "but 0.0.9 is needed"),
    ],
    ids=["no-key", "no-key-here", "another-address", "another-variable", "another-version"],
)
def test_a_worker_that_lacks_something_says_what(
    monkeypatch: pytest.MonkeyPatch, job: CrewJob, environment: dict[str, str], words: str
) -> None:
    """It is an answer, which names the machine; nothing was asked of anybody."""
    for name in ("AS_API_KEY", "ATOMSCALE_API_KEY", "AS_API_ENDPOINT", "AS_API_KEY_B"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    end = send_along(job, threading.Event())
    assert end.host
    assert words in end.error


@pytest.mark.parametrize(
    ("job", "environment"),
    [
        (make_job("local:2", url=STAGING), {"AS_API_KEY": "k"}),
        (make_job("tls://scheduler.lab:8786", url=STAGING), {"AS_API_KEY": "k", "AS_API_ENDPOINT": STAGING}),
        (make_job("tls://scheduler.lab:8786", url=STAGING, variable="AS_API_KEY_B"), {"AS_API_KEY_B": "k"}),
    ],
    ids=["own-process", "own-address", "own-variable"],
)
def test_a_worker_takes_the_key_from_its_environment(
    monkeypatch: pytest.MonkeyPatch, job: CrewJob, environment: dict[str, str]
) -> None:
    """The key is given to the run's address only where the environment names that, or the variable was asked for."""
    monkeypatch.delenv("AS_API_ENDPOINT", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = find_api(job)
    assert (found.url, found.key.reveal()) == (STAGING, "k")


def test_a_variable_that_may_hold_something_else_is_refused() -> None:
    """A key is looked for only in variables that are made for keys of this API."""
    with pytest.raises(SettingsError, match="must begin with AS_API_KEY_"):
        ApiSettings(key=KEY, key_variable="AWS_SECRET_ACCESS_KEY")
