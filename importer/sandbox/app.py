"""The six endpoints, and some of the sandbox's own for tests.

``/_sandbox/log`` lists the requests that reached it, ``/_sandbox/faults`` how often each rule of the plan was used, and
``/_sandbox/records`` what is truly stored, whatever the list shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from importer.sandbox.keys import REFUSED_KEY
from importer.sandbox.models import MAX_WHOLE, Layer, LayerRecord, NewTarget, Problem, TargetPatch, TargetRecord
from importer.sandbox.page import add_page
from importer.sandbox.store import Store, TakenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.sandbox.keys import Organisations

ANYWHERE: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body can't be read"},
    401: {"model": Problem, "description": "No key"},
    403: {"model": Problem, "description": "The key may not do this"},
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "Not found"}}
TAKEN: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "There is one already"}}

TargetId = Annotated[int, Path(ge=0, le=MAX_WHOLE)]


class SamePosition(StrEnum):
    """What a second POST to a position does; the API makes no promise."""

    DUPLICATE = "duplicate"
    REFUSE = "refuse"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the API's pages leave open.

    Attributes:
        same_position: what a second POST to a position does.
        strict_parents: whether layers of target materials that don't exist are refused.
        patch_wipes: whether a PATCH empties the fields that it isn't sent.
    """

    same_position: SamePosition = SamePosition.DUPLICATE
    strict_parents: bool = False
    patch_wipes: bool = False


async def find_store(
    request: Request, key: Annotated[str | None, Depends(APIKeyHeader(name="X-API-KEY", auto_error=False))]
) -> Store:
    """Return the store of the key's organisation; answer 401 without a key that is known, 403 for the refused one."""
    if not key:
        raise HTTPException(401, "X-API-KEY is missing")
    if key == REFUSED_KEY:
        raise HTTPException(403, "this key may not write")
    organisations: Organisations = request.app.state.organisations
    store = organisations.find_store(key)
    if store is None:
        raise HTTPException(401, "the sandbox doesn't know this key: use the one that it printed when it started")
    return store


Kept = Annotated[Store, Depends(find_store)]


def create_app(
    organisations: Organisations,
    *,
    rules: Rules | None = None,
    list_use: Callable[[], list[dict[str, object]]] = list,
) -> FastAPI:
    """Return the API over the stores of some organisations.

    Args:
        organisations: the keys and their stores.
        rules: what the API's pages leave open.
        list_use: tells how often each rule of the plan was used.
    """
    # No page of FastAPI's own: it loads scripts from elsewhere.
    app = FastAPI(title="Target Materials sandbox", version="1", responses=ANYWHERE, docs_url=None, redoc_url=None)
    app.state.organisations = organisations

    @app.exception_handler(TakenError)
    async def tell_taken(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    _add_layer_routes(app, rules or Rules())
    _add_target_routes(app)
    _add_own_routes(app, list_use)
    add_page(app)
    return app


def _add_own_routes(app: FastAPI, list_use: Callable[[], list[dict[str, object]]]) -> None:
    @app.get("/_sandbox/log", include_in_schema=False)
    async def list_log(_: Kept) -> list[dict[str, Any]]:
        organisations: Organisations = app.state.organisations
        return organisations.first.list_log()

    @app.get("/_sandbox/faults", include_in_schema=False)
    async def list_faults(_: Kept) -> list[dict[str, object]]:
        return list_use()

    @app.get("/_sandbox/records", include_in_schema=False)
    async def list_records(store: Kept) -> list[dict[str, Any]]:
        return store.list_layers()

    @app.get("/_sandbox/samples", include_in_schema=False)
    async def list_samples(store: Kept) -> list[dict[str, Any]]:
        return store.list_samples()


def _add_layer_routes(app: FastAPI, rules: Rules) -> None:
    @app.post("/target-materials/layers/", responses={**NOT_FOUND, **TAKEN})
    async def add_layer(store: Kept, layer: Layer) -> LayerRecord:
        if rules.strict_parents and layer.sample_id is not None and not store.has_sample(layer.sample_id):
            raise HTTPException(404, f"target material {layer.sample_id} not found")
        there = store.find_layers(layer.sample_id, layer.layer_id)
        if there and rules.same_position is SamePosition.REFUSE:
            raise HTTPException(409, f"layer {layer.layer_id} of target material {layer.sample_id} exists")
        if there and rules.same_position is SamePosition.OVERWRITE:
            return LayerRecord(**store.change_layer(there[0]["id"], layer.model_dump(exclude_unset=True)))
        return LayerRecord(**store.add_layer(layer.model_dump()))

    @app.patch("/target-materials/layers/", responses=NOT_FOUND)
    async def change_layer(store: Kept, layer: Layer) -> LayerRecord:
        there = store.find_layers(layer.sample_id, layer.layer_id)
        if not there:
            raise HTTPException(404, f"layer {layer.layer_id} of target material {layer.sample_id} not found")
        changes = layer.model_dump(exclude_unset=not rules.patch_wipes)
        return LayerRecord(**store.change_layer(there[0]["id"], changes))


def _add_target_routes(app: FastAPI) -> None:
    @app.get("/target-materials/")
    async def list_layers(store: Kept) -> list[dict[str, Any]]:
        return store.list_layers()

    @app.post("/target-materials/{target_material_id}/layers", responses={**NOT_FOUND, **TAKEN})
    async def replace_stack(store: Kept, target_material_id: TargetId, layers: list[Layer]) -> dict[str, Any]:
        _require_sample(store, target_material_id)
        store.replace_stack(target_material_id, [layer.model_dump() for layer in layers])
        return {}

    @app.post("/target-materials/", responses=TAKEN)
    async def add_target(store: Kept, target: NewTarget) -> TargetRecord:
        layers = [layer.model_dump() for layer in target.layers]
        return TargetRecord(**store.add_sample(target.sample.model_dump(), layers))

    @app.patch("/target-materials/{target_material_id}", responses={**NOT_FOUND, **TAKEN})
    async def change_target(store: Kept, target_material_id: TargetId, changes: TargetPatch) -> TargetRecord:
        _require_sample(store, target_material_id)
        return TargetRecord(**store.change_sample(target_material_id, changes.model_dump(exclude_unset=True)))


def _require_sample(store: Store, sample_id: int) -> None:
    if not store.has_sample(sample_id):
        raise HTTPException(404, f"target material {sample_id} not found")
