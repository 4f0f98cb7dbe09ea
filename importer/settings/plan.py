"""What the plan does about what the server already holds.

None of it is read from a settings file: what may change layers on the server is said for each import.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol

from importer.model import ServerPlace
from importer.settings.option import Option, take_values

_ASKED = frozenset({"import", "plan"})
"""Commands at which somebody sits: `watch` names its run files itself, and takes nothing away from a stack."""


class ClusterClient(Protocol):
    """A client of Dask distributed that the caller has made, and closes."""

    @property
    def scheduler(self) -> object:
        """What it is connected to."""


class OnExisting(StrEnum):
    """What becomes of a row whose position the server already fills with something else."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


class WriteMode(StrEnum):
    """How layers are written: one call each, or one call for a whole stack."""

    LAYERS = "layers"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What the plan does about what the server already holds.

    Attributes:
        run: the run file to make, which is the plan, or the address of a run on a PostgreSQL server,
            ``postgresql://user@host/database?run=NAME``; a file beside the first input if left out.
        cluster: workers that read and send a run on a server: ``local:N`` for processes of this machine, the address
            of a scheduler of Dask distributed, or a client of one, which stays open; only this process if left out.
        on_existing: what to do with a row whose position already has other content.
        write_mode: one call a layer, or one a stack.
        allow_remove: whether replacing a stack may take layers away from it.
        offline: read not even the listing; it is read when the plan is applied.
    """

    PANEL: ClassVar[str] = "Plan"

    run: str | Path | ServerPlace | None = Option(
        "--run",
        "Run file to write, e.g. growths.run.sqlite, or a run on a server, postgresql://user@host/db?run=NAME. If "
        "it exists, send only new, changed or failed rows. Default: next to the input; here for a pattern.",
        metavar="PATH",
        commands=_ASKED,
    ).with_default(None)
    cluster: str | ClusterClient | None = Option(
        "--cluster",
        "Read on many workers, and send from them as well, for a run on a server: local:4 starts 4 processes here, "
        "tls://scheduler.lab:8786 is a scheduler of Dask. `plan` only reads.",
        metavar="ADDRESS",
        commands=_ASKED,
    ).with_default(None)
    on_existing: OnExisting = Option(
        "--on-existing", "What to do if the server already has other content for a layer."
    ).with_default(OnExisting.FAIL)
    write_mode: WriteMode = Option(
        "--mode",
        "Send layer by layer, or replace each stack as a whole (safe to repeat; for migrations).",
        commands=_ASKED,
    ).with_default(WriteMode.LAYERS)
    allow_remove: bool = Option(
        "--allow-remove", "With --mode replace: allow deleting layers that aren't in the file.", commands=_ASKED
    ).with_default(False)
    offline: bool = Option(
        "--offline", "Don't check what is already on the server; `apply` will.", commands=frozenset({"plan"})
    ).with_default(False)

    def __post_init__(self) -> None:
        """Take what programs give."""
        take_values(self)
