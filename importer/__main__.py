"""The console script: ``layer-importer``, also ``python -m importer``."""

from __future__ import annotations

from importer.cli.app import app
from importer.cli.terminal import open_standard_streams


def main() -> None:
    """Run the command line and exit with its code."""
    open_standard_streams()
    app(prog_name="layer-importer")


if __name__ == "__main__":
    main()
