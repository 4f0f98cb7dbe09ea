"""New files, packed where their suffix says so."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import IO, TYPE_CHECKING, cast

from importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

_PACKINGS: Mapping[str, Callable[..., object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_UNWRITTEN = frozenset({".zst", ".zip"})


def open_new(path: Path) -> AbstractContextManager[IO[bytes]]:
    """Return a stream to a file that isn't there yet, packed where its suffix says so.

    Raises:
        UsageError: nothing is packed in this way.
    """
    suffix = path.suffix.lower()
    if suffix in _UNWRITTEN:
        raise UsageError(f"A corrected copy can't be packed as {suffix}: name a file without {suffix}, or with .gz.")
    return cast("AbstractContextManager[IO[bytes]]", _PACKINGS.get(suffix, open)(path, "xb"))
