"""The sandbox against its own OpenAPI page: whatever the page allows is answered as the page says."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import allow_header_conformance, ignored_auth

from importer.sandbox.app import create_app
from importer.sandbox.faults import Dice, Plan
from importer.sandbox.store import Store

SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", create_app(Store(None), dice=Dice(Plan())))
NOT_ASKED = [ignored_auth, allow_header_conformance]
"""Any key but one is good here on purpose; and the framework's 405 names the methods of one route only."""


@SCHEMA.parametrize()
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_every_call_is_answered_as_the_page_says(case: schemathesis.Case[Any]) -> None:
    """No call makes the server fail, and every answer has a status, type and form that the page names."""
    case.headers["X-API-KEY"] = "anything"
    case.call_and_validate(excluded_checks=NOT_ASKED)
