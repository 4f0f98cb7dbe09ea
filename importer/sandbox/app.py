"""The six endpoints, and two of the sandbox's own for tests (``/_sandbox/log``, ``/_sandbox/faults``)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from importer.sandbox.models import MAX_WHOLE, Layer, LayerRecord, NewTarget, Problem, TargetPatch, TargetRecord
from importer.sandbox.store import TakenError

if TYPE_CHECKING:
    from importer.sandbox.faults import Dice
    from importer.sandbox.store import Store

REFUSED_KEY = "refused"
"""The key that the sandbox refuses, so that a refusal can be seen; it takes any other."""

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


async def check_key(key: Annotated[str | None, Depends(APIKeyHeader(name="X-API-KEY", auto_error=False))]) -> None:
    """Answer 401 without a key, 403 for the refused one."""
    if not key:
        raise HTTPException(401, "X-API-KEY is missing")
    if key == REFUSED_KEY:
        raise HTTPException(403, "this key may not write")


def create_app(
    store: Store,
    *,
    dice: Dice,
    same_position: SamePosition = SamePosition.DUPLICATE,
    strict_parents: bool = False,
) -> FastAPI:
    """Return the API over a store."""
    app = FastAPI(title="Target Materials sandbox", version="1", dependencies=[Depends(check_key)], responses=ANYWHERE)

    @app.exception_handler(TakenError)
    async def tell_taken(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    _add_layer_routes(app, store, same_position=same_position, strict_parents=strict_parents)
    _add_target_routes(app, store)

    @app.get("/_sandbox/log", include_in_schema=False)
    async def list_log() -> list[dict[str, Any]]:
        return store.list_log()

    @app.get("/_sandbox/faults", include_in_schema=False)
    async def list_faults() -> list[dict[str, object]]:
        return dice.list_use()

    return app


def _add_layer_routes(app: FastAPI, store: Store, *, same_position: SamePosition, strict_parents: bool) -> None:
    @app.post("/target-materials/layers/", responses={**NOT_FOUND, **TAKEN})
    async def add_layer(layer: Layer) -> LayerRecord:
        if strict_parents and layer.sample_id is not None and not store.has_sample(layer.sample_id):
            raise HTTPException(404, f"target material {layer.sample_id} not found")
        there = store.find_layers(layer.sample_id, layer.layer_id)
        if there and same_position is SamePosition.REFUSE:
            raise HTTPException(409, f"layer {layer.layer_id} of target material {layer.sample_id} exists")
        if there and same_position is SamePosition.OVERWRITE:
            return LayerRecord(**store.change_layer(there[0]["id"], layer.model_dump(exclude_unset=True)))
        return LayerRecord(**store.add_layer(layer.model_dump()))

    @app.patch("/target-materials/layers/", responses=NOT_FOUND)
    async def change_layer(layer: Layer) -> LayerRecord:
        there = store.find_layers(layer.sample_id, layer.layer_id)
        if not there:
            raise HTTPException(404, f"layer {layer.layer_id} of target material {layer.sample_id} not found")
        return LayerRecord(**store.change_layer(there[0]["id"], layer.model_dump(exclude_unset=True)))


def _add_target_routes(app: FastAPI, store: Store) -> None:
    @app.get("/target-materials/")
    async def list_layers() -> list[dict[str, Any]]:
        return store.list_layers()

    @app.post("/target-materials/{target_material_id}/layers", responses={**NOT_FOUND, **TAKEN})
    async def replace_stack(target_material_id: TargetId, layers: list[Layer]) -> dict[str, Any]:
        _require_sample(store, target_material_id)
        store.replace_stack(target_material_id, [layer.model_dump() for layer in layers])
        return {}

    @app.post("/target-materials/", responses=TAKEN)
    async def add_target(target: NewTarget) -> TargetRecord:
        layers = [layer.model_dump() for layer in target.layers]
        return TargetRecord(**store.add_sample(target.sample.model_dump(), layers))

    @app.patch("/target-materials/{target_material_id}", responses={**NOT_FOUND, **TAKEN})
    async def change_target(target_material_id: TargetId, changes: TargetPatch) -> TargetRecord:
        _require_sample(store, target_material_id)
        return TargetRecord(**store.change_sample(target_material_id, changes.model_dump(exclude_unset=True)))


def _require_sample(store: Store, sample_id: int) -> None:
    if not store.has_sample(sample_id):
        raise HTTPException(404, f"target material {sample_id} not found")
