"""The API's six endpoints; the only room that imports requests."""

from __future__ import annotations

from importer.server.client import Api
from importer.server.reply import Reply, Sent, read_retry_after

__all__ = ["Api", "Reply", "Sent", "read_retry_after"]
