"""The sandbox against its own OpenAPI page: whatever the page allows is answered as the page says."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import allow_header_conformance

from importer.sandbox.app import create_app
from importer.sandbox.keys import Organisations
from importer.sandbox.store import Store
from tests.helpers.examples import scale_examples

SCHEMA = schemathesis.openapi.from_asgi(
    "/openapi.json", create_app(Organisations({"anything": ""}, lambda _: Store(None)))
)
NOT_ASKED = [allow_header_conformance]
"""The framework's 405 names the methods of one route only."""


@SCHEMA.parametrize()
@settings(max_examples=scale_examples(60), suppress_health_check=list(HealthCheck))
def test_every_call_is_answered_as_the_page_says(case: schemathesis.Case[Any]) -> None:
    """No call makes the server fail, and every answer has a status, type and form that the page names."""
    case.headers["X-API-KEY"] = "anything"
    case.call_and_validate(excluded_checks=NOT_ASKED)
