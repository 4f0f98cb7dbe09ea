"""The report as one page that needs nothing but itself: no network, no other file."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import IO, TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from importer.model import Severity, Status
from importer.report.escape import escape_text
from importer.report.page.data import PageData
from importer.report.page.timeline import BINS, make_timeline
from importer.report.screen.next_command import word_resume
from importer.report.screen.several_runs import list_run_lines, word_addresses
from importer.report.screen.summary import count_words, group_issues, iter_answers, state_verdict, tally_run

if TYPE_CHECKING:
    from importer.report.page.timeline import Timeline
    from importer.run import RunFile, RunMeta

FIRST = 20
"""Places that the page names for each code at once; the table below it has all."""
CHART_WIDTH, CHART_HEIGHT = 720, 90
_GLYPHS = {Status.UNCONFIRMED: "?", Status.NOT_SENT: "…", Status.CONFLICT: "≠"}


def show_text(value: object) -> object:
    """Return a value as the page shows it: text that isn't the page's own has its invisible characters by name.

    So a direction override in a cell can't make another cell's text look like something else.
    """
    return escape_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_ENVIRONMENT = Environment(
    loader=PackageLoader("importer.report.page"),
    autoescape=True,
    finalize=show_text,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_html_report(run: RunFile, stream: IO[bytes]) -> None:
    """Write a run as a page: verdict, what to correct, drawn stacks, rows, how it went, where it comes from.

    The page's own style and script are allowed by their hashes and nothing else is, so that nothing from a cell can
    run and nothing can be fetched.

    Raises:
        RunFileError: the run's lines don't add up to its rows.
    """
    data = PageData(run)
    data.collect()
    style, script = (_load(name) for name in ("report.css", "report.js"))
    timeline = make_timeline(run)
    page = _ENVIRONMENT.get_template("report.html").stream(
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        data=data.dump(),
        left_out=data.left_out,
        chart=None if timeline is None else _lay_out(timeline),
        timeline=timeline,
        **_describe_run(run),
    )
    page.enable_buffering(64)
    page.dump(stream, encoding="utf-8")


def _describe_run(run: RunFile) -> dict[str, Any]:
    meta = run.meta
    tally = tally_run(run)
    groups = group_issues(run.iter_issues(), first=FIRST)
    runs = list_run_lines(run)
    return {
        "verdict": state_verdict(tally),
        "is_good": tally.is_good,
        "is_rehearsal": tally.is_rehearsal,
        "counts": [
            {
                "name": line.status.value.replace("_", " "),
                "glyph": "✓" if line.is_good else _GLYPHS.get(line.status, "✗"),
                "is_good": line.is_good,
                "count": line.count,
                "meaning": line.meaning,
                "step": line.step,
            }
            for line in iter_answers(tally)
        ],
        "rows": tally.rows,
        "errors": [group for group in groups if group.severity is Severity.ERROR],
        "others": [group for group in groups if group.severity is not Severity.ERROR],
        "facts": _list_facts(run, meta),
        "inputs": list(run.iter_inputs()),
        "resume": word_resume(run) if {Status.FAILED, Status.UNCONFIRMED} & set(tally.counts) and not runs else None,
        "runs": runs,
        "count_words": count_words,
        "format_time": format_time,
    }


def _list_facts(run: RunFile, meta: RunMeta) -> list[tuple[str, str]]:
    return [
        *([] if run.joined else [("Run file", str(run.place)), ("Run", meta.run_key)]),
        ("Made", format_time(meta.created_at)),
        ("Tool", f"layer-importer {meta.tool_version}"),
        ("Address", word_addresses(run)),
        *_list_assumptions(meta),
    ]


def _list_assumptions(meta: RunMeta) -> list[tuple[str, str]]:
    """Return what the run took for granted, as far as it was sent."""
    settle = meta.settings.get("settle")
    if settle is None or meta.is_rehearsal:
        return []
    words = f"{settle} s (how long the server may keep processing a request that timed out)"
    return [
        ("Assumed", words),
        ("Rows in doubt", f"{meta.settings.get('in_doubt')} them if the server doesn't have them"),
    ]


def format_time(at: float) -> str:
    """Return a POSIX time as people and programs read it: UTC, ISO 8601."""
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))


def _lay_out(timeline: Timeline) -> dict[str, Any]:
    """Return the chart's shapes in its own coordinates: bars for requests, dots for latency, bands for pauses."""
    highest = max((step.good + step.other for step in timeline.steps), default=0) or 1
    slowest = max((step.median or 0.0 for step in timeline.steps), default=0.0) or 1.0
    width = CHART_WIDTH / BINS
    bars, dots = [], []
    for number, step in enumerate(timeline.steps):
        x, y = number * width, float(CHART_HEIGHT)
        for count, kind in ((step.good, "good"), (step.other, "other")):
            height = count / highest * CHART_HEIGHT
            y -= height
            if count:
                bars.append({"x": x + 0.5, "y": y, "width": width - 1, "height": height, "kind": kind})
        if step.median is not None:
            dots.append({"x": x + width / 2, "y": CHART_HEIGHT - step.median / slowest * CHART_HEIGHT})
    scale = CHART_WIDTH / timeline.seconds
    bands = [
        {"x": max(0.0, at * scale), "width": max(1.5, min(seconds * scale, CHART_WIDTH - at * scale))}
        for at, seconds in timeline.pauses
        if at * scale < CHART_WIDTH
    ]
    return {
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "bars": bars,
        "dots": dots,
        "bands": bands,
        "highest": highest,
        "slowest": slowest,
    }


def _load(name: str) -> str:
    loader = _ENVIRONMENT.loader
    if loader is None:
        raise LookupError(name)
    return loader.get_source(_ENVIRONMENT, name)[0]


def _hash(text: str) -> str:
    """Return the source expression that allows this one text, as Content Security Policy level 3 defines it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
