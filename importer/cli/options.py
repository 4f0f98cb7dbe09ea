"""Arguments and options that several commands take, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from importer.settings import InDoubt, OnExisting, SendSettings, WriteMode

DEFAULTS = SendSettings()

Files = Annotated[
    list[str], typer.Argument(metavar="FILE", help="Files, folders, glob patterns, or - for standard input.")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The run file of an import.")]
MappingPath = Annotated[
    Path | None, typer.Option("--mapping", metavar="M.yaml", help="Which column is which field, as a YAML file.")
]
InputFormat = Annotated[
    str | None, typer.Option(metavar="NAME", help="Format of the inputs where their names don't tell: csv, yaml, ...")
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="Sheet to read, for workbooks.")]
Repairs = Annotated[
    list[str] | None,
    typer.Option(
        "--repair",
        metavar="CODE",
        help="Take the suggestions of this code of damage, e.g. zeros-lost. May be repeated.",
    ),
]
Reports = Annotated[
    list[Path] | None,
    typer.Option("--report", metavar="PATH", help="Write a report; its suffix says which kind. May be repeated."),
]
Workers = Annotated[int, typer.Option(metavar="N", help="Requests in flight at once.")]
ApiUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Address of the API. Default: AS_API_ENDPOINT, else https://api.atomscale.ai."),
]
Settle = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", help="Longest time that the server may still work on a request that we gave up on."
    ),
]
DoubtRule = Annotated[
    InDoubt,
    typer.Option("--in-doubt", help="What becomes of rows in doubt that the server turns out not to have."),
]
StrictRule = Annotated[bool | None, typer.Option("--strict/--no-strict", help="Count warnings as errors.")]
IgnoredCodes = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="CODE", help="Leave out a warning or note, by its code. May be repeated."),
]
OnlyCodes = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CODE", help="Tell only these warnings and notes; errors always. May be repeated."),
]
DeriveRule = Annotated[
    bool | None,
    typer.Option(
        "--derive-elements/--no-derive-elements", help="Fill an absent element_dict from a formula with fixed amounts."
    ),
]
Split = Annotated[
    Path | None,
    typer.Option("--split", metavar="DIR", help="Write valid, invalid and open rows as files of the input's format."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Every row as it ends, every place of every issue.")]
JsonLines = Annotated[
    bool, typer.Option("--json-lines", help="One event a line on standard output, as JSON, for machines.")
]
LogFile = Annotated[
    Path | None,
    typer.Option("--log-file", metavar="PATH", help="Append a log of requests and decisions."),
]
OnExistingRule = Annotated[
    OnExisting,
    typer.Option("--on-existing", help="What becomes of a row whose position the server fills with something else."),
]
Mode = Annotated[
    WriteMode,
    typer.Option(
        "--mode", help="One call a layer, or one call that replaces a whole stack (idempotent, for migrations)."
    ),
]
AllowRemove = Annotated[
    bool, typer.Option("--allow-remove", help="With --mode replace: layers that the file doesn't name may go.")
]
PerSecond = Annotated[float | None, typer.Option("--rate", metavar="N", help="Requests a second at the most.")]
Canary = Annotated[
    int | None,
    typer.Option(metavar="N", help="Stacks sent first, read back and compared. Default: 1 if there are more than 20."),
]
MaxFailed = Annotated[
    str | None, typer.Option(metavar="N|P%", help="Stop when more rows than this have failed, as a count or a part.")
]
NewRun = Annotated[
    Path | None, typer.Option("--run", metavar="PATH", help="Run file to make. Default: beside the input.")
]
