"""The page's server: routes behind the guard, errors as words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from importer.errors import BusyError, ImporterError, StaleDraftError
from importer.web.guard import Guard
from importer.web.routes.columns import make_column_routes
from importer.web.routes.drafts import make_draft_routes
from importer.web.routes.files import make_file_routes
from importer.web.routes.runs import make_run_routes

if TYPE_CHECKING:
    from importer.web.session import Session

CONFLICT, UNUSABLE, BROKEN = 409, 422, 500


def create_app(session: Session) -> FastAPI:
    """Return the routes, without the guard."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for make_routes in (make_file_routes, make_draft_routes, make_column_routes, make_run_routes):
        app.include_router(make_routes(session))

    @app.exception_handler(ImporterError)
    def tell_error(request: Request, error: ImporterError) -> JSONResponse:
        del request
        status = CONFLICT if isinstance(error, StaleDraftError | BusyError) else UNUSABLE
        return JSONResponse({"error": str(error), "kind": type(error).__name__}, status)

    @app.exception_handler(RequestValidationError)
    def tell_form(request: Request, error: RequestValidationError) -> JSONResponse:
        del request
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3])
        return JSONResponse({"error": f"The request can't be used ({places}).", "kind": "Request"}, UNUSABLE)

    @app.exception_handler(HTTPException)
    def tell_refusal(request: Request, error: HTTPException) -> JSONResponse:
        del request
        return JSONResponse({"error": str(error.detail), "kind": "Request"}, error.status_code)

    @app.exception_handler(Exception)
    def tell_defect(request: Request, error: Exception) -> JSONResponse:
        del request
        words = f"This is a defect in the program, please report it: {type(error).__name__}: {error}"
        return JSONResponse({"error": words, "kind": "Defect"}, BROKEN)

    return app


def guard_app(session: Session, *, port: int, token: str) -> Guard:
    """Return the routes behind the guard."""
    return Guard(create_app(session), port=port, token=token)
