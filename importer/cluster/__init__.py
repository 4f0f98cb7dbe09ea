"""Workers of Dask distributed; what they do is others' business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import SettingsError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from importer.cluster.pool import Pool
    from importer.settings import ClusterClient

__all__ = ["PoolLostError", "TaskDiedError", "open_pool"]


class PoolLostError(Exception):
    """The scheduler can't be reached any more; what its workers were at may still be done."""


class TaskDiedError(Exception):
    """A task ended the workers that it was given to, or broke in a way that isn't its own to tell."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def open_pool(cluster: str | ClusterClient) -> AbstractContextManager[Pool]:
    """Give workers, until the block ends.

    Args:
        cluster: ``local:N``, the address of a scheduler, or a client, which stays open.

    Raises:
        SettingsError: the address can't be used, nobody answers there, or what is needed isn't installed.
    """
    try:
        from importer.cluster.pool import open_given  # noqa: PLC0415  # only who has a cluster pays for it
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] not in {"distributed", "dask", "cryptography"}:
            raise
        raise SettingsError(
            "--cluster needs Dask distributed, which isn't installed. Install it with: pip install "
            "'layer-importer[cluster]'"
        ) from error
    return open_given(cluster)
