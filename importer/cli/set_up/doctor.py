"""``doctor``: check what an import needs, before it starts."""

from __future__ import annotations

import typer

from importer.cli.credentials import ApiAsked


def diagnose(*, api: ApiAsked) -> None:
    """Check what an import needs: address, key, disk, versions.

    Also checks the proxy, the certificate, the stored list and the clock. The exit code counts the failures.

    Example: layer-importer doctor
    """
    from importer.report.escape import escape_text
    from importer.tasks.set_up.doctor import iter_findings

    failures = 0
    found, fault = api.find_to_look()
    for finding in iter_findings(found, key_fault=fault):
        failures += not finding.is_good
        typer.echo(escape_text(f"{'ok  ' if finding.is_good else 'FAIL'} {finding.name}: {finding.words}"))
    raise typer.Exit(failures)
