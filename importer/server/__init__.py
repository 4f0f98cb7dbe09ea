"""The API's endpoints; the only room that imports requests."""

from __future__ import annotations

from importer.server.client import Client
from importer.server.reply import Reply, Sent, read_retry_after, unwrap_thing

__all__ = ["Client", "Reply", "Sent", "read_retry_after", "unwrap_thing"]
