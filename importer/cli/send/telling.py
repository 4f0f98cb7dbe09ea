"""What is shown of a run, and where: the options of every command that sends, and of `report`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from importer.errors import UsageError
from importer.settings.option import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

_SENDING = frozenset({"import", "apply", "resume", "retry", "work"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is shown of a run, and where.

    Attributes:
        reports: report files to write, also when the run was stopped.
        split: folder for the split files.
        quiet: nothing but errors.
        verbose: every event and every place of every issue.
        json_lines: one event a line on standard output, for machines.
        log_file: where the log goes.
        yes: send without asking.
        keep: the run file of a dry run isn't temporary.
        is_temporary: the run file is gone once the command ends.
        is_sandbox: the server is gone once the command ends: resuming is no use, and nobody needs to be asked.
    """

    PANEL: ClassVar[str] = "Report"

    reports: tuple[Path, ...] = Option(
        "--report",
        "Write a report, e.g. answers.html or answers.csv; the suffix says which kind. Repeatable.",
        metavar="PATH",
        commands=_SENDING,
    ).with_default(())
    split: Path | None = Option(
        "--split",
        "Write valid, invalid and unfinished rows to files of the input's format in this folder.",
        metavar="DIR",
    ).with_default(None)
    quiet: bool = Option("--quiet", "Show only errors.", commands=_SENDING).with_default(False)
    verbose: bool = Option(
        "--verbose", "Show every row as it finishes, all places of every issue, and all stacks.", commands=_SENDING
    ).with_default(False)
    json_lines: bool = Option(
        "--json-lines", "For programs: write events to standard output, one JSON object a line.", commands=_SENDING
    ).with_default(False)
    log_file: Path | None = Option(
        "--log-file", "Append a log of requests and decisions to this file.", metavar="PATH", commands=_SENDING
    ).with_default(None)
    yes: bool = Option(
        "--yes",
        "Don't ask before sending. (Only people at a terminal are asked.)",
        panel="Send",
        commands=frozenset({"import", "apply"}),
    ).with_default(False)
    keep: bool = Option(
        "--keep",
        "Keep the run file of a dry run, beside the input. Default: only if --run names one.",
        commands=frozenset({"import"}),
    ).with_default(False)
    is_sandbox: bool = False
    is_temporary: bool = False

    def check(self, inputs: Sequence[str] = ()) -> None:
        """Refuse what can't be told as asked, before anything is sent.

        Args:
            inputs: what is imported, for a report must not be written over it.

        Raises:
            UsageError: options that contradict each other, a report of an unknown kind, or an unwritable place.
        """
        if self.quiet and (self.verbose or self.json_lines):
            raise UsageError("--quiet can't be combined with --verbose or --json-lines.")
        if self.reports:
            from importer.report.files import check_other_file, check_report_path

            for path in self.reports:
                check_report_path(path)
                for source in inputs:
                    check_other_file(path, Path(source))
        if self.split is not None and not self.split.parent.is_dir():
            raise UsageError(f"There is no folder {self.split.parent} for {self.split.name}. Make it first.")
