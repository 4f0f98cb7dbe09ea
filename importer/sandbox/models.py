"""The bodies that the API takes, as its public pages show them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

MAX_WHOLE = 10**18
"""The largest id taken: the OpenAPI page, which writes bounds as doubles, still tells it exactly."""


def _read_whole(value: object) -> object:
    """Take 428.0 for 428, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[StrictInt, Field(ge=0, le=MAX_WHOLE), BeforeValidator(_read_whole)]
Amount = Annotated[StrictFloat, Field(ge=0, allow_inf_nan=False)]


class Layer(BaseModel):
    """One layer of a stack."""

    model_config = ConfigDict(extra="forbid")

    layer_id: Whole
    sample_id: Whole | None = None
    composition_string: StrictStr | None = None
    element_dict: dict[str, Whole | Amount] | None = None
    orientation: StrictStr | None = None
    space_group: StrictStr | None = None
    mp_id: StrictStr | None = None
    id: Whole | None = None


class Sample(BaseModel):
    """A target material to be made."""

    model_config = ConfigDict(extra="forbid")

    sample_name: StrictStr
    substrate: StrictStr
    sample_metadata: dict[str, Any] | None = None


class NewTarget(BaseModel):
    """A target material to be made, with its layers."""

    model_config = ConfigDict(extra="forbid")

    sample: Sample
    layers: list[Layer] = []


class TargetPatch(BaseModel):
    """What may be changed of a target material."""

    model_config = ConfigDict(extra="forbid")

    sample_name: StrictStr | None = None
    substrate: StrictStr | None = None
    sample_id: Whole | None = None
    sample_metadata: dict[str, Any] | None = None


class Problem(BaseModel):
    """Why a request was refused, in FastAPI's form."""

    detail: str


class LayerRecord(Layer):
    """A stored layer."""

    id: int


class TargetRecord(BaseModel):
    """A stored target material."""

    sample_id: int
    sample_name: str
    substrate: str
    sample_metadata: dict[str, Any] | None
    detail_notes_id: int | None
    user_id: str
    version: int
    last_updated: str
