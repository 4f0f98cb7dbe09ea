"""Who is let in: one page, by its token, on this machine; everybody else is refused, with all headers."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from importer.web import guard
from importer.web.app import create_app
from tests.web.conftest import PORT, TOKEN

if TYPE_CHECKING:
    from tests.web.conftest import Client

HOSTS = {
    f"127.0.0.1:{PORT}": True,
    f"localhost:{PORT}": True,
    f"LOCALHOST:{PORT}": True,
    f"[::1]:{PORT}": True,
    "127.0.0.1": False,
    f"127.0.0.1:{PORT + 1}": False,
    f"attacker.example:{PORT}": False,
    f"127.0.0.1.attacker.example:{PORT}": False,
    f"127.0.0.1:{PORT}.attacker.example": False,
    "": False,
    None: False,
}
ORIGINS = {
    None: True,
    f"http://127.0.0.1:{PORT}": True,
    f"http://localhost:{PORT}": True,
    "null": False,
    f"https://127.0.0.1:{PORT}": False,
    f"http://127.0.0.1:{PORT + 1}": False,
    "http://attacker.example": False,
}
TOKENS = {
    f"Bearer {TOKEN}": True,
    f"bearer {TOKEN}": False,
    f"Bearer {TOKEN[:-1]}": False,
    f"Bearer {TOKEN}x": False,
    f"Basic {TOKEN}": False,
    "": False,
    None: False,
}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
HEADERS = {
    "content-security-policy": guard.POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def list_routes(client: Client) -> list[tuple[str, str]]:
    """Return method and path of every route, with something in the place of its ids."""
    found = []
    for router in create_app(client.session).routes:
        routes = getattr(router, "original_router", router)
        for route in getattr(routes, "routes", [routes]):
            assert isinstance(route, Route) or hasattr(route, "methods")
            path = re.sub(r"\{[^}]*\}", "x", str(route.path))
            found += [(method, path) for method in route.methods or ()]
    return found


def test_every_route_is_known_here(client: Client) -> None:
    """The list of routes isn't empty, and holds what matters most."""
    routes = list_routes(client)
    assert {("GET", "/"), ("POST", "/api/key"), ("POST", "/api/runs/x/undo"), ("PUT", "/api/files/x")} <= set(routes)
    assert len(routes) > 25


def test_no_route_of_the_api_answers_without_the_token(client: Client) -> None:
    """Whatever is added later: without the token there is nothing but a refusal, with every protecting header."""
    wrong = [token for token, is_good in TOKENS.items() if not is_good]
    for (method, path), token in product(list_routes(client), wrong):
        if path.startswith("/api"):
            answer = client.ask(method, path, headers={"authorization": token})
            assert answer.status == 401, (method, path, token)
            assert HEADERS.items() <= answer.headers.items()


@pytest.mark.parametrize("method", METHODS)
def test_hosts_origins_and_tokens_all_have_to_be_right(client: Client, method: str) -> None:
    """One wrong header is enough to be refused; a refusal says so in the order of host, origin, token."""
    for (host, is_host), (origin, is_origin), (token, is_token) in product(
        HOSTS.items(), ORIGINS.items(), TOKENS.items()
    ):
        headers = {"host": host, "origin": origin, "authorization": token}
        answer = client.ask(method, "/api/session", headers=headers)
        expected = 421 if not is_host else 403 if not is_origin else 401 if not is_token else None
        if expected is None:
            assert answer.status in ({200} if method == "GET" else {405})
        else:
            assert answer.status == expected, headers
        assert HEADERS.items() <= answer.headers.items()
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)]
)
def test_what_the_browser_says_of_the_asking_page_counts(client: Client, site: str, status: int) -> None:
    """Another site's page is refused even where it sends no origin."""
    assert client.ask("GET", "/api/session", headers={"sec-fetch-site": site, "origin": None}).status == status


def test_the_shell_holds_no_secret_and_needs_no_token(client: Client) -> None:
    """The page itself can be loaded by anyone on this machine, and knows nothing."""
    page = client.ask("GET", "/").body.decode()
    script, style = (re.search(rf'"(/static/[0-9a-f]{{16}}/app\.{kind})"', page) for kind in ("js", "css"))
    assert script is not None
    assert style is not None
    for path in ("/", script[1], style[1]):
        answer = client.ask("GET", path, headers={"authorization": None, "origin": None})
        assert answer.headers["cache-control"] == (
            "no-cache" if path == "/" else "private, max-age=31536000, immutable"
        )
        assert answer.status == 200
        assert HEADERS.items() <= answer.headers.items()
        assert TOKEN.encode() not in answer.body
    folder = script[1].removesuffix("app.js")
    assert set(re.findall(rb'"(/static/[^"]*/)[a-z]+\.js"', client.ask("GET", script[1]).body)) == {folder.encode()}
    hidden = [folder + name for name in ("index.html", "..%2fguard.py", "x.js")]
    for path in (*hidden, "/static/app.js", "/static/0000000000000000/app.js", "/docs", "/openapi.json"):
        assert client.ask("GET", path).status == 404
    assert client.ask("POST", "/", {}).status == 405


def test_only_json_is_taken(client: Client) -> None:
    """What a form of another page could send is refused by its kind."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
        assert client.ask("POST", "/api/drafts", {"files": ["x"]}, headers={"content-type": kind}).status == 415


def test_a_large_body_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request's size is bounded as it comes, whatever it says of itself."""
    monkeypatch.setattr(guard, "MAX_BODY", 200_000)
    answer = client.ask("POST", "/api/drafts", {"files": ["x" * 300_000]})
    assert answer.status == 413
    assert HEADERS.items() <= answer.headers.items()


def test_the_page_is_small_and_names_nothing_elsewhere(client: Client) -> None:
    """All files of the page together are at most 100 kB; none has an address, a style attribute or markup by text."""
    from importer.web.shipped.static_files import load_static  # noqa: PLC0415

    files = load_static().files
    assert sum(len(data) for _, data in files.values()) <= 100_000
    for name, (_, data) in files.items():
        text = data.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text, name
        assert "https:" not in text, name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name
        assert not re.search(r"<[^>]+\s(?:style|on\w+)=", text), name
    assert client.session.has_key is False
