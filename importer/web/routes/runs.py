"""Comparing with the server, sending, the answers, and earlier runs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from importer.report.files import map_reports
from importer.settings import OnExisting
from importer.tasks.results import write_report
from importer.tasks.runs import list_runs
from importer.web.runs import sending
from importer.web.runs.view import view_differences, view_rows, view_stack, view_whole_run
from importer.web.views import view_run
from importer.web.workplace import name_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from importer.web.session import Session

POLL = 0.1
"""Seconds between two looks at a job: ten counts a second are enough for people."""
MAX_ROWS = 500


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Key(_Asked):
    """The API's key and address."""

    key: str = Field(max_length=10_000)
    address: str = Field(default="", max_length=2_000)


class Planning(_Asked):
    """A draft to compare with the server."""

    draft: str
    version: int
    on_existing: Literal["fail", "skip", "update"] = "fail"


class Sending(_Asked):
    """What was agreed to: just that is written."""

    rows: int
    stacks: int
    address: str


class Undoing(_Asked):
    """How many stacks will be put back, typed by a person."""

    stacks: int


class Reporting(_Asked):
    """Which kind of report."""

    suffix: str


class Nothing(_Asked):
    """A request that says all by its address."""


def make_run_routes(session: Session) -> APIRouter:  # noqa: C901  # a list of routes
    """Return the routes of runs."""
    router = APIRouter(prefix="/api")

    @router.post("/key", status_code=204, response_model=None)
    def set_key(asked: Key) -> None:
        session.set_key(asked.key, asked.address)

    @router.delete("/key", status_code=204, response_model=None)
    def forget_key() -> None:
        session.forget_key()

    @router.post("/runs")
    def plan(asked: Planning) -> dict[str, Any]:
        return sending.begin_plan(session, asked.draft, asked.version, OnExisting(asked.on_existing))

    @router.get("/runs")
    def show_runs() -> dict[str, Any]:
        return {"runs": [view_run(run, name_id(run.path.name)) for run in list_runs(session.workplace.folder)]}

    @router.get("/runs/{run_id}")
    def show_run(run_id: str) -> dict[str, Any]:
        found = view_whole_run(session, session.workplace.find_run(run_id))
        draft_id = session.plans[run_id][0] if run_id in session.plans else None
        return found | {"stale": sending.is_stale(session, run_id), "draft": draft_id}

    @router.get("/runs/{run_id}/rows")
    def show_rows(run_id: str, status: str = "", first: int = 0, last: int = 100) -> dict[str, Any]:
        path = session.workplace.find_run(run_id)
        return view_rows(path, status, first, min(last, first + MAX_ROWS))

    @router.get("/runs/{run_id}/differences")
    def show_differences(run_id: str, first: int = 0, last: int = 100) -> dict[str, Any]:
        path = session.workplace.find_run(run_id)
        return view_differences(path, first, min(last, first + MAX_ROWS))

    @router.get("/runs/{run_id}/stack")
    def show_stack(run_id: str, seq: int) -> dict[str, Any]:
        return view_stack(session.workplace.find_run(run_id), seq)

    @router.post("/runs/{run_id}/apply")
    def apply(run_id: str, asked: Sending) -> dict[str, Any]:
        return sending.begin_apply(session, run_id, rows=asked.rows, stacks=asked.stacks, address=asked.address)

    @router.post("/runs/{run_id}/resume")
    def resume(run_id: str, asked: Nothing) -> dict[str, Any]:
        del asked
        return sending.begin_resume(session, run_id)

    @router.post("/runs/{run_id}/verify")
    def verify(run_id: str, asked: Nothing) -> dict[str, Any]:
        del asked
        return sending.begin_verify(session, run_id)

    @router.post("/runs/{run_id}/undo")
    def undo(run_id: str, asked: Undoing) -> dict[str, Any]:
        return sending.begin_undo(session, run_id, asked.stacks)

    @router.post("/job/stop")
    def stop(asked: Nothing) -> dict[str, Any]:
        del asked
        session.jobs.stop()
        return {}

    @router.get("/job/events")
    async def follow() -> StreamingResponse:
        return StreamingResponse(_iter_events(session), media_type="application/x-ndjson")

    @router.post("/runs/{run_id}/report")
    def report(run_id: str, asked: Reporting) -> dict[str, Any]:
        path = session.workplace.find_run(run_id)
        to = session.make_temporary(asked.suffix if asked.suffix in map_reports() else "")
        write_report(path, to)
        stem = path.name.removesuffix(".run.sqlite")
        return {"ticket": session.give_ticket(to, f"{stem}{asked.suffix}")}

    return router


async def _iter_events(session: Session) -> AsyncIterator[bytes]:
    """Yield how the job stands, a line each time that it changed, until it has ended."""
    job = session.jobs.current
    seen, before = 0, ""
    while job is not None:
        view = job.view(seen)
        seen = job.told
        line = json.dumps(view)
        if line != before:
            yield line.encode() + b"\n"
            before = line
        if view["done"]:
            return
        await asyncio.sleep(POLL)
