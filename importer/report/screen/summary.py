"""The result of a run or a check in few numbers: counts, and issues grouped by code with their first places."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from importer.issues import describe_code
from importer.issues.several_runs import SAMPLE_IN_TWO_RUNS
from importer.model import GOOD_STATUSES, FinerCounts, Severity, Status
from importer.report.screen.several_runs import list_doubts, word_servers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from importer.model import Issue
    from importer.run import RunFile

FIRST = 3
"""Issues of one code that a summary shows; files show all."""

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}

NEXT_STEPS: Mapping[Status, str] = {
    Status.CREATED: "",
    Status.UPDATED: "",
    Status.UNCHANGED: "",
    Status.CONFLICT: (
        "correct the row, or allow updates: --on-existing update (with --allow-remove if a stack would get smaller)"
    ),
    Status.INVALID: "correct the cells named above and import again; stored rows aren't stored twice",
    Status.REFUSED: "read the server's reason and correct the row, or use retry --only refused",
    Status.FAILED: "resume",
    Status.UNCONFIRMED: "resume; it first checks whether the row is stored. Don't send it by hand",
    Status.NOT_SENT: "resume",
}
"""Status -> what the user does next."""

REHEARSED = ("valid and ready to send", "nothing; a real import will send it")
"""Meaning and next step of a row that isn't sent because nothing was to be."""

HELD = ("valid, but blocked: a lower layer of this stack failed", "correct that layer first")
"""Meaning and next step of a row that wouldn't be sent either if something were to be."""

BLOCKED = (
    "blocked: a lower layer of this stack isn't stored",
    "correct that layer (the row's message names it) and import again",
)
"""Meaning and next step of a row that going on wouldn't send either, for a layer of its stack isn't in."""

UNDONE = ("undone", "to store it again, import the file again")
"""Meaning and next step of a row that was stored and taken back."""

DIFFERING = ("there with other content, left as it is (--on-existing skip)", "")
"""Meaning and next step of a row that is told as unchanged though the server's record differs."""

MEANINGS: Mapping[Status, str] = {
    Status.CREATED: "stored in this run",
    Status.UPDATED: "was there; updated as requested",
    Status.UNCHANGED: "already there with the same content",
    Status.CONFLICT: "already there with other content, left alone",
    Status.INVALID: "didn't pass the checks, not sent",
    Status.REFUSED: "the server refused it",
    Status.FAILED: "not stored after all retries",
    Status.UNCONFIRMED: "may be stored; couldn't be checked",
    Status.NOT_SENT: "not sent",
}
"""Status -> what it means, in a phrase."""


def explain_status(status: Status, *, is_rehearsal: bool) -> str:
    """Return what a status means, in a phrase; of a dry run what would be done."""
    return REHEARSED[0] if is_rehearsal and status is Status.NOT_SENT else MEANINGS[status]


@dataclass(slots=True)
class IssueGroup:
    """The issues of one code: how many, and the first of them."""

    code: str
    severity: Severity
    count: int = 0
    first: list[Issue] = field(default_factory=list)

    @property
    def meaning(self) -> str:
        """What was found, from the catalogue."""
        return describe_code(self.first[0]).meaning

    @property
    def remedy(self) -> str:
        """What to do about it, from the catalogue; empty where a note needs nothing."""
        return describe_code(self.first[0]).remedy

    @property
    def option(self) -> str:
        """What to add on the command line, where an option does it."""
        code = describe_code(self.first[0])
        return code.added if any(issue.suggestion for issue in self.first) else code.option


def group_issues(
    issues: Iterable[Issue], *, first: int = FIRST, counts: Mapping[str, int] | None = None, in_row_order: bool = False
) -> list[IssueGroup]:
    """Return issues grouped by code, errors before warnings before notes, the most frequent first.

    Args:
        issues: any number of issues; only the first few of each code are kept.
        first: how many of each code are kept.
        counts: code -> how many there are, where the issues are the first of them only.
        in_row_order: if all are of one file, they come in the order of their first places instead.
    """
    groups: dict[str, IssueGroup] = {}
    sources: set[str] = set()
    for issue in issues:
        sources.add(issue.where.source)
        group = groups.setdefault(issue.code, IssueGroup(issue.code, issue.severity))
        group.count += 1
        if len(group.first) < first:
            group.first.append(issue)
    for group in groups.values() if counts else ():
        group.count = (counts or {})[group.code]
    if in_row_order and len(sources) == 1:
        return list(groups.values())
    return sorted(groups.values(), key=lambda group: (_ORDER[group.severity], -group.count, group.code))


def count_words(count: int, noun: str) -> str:
    """Return a number with its noun: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def word_attention(count: int) -> str:
    """Return how many rows need attention: ``1 needs attention``, ``9 need attention``."""
    return f"{count:,} {'needs' if count == 1 else 'need'} attention"


@dataclass(frozen=True, slots=True)
class Tally:
    """How the rows of a run ended: by status, and what is to be said beyond it.

    Attributes:
        counts: status -> rows, in the order of the statuses; statuses that no row has are absent.
        finer: rows within a status of which more is to be said.
        is_rehearsal: nothing was to be sent.
        runs: in words, how many runs are reported together; empty where it's one.
        doubts: of several runs, in sentences, what keeps the counts from being the whole truth.
    """

    counts: Mapping[Status, int]
    finer: FinerCounts = field(default_factory=FinerCounts)
    is_rehearsal: bool = False
    runs: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the run has."""
        return sum(self.counts.values())

    @property
    def is_good(self) -> bool:
        """Whether nothing is left to do; a rehearsal's rows that would be sent are as good as in."""
        return not self.doubts and all(line.is_good for line in iter_answers(self))


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """Some rows with the same answer: how many, what it means, what the user does next."""

    status: Status
    count: int
    meaning: str
    step: str
    is_good: bool


def tally_run(run: RunFile) -> Tally:
    """Return how the rows of a run ended."""
    counts = run.count_statuses()
    ordered = {status: counts[status] for status in Status if status in counts}
    tally = Tally(ordered, run.count_finer(), is_rehearsal=run.meta.is_rehearsal)
    if not run.joined:
        return tally
    doubts = tuple(list_doubts(run.joined, shared=run.count_issues(SAMPLE_IN_TWO_RUNS.code)))
    runs = " ".join(filter(None, (f"{count_words(len(run.joined), 'run')}.", word_servers(run.joined))))
    return replace(tally, runs=runs, doubts=doubts)


def iter_answers(tally: Tally) -> Iterator[AnswerLine]:
    """Yield the answers in the order of the statuses, those apart of which more is to be said; they add up."""
    finer = tally.finer
    for status, count in tally.counts.items():
        is_good = status in GOOD_STATUSES
        plain, apart = (MEANINGS[status], NEXT_STEPS[status]), []
        if status is Status.UNCHANGED:
            apart = [(finer.differing, DIFFERING)]
        elif status is Status.NOT_SENT:
            apart = [(finer.undone, UNDONE)]
            if tally.is_rehearsal:
                plain, is_good = REHEARSED, True
            apart.append((finer.held, HELD if tally.is_rehearsal else BLOCKED))
        rest = count - sum(part for part, _ in apart)
        if rest:
            yield AnswerLine(status, rest, plain[0], _word_step(plain[1], tally), is_good=is_good)
        for part, words in apart:
            if part:
                yield AnswerLine(status, part, *words, is_good=status in GOOD_STATUSES)


def _word_step(step: str, tally: Tally) -> str:
    """Return the next step; of several runs it says which one is to be resumed."""
    return step.replace("resume", "resume its run", 1) if tally.runs and step.startswith("resume") else step


def state_verdict(tally: Tally) -> str:
    """Return the result of a run in one sentence, or more; of several with what they have to say together."""
    if not tally.runs:
        return _state_one(tally)
    return " ".join((tally.runs, _state_one(tally), *tally.doubts))


def _state_one(tally: Tally) -> str:
    if tally.is_rehearsal:
        return _state_rehearsal(tally)
    rows = tally.rows
    good = sum(tally.counts.get(status, 0) for status in GOOD_STATUSES)
    differing = _state_differing(tally.finer.differing)
    if good == rows:
        if differing:
            return f"{f'All {rows:,} rows are' if rows > 1 else 'The one row is'} there; {differing}."
        return f"All {count_words(rows, 'row')} are stored." if rows != 1 else "The one row is stored."
    undone = tally.finer.undone
    parts = [f"{undone:,} undone"] if undone else []
    for status, count in tally.counts.items():
        rest = count - undone if status is Status.NOT_SENT else count
        if rest and status not in GOOD_STATUSES:
            parts.append(f"{rest:,} {status.value.replace('_', ' ')}")
    verb = "is" if good == 1 else "are"
    attention = word_attention(rows - good)
    words = f"{good:,} of {count_words(rows, 'row')} {verb} stored; {attention} ({', '.join(parts)})"
    return f"{words}; {differing}." if differing else f"{words}."


def _state_rehearsal(tally: Tally) -> str:
    """Return what is ready to send, and why the other rows are not."""
    counts, held = tally.counts, tally.finer.held
    sent = counts.get(Status.NOT_SENT, 0) - held
    parts = [f"Dry run: {sent:,} of {count_words(tally.rows, 'row')} {'is' if sent == 1 else 'are'} ready to send"]
    if there := counts.get(Status.UNCHANGED, 0):
        parts.append(f"{there:,} {'is' if there == 1 else 'are'} already on the server")
        parts += filter(None, [_state_differing(tally.finer.differing)])
    if conflicts := counts.get(Status.CONFLICT, 0):
        parts.append(f"{conflicts:,} {'is' if conflicts == 1 else 'are'} on the server with other content")
    if invalid := counts.get(Status.INVALID, 0):
        parts.append(f"{invalid:,} {'is' if invalid == 1 else 'are'} invalid")
    if held:
        below = "a lower layer that can't be stored" if conflicts else "an invalid layer below it"
        parts.append(f"{held:,} {'is' if held == 1 else 'are'} blocked by {below}")
    return f"{'; '.join(parts)}."


def _state_differing(rows: int) -> str:
    """Return how many rows are told as unchanged though the server's records differ; nothing where none are."""
    if not rows:
        return ""
    if rows == 1:
        return "1 of them differs on the server and was left as it is (--on-existing skip)"
    return f"{rows:,} of them differ on the server and were left as they are (--on-existing skip)"
