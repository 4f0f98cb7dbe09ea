"""What keeps a whole stack, or a layer of it, from being sent, by what the server holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.issues import Code, Problem, find_code, make_issue
from importer.layers.same import is_same_layer
from importer.model import Issue, Severity
from importer.run import State
from importer.server.listing import find_layer_id, find_sample_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from importer.run import RunFile, WorkRow, WorkStack
    from importer.server.listing import Listing

SAMPLE_NAMED_TWICE = Code(
    "sample-named-twice",
    Severity.ERROR,
    "Some rows give a sample by its name, and others give the same sample by its id.",
    "Give the sample_id in every row of the sample.",
    "A17, which is sample 7, beside rows of sample 7",
)

AMBIGUOUS_SAMPLE_NAME = Code(
    "ambiguous-sample-name",
    Severity.ERROR,
    "Several samples on the server have this name.",
    "Give the sample_id instead of the name.",
    "two samples called A17",
)

MISSING_SUBSTRATE = Code(
    "missing-substrate",
    Severity.ERROR,
    "A new sample needs a substrate, but none is given.",
    "Fill in the substrate in one row of the sample (in YAML: `substrate:` under `sample:`).",
    "a new sample_name alone",
)


SUBSTRATE_DIFFERS = Code(
    "substrate-differs",
    Severity.ERROR,
    "The sample is already on the server, but with another substrate.",
    "Correct the substrate or the sample name. If it is another sample, give it a name of its own.",
    "A17 on MgO, where the server has A17 on Si",
)

NAME_NEARLY_TAKEN = Code(
    "name-nearly-taken",
    Severity.WARNING,
    "The name of a new sample differs from one on the server only in capitals, spaces or dashes.",
    "If it is the same sample, write its name as it is on the server.",
    "a17 beside A17",
)

UNREADABLE_STACK = Code(
    "unreadable-stack",
    Severity.ERROR,
    "A record of this sample on the server can't be read: an id in it isn't a whole number, or its JSON is broken.",
    "Have the record corrected on the server, then import again.",
    "layer_id null on the server",
)


def find_stack_problem(stack: WorkStack, listing: Listing, *, numbered: Collection[int] = ()) -> Problem | None:
    """Return why a stack that is named, not numbered, can't be aimed at a target material.

    Args:
        stack: the stack.
        listing: what the server holds.
        numbered: the ids of the target materials that the run's rows give by number; were a stack sent under both
            its name and its number, a layer could be stored twice.
    """
    unreadable = listing.find_unreadable(stack.target_id, stack.sample_name if stack.target_id is None else None)
    if unreadable:
        return Problem(
            UNREADABLE_STACK,
            f"Couldn't read all records of this sample on the server: {unreadable}. Nothing will be sent to it, "
            "because a layer could be stored twice or lost.",
        )
    substrate = find_other_substrate(stack, listing)
    if substrate:
        return Problem(
            SUBSTRATE_DIFFERS,
            f"{stack.label} has the substrate {substrate} on the server, but {stack.substrate} here. "
            "Nothing will be added to it.",
        )
    return None if stack.sample_id is not None else find_name_problem(stack, listing, numbered=numbered)


def find_name_problem(stack: WorkStack, listing: Listing, *, numbered: Collection[int]) -> Problem | None:
    """Return why the name of a stack doesn't tell its target material; see `find_stack_problem`."""
    if stack.sample_name is None:
        return None
    known = sorted(listing.find_samples(stack.sample_name)) if stack.target_id is None else [stack.target_id]
    if len(known) == 1 and known[0] in numbered:
        return Problem(
            SAMPLE_NAMED_TWICE,
            f"{stack.sample_name!r} is sample {known[0]} on the server, and other rows give that sample by its id.",
        )
    if len(known) > 1:
        ids = ", ".join(str(sample_id) for sample_id in known)
        return Problem(
            AMBIGUOUS_SAMPLE_NAME,
            f"{len(known)} samples on the server are called {stack.sample_name!r}: {ids}.",
        )
    if not known and stack.substrate is None:
        return Problem(
            MISSING_SUBSTRATE,
            f"{stack.sample_name!r} isn't on the server yet, and a new sample needs a substrate. None is given.",
        )
    return None


def find_other_substrate(stack: WorkStack, listing: Listing) -> str:
    """Return the substrate that the server has for a stack, where it is another one than the input's; else nothing."""
    if stack.substrate is None:
        return ""
    targets = {stack.target_id} if stack.target_id is not None else listing.find_samples(stack.sample_name or "")
    for target_id in targets:
        for record in listing.stacks.get(target_id, []) if target_id is not None else ():
            there = record.get("substrate")
            if isinstance(there, str) and there.strip() and not is_same_substrate(stack.substrate, there):
                return there
    return ""


def is_same_substrate(one: str, other: str) -> bool:
    """Tell whether two texts name the same substrate: by case and blanks, or as formulas."""
    if "".join(one.split()).casefold() == "".join(other.split()).casefold():
        return True
    return is_same_layer({"composition_string": one}, {"composition_string": other})


def find_near_names(stack: WorkStack, listing: Listing) -> Problem | None:
    """Return a warning about a new sample whose name is nearly that of one on the server."""
    near = [] if stack.sample_name is None else listing.find_alike(stack.sample_name)
    if not near:
        return None
    names = ", ".join(map(repr, near))
    return Problem(
        NAME_NEARLY_TAKEN, f"{stack.sample_name!r} will be a new sample, but the server already has {names}.", near[0]
    )


def iter_gaps(rows: Sequence[WorkRow], target_id: int | None, listing: Listing) -> Iterator[tuple[WorkRow, Problem]]:
    """Yield the rows that would lie over a hole, by the positions of the input and those on the server together.

    Args:
        rows: all rows of a stack, from the substrate up; rows that aren't sent hold their position too.
        target_id: the target material, where there is one.
        listing: what the server holds.
    """
    stored = {find_layer_id(record) for record in listing.stacks.get(target_id, [])} if target_id is not None else set()
    known = sorted({row.layer_id for row in rows} | {layer for layer in stored if layer is not None})
    below = dict(zip(known[1:], known, strict=False))
    for row in rows:
        if row.state is not State.READY:
            continue
        lower = below.get(row.layer_id)
        if lower is None and row.layer_id > 1 and not stored:
            words = f"Layer {row.layer_id} would be the lowest of its stack: the server has no layers below it."
        elif lower is not None and row.layer_id - lower > 1:
            words = f"Layers are missing between {lower} and {row.layer_id} of its stack, both here and on the server."
        else:
            continue
        yield row, Problem(find_code("layer-gap"), words)


def find_elsewhere(row: WorkRow, target_id: int | None, listing: Listing) -> str:
    """Return why a row's explicit record id can't be sent, in words: the record is another layer's; else nothing."""
    given = orjson.loads(row.payload).get("id")
    for record in [] if given is None else listing.find_by_id(given):
        place = (find_sample_id(record), find_layer_id(record))
        if place != (target_id, row.layer_id):
            return (
                f"record {given} is layer {place[1]} of sample {place[0]} on the server, so sending it would move "
                "or duplicate that layer"
            )
    return ""


def make_stack_issues(run: RunFile, rows: Sequence[WorkRow], problem: Problem) -> Iterator[Issue]:
    """Yield the issue of a whole stack for each of its rows, since none of them can be sent."""
    for row in rows:
        yield make_issue(problem, run.find_place(row.seq), seq=row.seq)
