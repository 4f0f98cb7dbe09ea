"""The page's own files, read once when it starts."""

from __future__ import annotations

from pathlib import Path

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def load_static() -> dict[str, tuple[str, bytes]]:
    """Return name -> kind and bytes of each file of the page."""
    folder = Path(__file__).with_name("static")
    files = sorted(path for path in folder.iterdir() if path.suffix in _KINDS)
    return {path.name: (_KINDS[path.suffix], path.read_bytes()) for path in files}
