"""The command line as a whole: its commands, its version, and how an error ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from importer._version import __version__
from importer.cli.afterwards.pull import pull_stored
from importer.cli.afterwards.report import report_run
from importer.cli.afterwards.runs import list_runs
from importer.cli.afterwards.undo import undo_stored
from importer.cli.afterwards.verify import verify_stored
from importer.cli.check.columns import show_columns
from importer.cli.check.explain import explain_codes
from importer.cli.check.fix import fix_file
from importer.cli.check.validate import validate_files
from importer.cli.help import PanelCommand, PanelGroup
from importer.cli.send.go_on import apply_run, resume_run, retry_rows
from importer.cli.send.import_ import import_files
from importer.cli.send.plan import plan_files
from importer.cli.send.watch import watch_folder
from importer.cli.send.work import stop_all, work_along
from importer.cli.set_up.doctor import diagnose
from importer.cli.set_up.guide import show_guide
from importer.cli.set_up.sandbox import serve_sandbox
from importer.cli.set_up.schema import print_schema
from importer.cli.set_up.template import write_template_file
from importer.cli.set_up.ui import open_page
from importer.cli.settings_options import take_settings
from importer.cli.signals import INTERRUPTED
from importer.cli.terminal import tell, tell_error
from importer.errors import ImporterError


class ImporterGroup(PanelGroup):
    """Turns what stops a run into one clear line on standard error and the exit code of its class."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401  # as typer declares it
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ImporterError as error:
            tell_error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            tell("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=ImporterGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Read layer stacks from lab files, check them, and store every valid layer exactly once.",
    epilog=(
        "Exit codes: 0 all rows stored (or valid); 1 some rows not; 2 wrong usage or unreadable input; 3 run "
        "aborted; 4 some rows unconfirmed; 130 interrupted."
    ),
)
COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "Check": {
        "ui": open_page,
        "validate": validate_files,
        "fix": fix_file,
        "columns": show_columns,
        "explain": explain_codes,
    },
    "Send": {
        "import": import_files,
        "plan": plan_files,
        "apply": apply_run,
        "resume": resume_run,
        "retry": retry_rows,
        "watch": watch_folder,
        "work": work_along,
        "stop": stop_all,
    },
    "Afterwards": {
        "pull": pull_stored,
        "verify": verify_stored,
        "undo": undo_stored,
        "runs": list_runs,
        "report": report_run,
    },
    "Set up": {
        "guide": show_guide,
        "doctor": diagnose,
        "template": write_template_file,
        "schema": print_schema,
        "sandbox": serve_sandbox,
    },
}
"""Panel of the help -> its commands."""
for _panel, _commands in COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, cls=PanelCommand, rich_help_panel=_panel)(take_settings(_command, _name))


def _show_version(value: bool) -> None:  # noqa: FBT001  # typer calls it with the flag's value
    if value:
        typer.echo(f"layer-importer {__version__}")
        raise typer.Exit


@app.callback()
def _take_common_options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
