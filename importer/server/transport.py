"""The way out: the adapter of requests, with a total deadline and no retries."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING

import truststore
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from typing import Any

    from urllib3 import ProxyManager

    from importer.server.deadline import Deadlines

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

        class Plain(HTTPConnection):
            response_class = FinalAnswer

            def connect(self) -> None:
                deadlines.board(self)
                super().connect()

            def send(self, data: Any) -> None:  # noqa: ANN401  # the base class's signature
                deadlines.board(self)
                super().send(data)

        class Secure(Plain, HTTPSConnection):
            pass

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self._pool_classes = {"http": PlainPool, "https": SecurePool}
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401  # requests' signature
        """Make the pools of connections that go straight to a server."""
        super().init_poolmanager(*arguments, **settings, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> ProxyManager:  # noqa: ANN401  # requests' signature
        """Return the manager of a proxy's pools, whose connections keep the deadline like all others."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **settings, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager
