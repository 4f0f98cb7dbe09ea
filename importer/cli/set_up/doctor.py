"""``doctor``: look at what an import needs, before it is made."""

from __future__ import annotations

import typer

from importer.cli.credentials import find_api
from importer.cli.options import ApiUrl


def diagnose(*, api_url: ApiUrl = None) -> None:
    """Look at address, certificate, key, listing, clock, disk and versions; the exit code counts the failures.

    Example: layer-importer doctor
    """
    from importer.report.escape import escape_text
    from importer.tasks.doctor import iter_findings

    failures = 0
    for finding in iter_findings(find_api(api_url)):
        failures += not finding.is_good
        typer.echo(escape_text(f"{'ok  ' if finding.is_good else 'FAIL'} {finding.name}: {finding.words}"))
    raise typer.Exit(failures)
