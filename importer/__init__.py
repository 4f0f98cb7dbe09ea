"""Reads layer stacks from lab files, validates them, and stores each good layer once through the API."""

from __future__ import annotations

from importer._version import __version__

__all__ = ["__version__"]
