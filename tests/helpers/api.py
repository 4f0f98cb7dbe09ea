"""The API behind the HTTP seam: target materials in memory, and what becomes of each write."""

from __future__ import annotations

import itertools
import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
import responses

from importer.settings import ApiSettings, Secret
from tests.helpers.staging import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = tuple[int, dict[str, str], str]

API = ApiSettings(url=ADDRESS, key=Secret("unit-test-key-5772156649"))
OK, LOST, LOST_STORED, EMPTY = "ok", "lost", "lost-stored", "empty"
"""Fates of a write: answered; no answer, and not stored; no answer, yet stored; answered, and yet not stored."""


class FakeApi:
    """Target materials in memory.

    Attributes:
        fates: what becomes of the next writes: `OK`, `LOST`, `LOST_STORED`, `EMPTY`, or a status that is
            answered instead of storing; after the last one all is well.
        listing_fates: the same for the reads of the listing.
        records: what is stored.
        writes: method, path and body of each write, in the order in which they came.
        retry_after: seconds that a 429 asks to wait.
        on_write: called when a write comes.
    """

    def __init__(self) -> None:
        self.fates: list[str | int] = []
        self.listing_fates: list[str | int] = []
        self.records: list[dict[str, Any]] = []
        self.writes: list[tuple[str, str, Any]] = []
        self.retry_after = 7
        self.on_write: Callable[[], None] = lambda: None
        self._ids = itertools.count(1)

    def list_formulas(self) -> list[tuple[int, int, str]]:
        """Return sample, layer and formula of all that is stored."""
        found = [(r["sample_id"], r["layer_id"], r["composition_string"]) for r in self.records]
        return sorted(found)

    def hold(self, sample_id: int, layer_id: int, formula: str) -> None:
        """Have somebody else store a layer, or change what stands there."""
        self.records = [r for r in self.records if (r["sample_id"], r["layer_id"]) != (sample_id, layer_id)]
        self._store({"sample_id": sample_id, "layer_id": layer_id, "composition_string": formula})

    def register(self, mock: responses.RequestsMock) -> None:
        """Answer the calls of a mock."""
        layers = f"{ADDRESS}/target-materials/layers/"
        mock.add_callback(responses.GET, f"{ADDRESS}/target-materials/", self._list)
        mock.add_callback(responses.POST, layers, lambda request: self._meet(request, self._store))
        mock.add_callback(responses.PATCH, layers, lambda request: self._meet(request, self._change))
        stack = re.compile(re.escape(ADDRESS) + r"/target-materials/\d+/layers$")
        mock.add_callback(responses.POST, stack, self._replace)

    def _list(self, request: requests.PreparedRequest) -> Answer:
        return self._answer(request, self.listing_fates, lambda: self.records)

    def _replace(self, request: requests.PreparedRequest) -> Answer:
        sample_id = int(str(request.url).split("/")[-2])

        def replace(layers: list[dict[str, Any]]) -> dict[str, Any]:
            self.records = [record for record in self.records if record["sample_id"] != sample_id]
            for layer in layers:
                self._store({**layer, "sample_id": sample_id})
            return {}

        return self._meet(request, replace)

    def _meet(self, request: requests.PreparedRequest, store: Callable[[Any], dict[str, Any]]) -> Answer:
        body = json.loads(request.body or "")
        self.on_write()
        self.writes.append((str(request.method), request.path_url, body))
        return self._answer(request, self.fates, lambda: store(body))

    def _answer(self, request: requests.PreparedRequest, fates: list[str | int], do: Callable[[], Any]) -> Answer:
        fate = fates.pop(0) if fates else OK
        if isinstance(fate, int):
            headers = {"Retry-After": str(self.retry_after)} if fate == requests.codes.too_many else {}
            return fate, headers, json.dumps({"detail": f"fate {fate}"})
        data = {} if fate in {LOST, EMPTY} else do()
        if fate in {LOST, LOST_STORED}:
            raise requests.ConnectionError(f"no answer to {request.method}")
        return 200, {}, json.dumps(data)

    def _store(self, layer: dict[str, Any]) -> dict[str, Any]:
        record = {"sample_name": "", **layer, "id": next(self._ids)}
        self.records.append(record)
        return record

    def _change(self, layer: dict[str, Any]) -> dict[str, Any]:
        position = (layer["sample_id"], layer["layer_id"])
        (record,) = (r for r in self.records if (r["sample_id"], r["layer_id"]) == position)
        record.update(layer)
        return record


@contextmanager
def run_api() -> Iterator[FakeApi]:
    """Answer every call to `ADDRESS` within the block, and refuse all others."""
    api = FakeApi()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        api.register(mock)
        yield api
