"""``ui``: a page in the browser, on this machine only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.terminal import tell
from importer.errors import UsageError


def open_page(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", show_default=False, help="Folder with your files. Default: this one.")
    ] = Path(),
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="PORT", help="Port; 0 picks a free one.")] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Show the page's address and don't open a browser.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Try everything out: a practice server and a sample sheet, no key needed.")
    ] = False,
) -> None:
    """Check, correct and send files in your browser.

    Everything stays on this machine; only what you send goes to the API. Ctrl-C or "Close" ends it.

    Example: layer-importer ui growths/
    """
    import contextlib
    import webbrowser

    from importer.cli.signals import catch_signals
    from importer.tasks.set_up.embedded_sandbox import start_sandbox
    from importer.web.server import serve_page, write_redirect
    from importer.web.session import Session
    from importer.web.workplace import Workplace

    try:
        os.chdir(folder)
    except OSError as error:
        raise UsageError(f"{folder} can't be opened ({error.strerror}). Name the folder with your files.") from None
    workplace = Workplace(Path())
    with contextlib.ExitStack() as held:
        api = held.enter_context(start_sandbox()) if sandbox else None
        stop = held.enter_context(catch_signals())
        session = Session(workplace, sandbox=api)

        def show(address: str) -> None:
            tell(f"Open {address}")
            tell("This address is yours alone: don't pass it on. Press Ctrl-C to end.")
            if not no_browser:
                page = held.enter_context(write_redirect(address))
                if not webbrowser.open(page.absolute().as_uri()):
                    tell("No browser could be opened: copy the address into yours.")

        serve_page(session, port=port, on_ready=show, stop=stop)
