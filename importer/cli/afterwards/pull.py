"""``pull``: what is on the server, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.terminal import tell
from importer.cli.watching import watch_lines
from importer.settings import SendSettings, word_command


def pull_stored(
    *,
    to: Annotated[Path, typer.Option("--to", metavar="PATH", help="File to write: .yaml, .xlsx or .csv.")],
    sample: Annotated[
        list[str] | None,
        typer.Option(
            "--sample", metavar="ID|NAME", help="Only this sample. Repeatable. Default: all.", show_default=False
        ),
    ] = None,
    send: SendSettings,
    api: ApiAsked,
) -> None:
    """Write what is on the server to a file.

    Nothing on the server changes. Importing the file again changes nothing either; edit it, and `plan` shows just
    the edits.

    Example: layer-importer pull --sample 42 --to sample-42.yaml
    """
    from importer.report.screen.summary import count_words
    from importer.tasks.pull.pull import pull

    found = api.find()
    result = watch_lines(lambda context: pull(to, api=found, samples=sample or (), send=send, context=context))
    for words in result.left_out:
        tell(words)
    if result.invalid:
        tell(f"{result.invalid:,} of its layers aren't valid here: see {word_command('validate', to)}")
    size = f"{count_words(result.layers, 'layer')} of {count_words(result.stacks, 'sample')}"
    typer.echo(f"Written: {result.path} ({size}).")
    raise typer.Exit(result.exit_code)
