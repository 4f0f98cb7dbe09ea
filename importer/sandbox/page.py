"""``/docs``: the endpoints on a plain page that loads nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


def add_page(app: FastAPI) -> None:
    """Serve the page of an app."""

    async def show_page(_: Request) -> Response:
        return HTMLResponse(render_page(app), headers=HEADERS)

    app.add_route("/docs", show_page, include_in_schema=False)


def render_page(app: FastAPI) -> str:
    """Return the page: each call with the fields of its body."""
    schema = app.openapi()
    calls = [
        f"<dt><code>{escape(method.upper())} {escape(path)}</code></dt><dd>{escape(str(call.get('summary', '')))}</dd>"
        for path, calls_of_path in schema["paths"].items()
        for method, call in calls_of_path.items()
    ]
    bodies = [
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(', '.join(body.get('properties', {})))}</dd>"
        for name, body in schema["components"]["schemas"].items()
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(app.title)}</title>'
        f"<h1>{escape(app.title)}</h1><p>The header <code>X-API-KEY</code> goes with every call. "
        '<a href="/openapi.json">openapi.json</a> says all of it to programs.</p>'
        f"<h2>Calls</h2><dl>{''.join(calls)}</dl><h2>Bodies</h2><dl>{''.join(bodies)}</dl></html>"
    )
