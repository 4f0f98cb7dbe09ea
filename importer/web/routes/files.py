"""The page itself, the folder's files, and what is dropped on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from importer._version import __version__
from importer.draft.glance import read_first_rows
from importer.formats.read import list_sheets
from importer.settings import is_loopback
from importer.web.shipped.sample import write_sample
from importer.web.shipped.static_files import load_static
from importer.web.views import view_file
from importer.web.windows import view_plain_rows
from importer.web.workplace import HIDDEN, name_id

if TYPE_CHECKING:
    from importer.web.session import Session


def make_file_routes(session: Session) -> APIRouter:  # noqa: C901  # a list of routes
    """Return the routes of the page and of files."""
    router = APIRouter()
    static = load_static()

    @router.get("/")
    def show_page() -> Response:
        kind, data = static.files["index.html"]
        return Response(data, media_type=kind)

    @router.get("/static/{digest}/{name}")
    def give_static(digest: str, name: str) -> Response:
        if digest != static.digest or name not in static.files or name == "index.html":
            raise HTTPException(404, "There is no such file.")
        kind, data = static.files[name]
        return Response(data, media_type=kind, headers={"Cache-Control": "private, max-age=31536000, immutable"})

    @router.get("/dl/{ticket}")
    def download(ticket: str) -> Response:
        found = session.take_ticket(ticket)
        if found is None or not found.path.is_file():
            raise HTTPException(404, "This download has been taken already, or is too old. Ask for it again.")
        after = BackgroundTask(found.path.unlink, missing_ok=True) if found.is_temporary else None
        return FileResponse(found.path, filename=found.name, media_type="application/octet-stream", background=after)

    @router.get("/api/session")
    def show_session() -> dict[str, Any]:
        return {
            "version": __version__,
            "folder": str(session.workplace.folder.resolve()),
            "sandbox": session.is_sandbox,
            "address": session.address,
            "local": is_loopback(session.address),
            "has_key": session.has_key,
            "settings": None if session.lab.path is None else session.lab.path.name,
            "job": None if session.jobs.current is None else session.jobs.current.view(),
        }

    @router.get("/api/files")
    def list_files() -> dict[str, Any]:
        drafts = session.workplace.folder / HIDDEN / "drafts"
        edited = {path.name for path in drafts.iterdir()} if drafts.is_dir() else set()
        return {
            "files": [
                view_file(file, is_edited=session.name_draft([file.id]) in edited)
                for file in session.workplace.list_files()
            ]
        }

    @router.get("/api/files/{file_id}/sheets")
    def show_sheets(file_id: str) -> dict[str, Any]:
        return {"sheets": list_sheets(session.find_source(file_id))}

    @router.get("/api/files/{file_id}/first")
    def show_first_rows(file_id: str, sheet: str | None = None) -> dict[str, Any]:
        return view_plain_rows(read_first_rows(session.find_source(file_id, sheet=sheet)))

    @router.put("/api/files/{name}")
    async def put_file(name: str, request: Request) -> dict[str, Any]:
        file = await session.workplace.store(name, request.stream())
        return view_file(file, is_edited=False)

    @router.post("/api/sample")
    def put_sample() -> dict[str, Any]:
        path = write_sample(session.workplace.folder)
        return view_file(session.workplace.find_file(name_id(path.name)), is_edited=False)

    @router.post("/api/close")
    def close() -> dict[str, Any]:
        session.on_close()
        return {}

    return router
