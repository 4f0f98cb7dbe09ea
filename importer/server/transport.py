"""The way out: the adapter of requests, with a total deadline and no retries."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING, TypeVar

import requests
import truststore
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from typing import Any

    from urllib3 import BaseHTTPResponse, ProxyManager
    from urllib3.connectionpool import ConnectionPool

    from importer.server.deadline import Deadlines

T = TypeVar("T")
MAX_KEPT = 100
"""Addresses of which it is kept how they are reached."""
SWITCHING = 101
"""The one informational answer after which no other comes, for the connection then speaks something else."""


class FinalAnswer(http.client.HTTPResponse):
    """The answer behind any informational ones (100 to 199), of which the standard library reads only 100 past.

    Source: RFC 9110, section 15.2. A server that sends nothing else is ended by the deadline.
    """

    def begin(self) -> None:
        """Read the head of the answer."""
        super().begin()
        while 100 <= self.status < 200 and self.status != SWITCHING:  # noqa: PLR2004  # the informational class
            self.headers = self.msg = None  # type: ignore[assignment]  # else it would take the head for read
            super().begin()


class DeadlineAdapter(HTTPAdapter):
    """The adapter of requests, whose connections say to `Deadlines` which request they carry.

    Args:
        deadlines: told of each connection before it is made, and before each request on it.
        pool_size: connections kept, one a worker.
        trusts_system: also trust the certificates that the system does, as those of a company's own authority.
    """

    def __init__(self, deadlines: Deadlines, *, pool_size: int, trusts_system: bool = False) -> None:
        self._context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if trusts_system else None
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0, pool_block=False)
        self._pools: dict[tuple[object, ...], ConnectionPool] = {}
        self._targets: dict[tuple[object, ...], str] = {}
        self._pool_classes = _make_pools(deadlines)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401  # requests' signature
        """Make the pools of connections that go straight to a server."""
        super().init_poolmanager(*arguments, **settings, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> ProxyManager:  # noqa: ANN401  # requests' signature
        """Return the manager of a proxy's pools, whose connections keep the deadline like all others."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **settings, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,  # noqa: ANN401  # requests' signature, as below
        proxies: Any = None,  # noqa: ANN401
        cert: Any = None,  # noqa: ANN401
    ) -> ConnectionPool:
        """Return the pool of connections for a request, which is worked out once for each address."""
        key = (request.url, verify, cert, *(proxies or {}).items())
        pool = self._pools.get(key)
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            _keep(self._pools, key, pool)
        return pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:  # noqa: ANN401
        """Return the target that a request line names, which is worked out once for each address."""
        key = (request.url, *(proxies or {}).items())
        target = self._targets.get(key)
        if target is None:
            target = super().request_url(request, proxies)
            _keep(self._targets, key, target)
        return target

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """Return an answer as requests has it, without its cookies, which are never sent back."""
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason or ""
        response.headers = resp.headers  # type: ignore[assignment]  # names in any case, too
        response.raw, response.request, response.url = resp, req, req.url or ""
        return response


def _make_pools(deadlines: Deadlines) -> dict[str, type[HTTPConnectionPool]]:
    """Return scheme -> a pool whose connections say to `Deadlines` which request they carry."""

    class Plain(HTTPConnection):
        response_class = FinalAnswer
        held: list[bytes] | None = None

        def connect(self) -> None:
            deadlines.board(self)
            super().connect()

        def request(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401  # the base class's signature
            """Send head and body at once: two sends cost twice, here and at the server."""
            held = self.held = []
            try:
                super().request(*arguments, **settings)
            finally:
                self.held = None
            self.send(b"".join(held))

        def send(self, data: Any) -> None:  # noqa: ANN401  # the same
            if self.held is not None:
                self.held.append(data)
                return
            deadlines.board(self)
            super().send(data)

    class Secure(Plain, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _keep(known: dict[tuple[object, ...], T], key: tuple[object, ...], value: T) -> None:
    """Keep what was worked out for an address; those of stacks, which come once each, are forgotten now and then."""
    if len(known) >= MAX_KEPT:
        known.clear()
    known[key] = value
