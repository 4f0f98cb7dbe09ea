"""The command line as a whole: its commands, its version, and how an error ends it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from importer._version import __version__
from importer.cli.afterwards.report import report_run
from importer.cli.afterwards.runs import list_runs
from importer.cli.afterwards.undo import undo_stored
from importer.cli.afterwards.verify import verify_stored
from importer.cli.check.columns import show_columns
from importer.cli.check.explain import explain_codes
from importer.cli.check.validate import validate_files
from importer.cli.send.apply import apply_run
from importer.cli.send.import_ import import_files
from importer.cli.send.plan import plan_files
from importer.cli.send.resume import resume_run
from importer.cli.send.retry import retry_rows
from importer.cli.set_up.doctor import diagnose
from importer.cli.set_up.sandbox import serve_sandbox
from importer.cli.set_up.schema import print_schema
from importer.cli.set_up.template import write_template_file
from importer.cli.signals import INTERRUPTED
from importer.cli.terminal import tell, tell_error
from importer.errors import ImporterError


class ImporterGroup(TyperGroup):
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
    help="Reads layer stacks from lab files, validates them, and stores every good layer once.",
    epilog="Exit codes: 0 every row is in (or valid); 1 some row is not; 2 wrong use or unreadable input; "
    "3 run aborted; 4 some row unconfirmed; 130 interrupted.",
)
app.command("validate")(validate_files)
app.command("columns")(show_columns)
app.command("import")(import_files)
app.command("plan")(plan_files)
app.command("apply")(apply_run)
app.command("resume")(resume_run)
app.command("retry")(retry_rows)
app.command("verify")(verify_stored)
app.command("undo")(undo_stored)
app.command("runs")(list_runs)
app.command("doctor")(diagnose)
app.command("report")(report_run)
app.command("template")(write_template_file)
app.command("schema")(print_schema)
app.command("explain")(explain_codes)
app.command("sandbox")(serve_sandbox)


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
