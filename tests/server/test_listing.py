"""What is kept of a listing, how its ids are read, and when it proves that something is absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer.server.listing import Evidence, Known, Listing, Wanted, read_id
from importer.server.listing_reader import ListingReader

OURS = Wanted(sample_ids=frozenset({42}), names=frozenset({"A17"}), record_ids=frozenset({900}), run_key="run")


def read(records: list[object], wanted: Wanted = OURS, *, block: int = 64) -> Listing:
    """Return a listing that came in small blocks."""
    reader = feed(json.dumps(records).encode(), wanted, block=block)
    assert reader.is_listing
    return reader.build()


def feed(body: bytes, wanted: Wanted = OURS, *, block: int = 64) -> ListingReader:
    """Return the reader after a body."""
    reader = ListingReader(wanted)
    for start in range(0, len(body), block):
        reader.feed(body[start : start + block])
    assert reader.end_page()
    return reader


def make(sample_id: object, layer_id: object, **more: object) -> dict[str, object]:
    """Return a record of the listing."""
    record = {
        "id": 1,
        "sample_id": sample_id,
        "sample_name": "other",
        "layer_id": layer_id,
        "composition_string": "MgO",
    }
    return {**record, **more}


@pytest.mark.parametrize("value", [1, "1", 1.0, "1.0", " 1 "])
def test_one_reading_of_ids(value: object) -> None:
    """A position is the same however the server spells it, and is kept as a whole number."""
    assert read_id(value) == 1
    [record] = read([make("42", value, id="7")]).find_records(42, 1)
    assert (record["sample_id"], record["layer_id"], record["id"]) == (42, 1, 7)


@pytest.mark.parametrize("value", [None, "x", 4.5, True, [], {}, "", "1e3", "٣", 2**63, "01", float("inf"), "4.5"])
def test_what_is_no_id(value: object) -> None:
    """Anything else is no position; in a stack of the run it is kept as something unreadable."""
    assert read_id(value) is None
    listing = read([make(42, value, id=5), make(42, 1)])
    assert "5" in listing.find_unreadable(42)
    assert "layer_id" in listing.find_unreadable(42) or value == float("inf")
    assert len(listing.list_stack(42)) == 1
    assert listing.evidence.passed_over == 0


def test_an_unreadable_record_of_another_stack_is_passed_over() -> None:
    """What doesn't concern the run is counted for a note, and blocks nothing."""
    strange: list[object] = [make(7, None), make(None, 1), make("x", 1), None, 5, make(8, 4.5)]
    listing = read([*strange, make(42, 1, sample_name="mine")])
    assert listing.find_unreadable(42) == listing.find_unreadable(None, "A17") == ""
    assert listing.evidence.passed_over == len(strange)
    assert "6 records" in listing.describe_passed_over()
    assert listing.find_doubt() == ""


@pytest.mark.parametrize(
    "strange",
    [
        b'{"id":3,"sample_id":%d,"layer_id":2,"element_dict":{"Ba":NaN}}',
        b'{"id":3,"sample_id":%d,"layer_id":2,"user_name":"\\ud800"}',
        b'{"id":3,"sample_id":%d,"layer_id":2,"user_name":"\xff"}',
        b'{"id":3,"sample_id":%d,"layer_id":2,"user_name":}',
    ],
    ids=["nan", "surrogate", "no-utf-8", "broken"],
)
def test_unsound_json_blocks_its_own_stack_only(strange: bytes) -> None:
    """One record that is no sound JSON is told of its own stack; all others are read."""
    good = b'{"id":1,"sample_id":42,"layer_id":1}'
    foreign = feed(b"[" + good + b"," + strange % 7 + b"]").build()
    assert (foreign.find_unreadable(42), foreign.evidence.passed_over) == ("", 1)
    ours = feed(b"\xef\xbb\xbf[" + strange % 42 + b"," + good + b"]").build()
    assert "3" in ours.find_unreadable(42)
    assert len(ours.list_stack(42)) == 1


def test_what_cant_be_read_at_all_is_a_doubt() -> None:
    """A record of which nobody knows whose it is makes the listing prove nothing, without a refusal to read it."""
    reader = feed(b'[{"id":1,"sample_id":42,"layer_id":1},{"sample_id":x}]')
    assert (reader.lost, reader.is_listing) == (1, True)


def test_a_record_without_sample_id_blocks_the_stack_of_its_name() -> None:
    """A null sample_id beside the name of one of our samples concerns that sample, given by name or by id."""
    listing = read([make(None, 1, sample_name="A17"), make(None, 2, sample_name="B"), make(42, 1, sample_name="B")])
    assert "sample_id" in listing.find_unreadable(None, "A17")
    assert "sample_id" in listing.find_unreadable(42, "B")


def test_a_target_material_without_layers_is_no_fault() -> None:
    """An entry with nothing of a layer stands for an empty target material; its name and mark count."""
    empty = {
        "id": None, "sample_id": 50, "sample_name": "A17", "layer_id": None, "composition_string": None,
        "sample_metadata": {"layer_importer": "run/1"},
    }  # fmt: skip
    listing = read([empty])
    assert listing.find_samples("A17") == {50}
    assert listing.find_marked("run/1") == {50}
    assert listing.find_unreadable(50, "A17") == ""
    assert listing.list_stack(50) == []


def test_marks_and_record_ids_are_found_under_other_names() -> None:
    """A server that renames or renumbers doesn't hide what the run has stored."""
    marked = make(60, 1, sample_name="a17", sample_metadata={"layer_importer": "run/3"})
    listing = read([marked, make(70, 9, id="900"), make(42, 1)])
    assert listing.find_marked("run/3") == {60}
    assert len(listing.list_stack(60)) == 1
    [found] = listing.find_by_id(900)
    assert (found["sample_id"], found["layer_id"]) == (70, 9)


def test_names_alike_are_found() -> None:
    """Names that differ by case, blanks and dashes only are told; others aren't."""
    records: list[object] = [
        make(n, 1, sample_name=name) for n, name in enumerate(["a17", "A-17", "A 17", "A18", "A17"])
    ]
    assert read(records).find_alike("A17") == ["A 17", "A-17", "a17"]


def test_a_sample_seen_too_late_is_named_for_another_reading() -> None:
    """Records that were let go before their sample turned out to be ours are read again, not missed."""
    records = [make(60, 1), make(60, 2, sample_name="A17")]
    body = json.dumps(records).encode()
    reader = feed(body)
    assert reader.late == {60}
    again = feed(body, Wanted(sample_ids=frozenset({42, 60}), names=OURS.names))
    assert not again.late
    assert len(again.build().list_stack(60)) == 2


@pytest.mark.parametrize("body", [b"[1,2]", b'[{"detail":"x"}]', b"[[]]", b"[null, 1]"])
def test_what_names_no_sample_is_no_listing(body: bytes) -> None:
    """An array of something else is no listing."""
    assert not feed(body).is_listing


@pytest.mark.parametrize("body", [b"[null]", b'["a text"]', b'[{"id":1,"sample_id":null,"sample_name":"x"}]'])
def test_a_few_unreadable_records_are_passed_over(body: bytes) -> None:
    """A list whose only entries are records that can't be read is a list still, and says how many it passed over."""
    reader = feed(body)
    assert reader.is_listing
    assert "1 record" in reader.build().describe_passed_over()


def list_of(count: int, **evidence: Any) -> Listing:  # noqa: ANN401  # fields of Evidence
    """Return a listing of so many entries that shows layer 1 of sample 42."""
    return Listing(positions={(42, 1): [{}]}, records={900: [{}]}, evidence=Evidence(entries=count, **evidence))


HERE, GONE, MOVED = Known(42, 1), Known(42, 2, 901), Known(42, 2, 900)


@pytest.mark.parametrize(
    ("listing", "known", "after", "words"),
    [
        (list_of(99), (), None, ""),
        (list_of(100), (), None, "exactly 100"),
        (list_of(1000), (), None, "exactly 1000"),
        (list_of(100, total=100), (), None, ""),
        (list_of(100), (HERE,), None, ""),
        (list_of(99), (HERE, GONE), None, "lacks layer 2 of sample 42"),
        (list_of(99), (HERE, MOVED), None, ""),
        (list_of(99, doubts=("cached",)), (HERE,), None, "cached"),
        (list_of(99, made_at=1_000.0), (HERE,), 1_100.0, "100 s older than the last write"),
        (list_of(99, made_at=1_000.0), (HERE,), 1_001.0, ""),
    ],
)
def test_when_absence_proves_nothing(
    listing: Listing, known: tuple[Known, ...], after: float | None, words: str
) -> None:
    """A list that may be cut, cached or late is doubted, with the reason in words; any other isn't."""
    doubt = listing.find_doubt(known, after=after)
    assert words in doubt
    assert bool(doubt) == bool(words)
