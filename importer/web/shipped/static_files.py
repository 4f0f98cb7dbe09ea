"""The page's own files, read once when it starts.

Their addresses hold a digest of them all, so that a browser may keep them for ever and never shows old ones beside new
ones. One digest for all: the scripts import each other in circles.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_BASE = b"/static/"
_COMMENTS = re.compile(rb"(?m)^(?://.*|/\*\*[^*]*(?:\*(?!/)[^*]*)*\*/)\n| // .*")
"""Comments; no text of the scripts holds anything like one."""


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """The page's files.

    Attributes:
        digest: what their addresses begin with, below ``/static``.
        files: name -> kind and bytes.
    """

    digest: str
    files: dict[str, tuple[str, bytes]]


def load_static() -> StaticFiles:
    """Return the files of the page, each naming the others by their whole addresses."""
    folder = Path(__file__).parents[1] / "static"
    found = {path.name: _flatten(path) for path in sorted(folder.iterdir()) if path.suffix in _KINDS}
    digest = hashlib.sha256(b"".join(found.values())).hexdigest()[:16]
    own = _BASE + digest.encode() + b"/"
    return StaticFiles(
        digest, {name: (_KINDS[Path(name).suffix], data.replace(_BASE, own)) for name, data in found.items()}
    )


def _flatten(path: Path) -> bytes:
    """Return a file without what only who writes it needs: what lines begin with, blank lines, comments."""
    text = re.sub(rb"(?m)^\s+", b"", path.read_bytes())
    if path.suffix == ".css":
        return re.sub(rb"(?<=[{:;,]) | (?=[{}])", b"", text)
    return _COMMENTS.sub(b"", text) if path.suffix == ".js" else text
