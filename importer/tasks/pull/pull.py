"""Reading what is on the server into a file: importing it unchanged changes nothing, and edited only the edits."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.context import Context, require_settings, take_path
from importer.contract import LAYER_FIELDS
from importer.errors import ListingError, NothingToDoError, UsageError
from importer.layers.composition import find_amounts, parse_composition
from importer.layers.same import is_same_layer
from importer.report.output import check_output, open_output
from importer.report.tables.stored_layers import COLUMNS, WRITERS, StoredStack
from importer.server import Client
from importer.server.listing import Wanted, read_id
from importer.server.read_listing import read_listing
from importer.settings import CheckSettings, SendSettings
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from importer.server.listing import Listing, Record
    from importer.settings import ApiSettings

_POLL = 0.25


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was read from the server.

    Attributes:
        path: the file that was written.
        stacks: target materials in it.
        layers: layers in it.
        left_out: what isn't in it, and why, in words.
        invalid: layers in it that aren't valid here, so that they can't be imported as they are.
    """

    path: Path
    stacks: int
    layers: int
    left_out: tuple[str, ...]
    invalid: int

    @property
    def exit_code(self) -> int:
        """0 when all is in the file and could be imported, else 1."""
        return int(bool(self.left_out or self.invalid))


def pull(
    to: str | Path,
    *,
    api: ApiSettings,
    samples: str | int | Sequence[str | int] = (),
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Pulled:
    """Write what is on the server as a file, making only requests that read.

    Args:
        to: the file, ``.yaml``, ``.xlsx`` or ``.csv``; nothing may be there, for it could be somebody's edits.
        api: address and key.
        samples: id or name of a target material, or several; all where none is named.
        send: bounds and waits.
        context: who watches, what stops it, and the time.

    Raises:
        UsageError: the file can't be written as asked, or a sample isn't there or not the only one of its name.
        NothingToDoError: the server has no layers of them.
        ListingError: the stored list can't be read, or looks incomplete.
        AbortedError: the key or the address is refused.
    """
    require_settings(api=api, send=send, context=context)
    context, path = context or Context(), take_path("to", to)
    samples = (samples,) if isinstance(samples, str | int) else samples
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"Can't tell what kind of file {path} is: let it end in .yaml, .xlsx or .csv.")
    if path.exists():
        raise UsageError(f"{path} exists already and may have been edited: name another file.")
    check_output(path)
    with Client(api, send=send, stop=context.stop) as client:
        listing = read_listing(
            client,
            _list_wanted(samples),
            send=send,
            sleep=_make_sleep(context),
            stop=context.stop,
            watch=context.watch,
        )
    doubt = "" if send.trust_list else listing.find_doubt()
    if doubt:
        raise ListingError(
            f"What {api.url} holds may be more than what it lists: {doubt}. --trust-list takes it as it is."
        )
    stacks, left_out = list_stored(listing, _find_ids(samples, listing))
    if not stacks:
        raise NothingToDoError(f"{api.url} holds no layers to write. {' '.join(left_out)}".strip())
    with open_output(path) as stream:
        writer(stacks, stream)
    checked = validate(path, check=CheckSettings(max_layers=10**6), keep_frame=False, keep_stacks=0, keep_issues=1)
    layers = sum(len(stack.layers) for stack in stacks)
    return Pulled(path, len(stacks), layers, left_out, checked.rows - checked.valid)


def _list_wanted(samples: Sequence[str | int]) -> Wanted:
    ids = frozenset(found for each in samples if (found := read_id(each)) is not None)
    return Wanted(sample_ids=ids, names=frozenset(map(str, samples)), is_everything=not samples)


def _find_ids(samples: Sequence[str | int], listing: Listing) -> list[int]:
    """Return the ids of the samples that were named, in that order; of all by id.

    Raises:
        UsageError: one isn't there, or a name isn't the only one.
    """
    if not samples:
        return sorted({*listing.stacks, *(key for key in listing.unreadable if isinstance(key, int))})
    found: list[int] = []
    for each in samples:
        number, named = read_id(each), sorted(listing.find_samples(str(each)))
        if number is not None and (number in listing.stacks or number in listing.unreadable):
            named = [number]
        if len(named) > 1:
            raise UsageError(
                f"{len(named)} samples are called {each!r}: name one by its id ({', '.join(map(str, named))})."
            )
        if not named:
            raise UsageError(f"The server has no layers of a sample {each!r}: check its id or name.")
        found += named
    return list(dict.fromkeys(found))


def list_stored(listing: Listing, sample_ids: Sequence[int]) -> tuple[list[StoredStack], tuple[str, ...]]:
    """Return the stacks that can be written as they are, and of the others why not, in words."""
    stacks: list[StoredStack] = []
    left_out: list[str] = []
    for sample_id in sample_ids:
        records = listing.stacks.get(sample_id, [])
        if fault := listing.find_unreadable(sample_id) or _find_double(records):
            left_out.append(f"Sample {sample_id} was left out: {fault}.")
        elif records:
            layers = [_take_layer(record) for record in records]
            stacks.append(
                StoredStack(sample_id, _find_text(records, "sample_name"), _find_text(records, "substrate"), layers)
            )
    return stacks, tuple(left_out)


def _take_layer(record: Record) -> Record:
    """Return what a person would write of a layer: neither ids of records, nor amounts that its formula says too.

    Servers fill them in; who then edits the formula would have to edit both.
    """
    layer = {name: record[name] for name in COLUMNS if name in LAYER_FIELDS and record.get(name) is not None}
    layer.pop("sample_id", None)
    formula = layer.get("composition_string")
    if isinstance(formula, str) and "element_dict" in layer:
        amounts = find_amounts(parse_composition(formula))
        if amounts is not None and is_same_layer({"element_dict": amounts}, layer):
            del layer["element_dict"]
    return layer


def _find_double(records: Sequence[Record]) -> str:
    seen: set[object] = set()
    for record in records:
        position = record["layer_id"]
        if position in seen:
            return f"it has several records at layer {position}"
        seen.add(position)
    return ""


def _find_text(records: Sequence[Record], name: str) -> str:
    return next((text for record in records if isinstance(text := record.get(name), str)), "")


def _make_sleep(context: Context) -> Callable[[float], None]:
    condition = threading.Condition()

    def sleep(seconds: float) -> None:
        until = context.clock.now() + seconds
        with condition:
            while not context.stop.is_set() and (left := until - context.clock.now()) > 0:
                context.clock.wait(condition, min(left, _POLL))

    return sleep
