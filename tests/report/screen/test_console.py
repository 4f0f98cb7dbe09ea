"""What a person sees: the summary, and progress in its three guises."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from importer.events import (
    Advanced,
    Event,
    Notice,
    Paused,
    Phase,
    RowEnded,
    RowsRead,
    SettlementStarted,
    SubmitStarted,
    iter_told,
)
from importer.model import Issue, Outcome, Severity, Status, Where
from importer.report.findings import Extent, FileCount
from importer.report.screen.console import (
    FILES_SHOWN,
    STACKS_SHOWN,
    make_check_summary,
    make_run_summary,
    make_stack_table,
)
from importer.report.screen.event_words import describe_event
from importer.report.screen.progress import BarWatcher, LineWatcher, choose_watcher
from importer.report.screen.summary import FIRST, NEXT_STEPS, Tally, group_issues, state_verdict
from importer.rules import StackVerdict, Verdict
from importer.run import End, Intent, Journal, RunFile, StackRecord

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

EVENTS: list[Event] = [
    RowsRead("a.csv", 20_000),
    Notice("Checking what is already on the server."),
    SubmitStarted(3, 2),
    RowEnded(Outcome(0, Status.CREATED)),
    Paused(2.0, "the server said \x1b[31mslow down"),
    RowEnded(Outcome(1, Status.REFUSED, message="no")),
    SettlementStarted(1, 30.0),
]


def _draw(what: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=10_000, markup=False, highlight=False).print(what)
    return stream.getvalue()


def _issue(code: str, row: int) -> Issue:
    return Issue(code, Severity.ERROR, Where("a.csv", row=row, cell=f"C{row}"), "bad \x1b[31m[red]x[/red]", seq=row)


def test_run_summary_counts_every_row(mixed_run: Path) -> None:
    """The summary names every status with its count, its meaning and the next step, and adds them up."""
    with RunFile.open(mixed_run) as run:
        shown = _draw(make_run_summary(run))
        counts = run.count_statuses()
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    blocked = [line for line in shown.splitlines() if line.startswith("not_sent") and "correct that layer" in line]
    for status, count in counts.items():
        apart = sum(int(line.split()[1]) for line in blocked) if status is Status.NOT_SENT else 0
        found = next(line for line in shown.splitlines() if line.startswith(status.value) and line not in blocked)
        assert int(found.split()[1]) + apart == count
        assert NEXT_STEPS[status] in found
    assert len(blocked) == 1
    assert lines["rows"].split()[1] == "13"
    assert "4 of 13 rows are stored; 9 need attention" in shown


def test_run_summary_escapes_what_it_shows(mixed_run: Path) -> None:
    """A sample name with a terminal escape is shown, not obeyed."""
    with RunFile.open(mixed_run) as run:
        shown = _draw(make_run_summary(run))
    assert "\x1b" not in shown
    assert "A17 \\x1b[31m" in shown


def test_run_summary_shows_why_rows_are_not_in(mixed_run: Path) -> None:
    """The words for rows in conflict, refused, failed and blocked stand on the screen with the place."""
    with RunFile.open(mixed_run) as run:
        lines = _draw(make_run_summary(run)).splitlines()
    assert "refused: 1 row" in [line.strip() for line in lines]
    assert any(
        "growths.csv, row 11 (sample 45, layer 1): =composition_string: not known here" in line for line in lines
    )
    assert any("row 13 (sample 46, layer 1): 6 attempts, the last one was told to wait" in line for line in lines)
    assert any("row 5 (sample 43, layer 1): already there with other content" in line for line in lines)
    assert any("row 10 (sample 44, layer 3): blocked: layer 2 below it is invalid" in line for line in lines)
    assert not [line for line in lines if "space_group was" in line]


def test_words_are_few_short_and_escaped(mixed_run: Path) -> None:
    """Only the first rows of a status have their words shown, of one line each, and no terminal obeys them."""
    words = "no \x1b[31m\n" + "x" * 10_000
    with RunFile.open(mixed_run, readonly=False) as run, Journal(run) as journal:
        journal.write(Intent(7, 1.0), Intent(11, 1.0), Intent(12, 1.0))
        journal.write(*(End(seq, Status.REFUSED, None, 422, words, 2.0) for seq in (7, 11, 12)))
    with RunFile.open(mixed_run) as run:
        lines = _draw(make_run_summary(run)).splitlines()
    shown = [line.rstrip() for line in lines if "): no \\x1b[31m\\nxxx" in line]
    assert len(shown) == 2
    assert all(line.endswith("…") and len(line) < 700 for line in shown)
    assert "  ... and 1 more" in [line.rstrip() for line in lines]
    assert "\x1b" not in "".join(lines)


def test_issues_are_grouped_with_counts_and_first_places() -> None:
    """Issues of one code are one block: how many, the first places, how many more, what to do."""
    shown = _draw(make_check_summary(9, 2, [_issue("formula-unreadable", row) for row in range(1, 8)]))
    assert "error formula-unreadable: 7 times" in shown
    assert shown.count("a.csv:") == FIRST
    assert f"and {7 - FIRST} more" in shown
    assert "What to do: " in shown
    assert "\\x1b[31m[red]x[/red]" in shown
    assert "2 of 9 rows valid; 7 rows to fix." in shown


def test_all_places_when_asked() -> None:
    """With all places asked for none is left out."""
    issues = [_issue("formula-unreadable", row) for row in range(1, 8)]
    assert _draw(make_check_summary(9, 2, issues, all_places=True)).count("a.csv:") == len(issues)


def test_issues_of_one_file_come_in_the_order_of_its_rows() -> None:
    """A code that occurs once is a line of its own, with a place that terminals make clickable; others are blocks."""
    note = Issue("unused-column", Severity.NOTE, Where("a.csv", row=1, column="T"), "Column 'T' isn't a layer field.")
    yaml = Issue("layer-gap", Severity.ERROR, Where("b.yaml", row=10, column="layer_id", cell="10:18"), "Gap.", seq=0)
    twice = [_issue("formula-case", row) for row in (4, 9)]
    shown = _draw(make_check_summary(9, 7, [note, _issue("ragged-row", 2), *twice])).splitlines()
    heads = [line.rstrip() for line in shown if line and not line.startswith(" ")][:3]
    assert heads[0] == "a.csv:1: note: Column 'T' isn't a layer field. [unused-column]"
    assert heads[1].startswith("a.csv:2: error: bad ")
    assert heads[2] == "error formula-case: 2 times"
    assert "b.yaml:10:18: error in layer_id: Gap. [layer-gap]" in _draw(make_check_summary(1, 0, [yaml]))


def test_several_files_have_a_table_and_one_finding_a_header() -> None:
    """Files that need attention come first; a header that several tables have is told once, with their number."""
    header = Issue("unused-column", Severity.NOTE, Where("a.csv", row=1, column="No"), "Column 'No' isn't a field.")
    files = tuple(FileCount(f"{n}.csv", 3, 3, 1) for n in range(30))
    extent = Extent({"unused-column": 31}, {("unused-column", "No"): 31}, (*files, FileCount("bad.csv", 9, 7, 3)))
    shown = [line.split() for line in _draw(make_check_summary(99, 97, [header], extent=extent)).splitlines()]
    assert shown[0] == ["file", "rows", "valid", "issues"]
    assert shown[1] == ["bad.csv", "9", "7", "3"]
    assert shown[FILES_SHOWN + 1] == ["and", "11", "files", "more"]
    assert " ".join(shown[FILES_SHOWN + 4]) == "31 tables, first in a.csv: Column 'No' isn't a field."


def test_errors_come_first() -> None:
    """Groups stand by severity, then by how often they occur."""
    note = Issue("unused-column", Severity.NOTE, Where("a.csv"), "unused")
    groups = group_issues([note] * 5 + [_issue("ragged-row", 1)] + [_issue("unknown-element", 2)] * 2)
    assert [group.code for group in groups] == ["unknown-element", "ragged-row", "unused-column"]


def test_stack_table_shows_open_stacks_first_and_counts_the_rest() -> None:
    """Among many stacks those with open rows are shown, and the others are counted."""
    good = [StackRecord(f"good {n}", n, None, None, {Status.CREATED: 2}) for n in range(50)]
    bad = StackRecord("bad", 99, None, None, {Status.CREATED: 1, Status.FAILED: 1})
    assert make_stack_table(good) is None
    (only,) = _draw(make_stack_table([*good, bad]) or "").splitlines()[1:]
    assert only.startswith("bad")
    shown = _draw(make_stack_table([*good, bad], all_stacks=True) or "").splitlines()
    assert shown[1].startswith("bad")
    assert len(shown) == 52
    shown = _draw(make_stack_table([bad] * 51) or "").splitlines()
    assert f"and {51 - STACKS_SHOWN} stacks more" in shown[-1]


def test_rehearsal_is_told_as_such() -> None:
    """The verdict of a dry run says that nothing was sent and what would be."""
    verdict = state_verdict(Tally({Status.INVALID: 1, Status.NOT_SENT: 4}, is_rehearsal=True))
    assert verdict == "Dry run: 4 of 5 rows are ready to send; 1 is invalid."


def test_plain_lines_when_piped() -> None:
    """Without a terminal there are plain lines: no escapes, no carriage returns, progress now and then."""
    stream = io.StringIO()
    times = iter(float(10 * n) for n in range(100))
    with LineWatcher(Console(file=stream, width=200), every=5.0, clock=lambda: next(times)) as watch:
        for event in EVENTS:
            watch(event)
    shown = stream.getvalue()
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "20,000 rows read" in shown
    assert "2 of 3 rows, 1 needs attention" in shown
    assert "Waiting 2.0 s: the server said \\x1b[31mslow down" in shown
    assert "Looking up 1 row in doubt" in shown


@pytest.mark.parametrize(("is_ci", "quiet", "expected"), [(True, False, "Sending 3 rows"), (False, True, "")])
def test_ci_and_quiet_are_silent_about_progress(expected: str, *, is_ci: bool, quiet: bool) -> None:
    """In CI only phases are told; quiet tells nothing."""
    stream = io.StringIO()
    with choose_watcher(Console(file=stream, force_terminal=True), is_ci=is_ci, quiet=quiet) as watch:
        for event in EVENTS:
            watch(event)
    shown = stream.getvalue()
    assert "rows read" not in shown
    assert expected in shown
    assert bool(shown) == bool(expected)


def test_bar_on_a_terminal_shows_rows_and_pauses() -> None:
    """On a terminal the bar counts rows and notes what is to be looked at; a pause is a line."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=160, color_system=None)
    watch = choose_watcher(console, is_ci=False)
    assert isinstance(watch, BarWatcher)
    with watch:
        for event in EVENTS:
            watch(event)
    shown = stream.getvalue()
    assert "2/3" in shown
    assert "1 needs attention" in shown
    assert "Waiting 2.0 s: the server said \\x1b[31mslow down" in shown


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_phase_tells_how_far_it_is(*, is_terminal: bool) -> None:
    """Planning, comparing and putting back count their stacks: on the bar, and in lines now and then."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=is_terminal, width=160, color_system=None)
    times = iter(float(10 * n) for n in range(1_000))
    watch = BarWatcher(console) if is_terminal else LineWatcher(console, every=5.0, clock=lambda: next(times))
    with watch:
        watch(RowsRead("a.csv", 7))
        for _ in iter_told(range(400), Phase("verify", 400), watch):
            pass
        if isinstance(watch, BarWatcher):
            watch.refresh()
        watch(SubmitStarted(3, 2))
    shown = stream.getvalue()
    assert "comparing" in shown
    assert ("400/400" if is_terminal else "comparing: 2 of 400 stacks") in shown


def test_a_long_phase_is_told_a_bounded_number_of_times() -> None:
    """Whatever its length, all of it is told, in a few hundred events."""
    for total in (0, 1, 199, 1_000, 100_001):
        told: list[Event] = []
        assert sum(1 for _ in iter_told(range(total), Phase("plan", total), told.append)) == total
        assert sum(event.count for event in told if isinstance(event, Advanced)) == total
        assert len(told) <= 402


def test_a_pause_counts_down() -> None:
    """The bar says how many seconds of a pause are left, and nothing of it once it is over."""
    now = [100.0]
    console = Console(file=io.StringIO(), force_terminal=True, width=160, color_system=None)
    with BarWatcher(console, clock=lambda: now[0]) as watch:
        watch(SubmitStarted(3, 2))
        watch(Paused(30.0, "slow down"))
        notes = []
        for seconds in (0.0, 20.5, 9.0, 5.0):
            now[0] += seconds
            watch.refresh()
            assert isinstance(console.file, io.StringIO)
            notes.append(console.file.getvalue().rsplit("waiting ", 1)[-1].split(" s", 1)[0])
            console.file.seek(0)
            console.file.truncate()
    assert notes[:3] == ["30", "10", "1"]
    assert "slow down" not in notes[3]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch, mixed_run: Path) -> None:
    """With NO_COLOR set a terminal gets no colour codes."""
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    with RunFile.open(mixed_run) as run:
        Console(file=stream, force_terminal=True, width=200, markup=False).print(make_run_summary(run))
    assert "created" in stream.getvalue()
    assert not [n for n in range(30, 38) if f"\x1b[{n}m" in stream.getvalue()]


def test_open_stacks_are_named_with_their_missing_positions() -> None:
    """A check names the stacks that can't get in whole, and not the complete ones."""
    stacks = (
        StackVerdict("50", Verdict.PARTIAL, 3, 1, (2, 3)),
        StackVerdict("51", Verdict.COMPLETE, 2, 2, ()),
    )
    console = Console(width=200, file=io.StringIO())
    console.print(make_check_summary(5, 3, (), stacks=stacks))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "Sample 50: 1 of 3 layers can be sent (layers 2, 3 are missing or invalid)" in shown
    assert "51" not in shown


def test_a_suggestion_within_the_wrong_text_is_still_told() -> None:
    """Si is no less worth telling for standing in Si(111); a message that names it is enough."""
    where = Where("a.csv", row=2, cell="C2")
    within = Issue("formula-unreadable", Severity.ERROR, where, "'Si(111)' holds more.", " Si(111)", "Si", seq=0)
    named = Issue("formula-lookalike", Severity.ERROR, where, "Was 'SiO2' meant?", "Si02", "SiO2", seq=1)
    console = Console(width=200, file=io.StringIO())
    console.print(make_check_summary(2, 0, (within, named)))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count("Did you mean") == 1
    assert "Did you mean Si? [formula-unreadable]\n" in console.file.getvalue()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (SubmitStarted(5_996, 624), "Sending 5,996 rows in 624 stacks."),
        (
            SubmitStarted(5_996, 624, 3_500, 30.0),
            (
                "Sending 2,496 rows in 624 stacks. First looking up 3,500 rows in doubt from an earlier attempt "
                "in the stored list, waiting up to 30 s (--settle)."
            ),
        ),
        (
            SubmitStarted(1, 0, 1, 5.0),
            (
                "Looking up 1 row in doubt from an earlier attempt in the stored list first, waiting up to 5 s "
                "(--settle). Only what isn't stored will be sent."
            ),
        ),
    ],
)
def test_the_start_tells_sending_from_looking_up(event: SubmitStarted, words: str) -> None:
    """Rows in doubt aren't said to be sent; the wait before they are looked up is named."""
    assert describe_event(event) == words
