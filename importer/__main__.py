"""The console script: ``layer-importer``, also ``python -m importer``."""

from __future__ import annotations

from importer.cli.app import app


def main() -> None:
    """Run the command line and exit with its code."""
    app(prog_name="layer-importer")


if __name__ == "__main__":
    main()
