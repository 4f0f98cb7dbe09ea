"""The sandbox as a process of its own: ``python -m importer.sandbox --port 0``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from importer.sandbox.app import SamePosition
from importer.sandbox.server import serve


def main() -> int:
    """Serve until told to end; print one line when ready."""
    parser = argparse.ArgumentParser(prog="python -m importer.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--parent-pid", type=int)
    parser.add_argument("--same-position", type=SamePosition, default=SamePosition.DUPLICATE)
    parser.add_argument("--strict-parents", action="store_true")
    options = parser.parse_args()
    try:
        serve(
            (options.host, options.port),
            on_ready=lambda url: print(f"sandbox listening on {url}", flush=True),  # noqa: T201  # the line to wait for
            store=options.store,
            faults=options.faults,
            parent_pid=options.parent_pid,
            same_position=options.same_position,
            strict_parents=options.strict_parents,
        )
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201  # the process's own message
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
