"""``doctor``: look at what an import needs, before it is made."""

from __future__ import annotations

import typer

from importer.cli.access import find_api
from importer.cli.options import ApiUrl


def diagnose(*, api_url: ApiUrl = None) -> None:
    """Look at address, certificate, key, listing, clock, disk and versions; the exit code counts the failures.

    Example: layer-importer doctor
    """
    from importer.doctor import iter_findings
    from importer.escape import escape_text

    failures = 0
    for finding in iter_findings(find_api(api_url)):
        failures += not finding.is_good
        typer.echo(escape_text(f"{'ok  ' if finding.is_good else 'FAIL'} {finding.name}: {finding.words}"))
    raise typer.Exit(failures)
