"""The sandbox as a process of its own: ``python -m importer.sandbox --port 0``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from importer.sandbox.app import Rules, SamePosition
from importer.sandbox.keys import make_key, read_keys
from importer.sandbox.server import serve, watch_input


def main() -> int:
    """Serve until told to end; print one line when ready."""
    parser = argparse.ArgumentParser(prog="python -m importer.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--keys", type=Path, help="file of the keys that are taken, one a line; - is standard input")
    parser.add_argument("--end-with-input", action="store_true", help="end when standard input does")
    parser.add_argument("--same-position", type=SamePosition, default=SamePosition.DUPLICATE)
    parser.add_argument("--strict-parents", action="store_true")
    options = parser.parse_args()
    try:
        keys = [make_key()] if options.keys is None else read_keys(options.keys, goes_on=options.end_with_input)
        serve(
            (options.host, options.port),
            keys=keys,
            on_ready=lambda url: _tell_ready(url, None if options.keys else keys[0]),
            store=options.store,
            faults=options.faults,
            ended=watch_input() if options.end_with_input else None,
            rules=Rules(same_position=options.same_position, strict_parents=options.strict_parents),
        )
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201  # the process's own message
        return 2
    return 0


def _tell_ready(url: str, key: str | None) -> None:
    print(f"sandbox listening on {url}", flush=True)  # noqa: T201  # the line to wait for
    if key is not None:
        print(f"its API key: {key}", flush=True)  # noqa: T201  # made for this process alone


if __name__ == "__main__":
    sys.exit(main())
