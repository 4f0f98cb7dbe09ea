"""The real command killed by SIGKILL at every labelled step of the protocol and at random moments, then resumed."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.run import RunFile, is_run_there, remove_run
from tests.helpers.processes import KEY, read_url, run_sandbox
from tests.helpers.stores import BOTH, FILE, find_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
LABELS = (
    "before-intent",
    "after-intent",
    "after-send",
    "before-answer",
    "after-answer",
    "staging",
    "planning",
    "settling",
)
FORMULAS = ("SrTiO3", "BaTiO3", "LaAlO3", "SrRuO3")
STACKS, LAYERS = 4, 3
NAMED_LAYERS = 2
CASES_A_SANDBOX = 7
"""Together they store 98 layers: a list of exactly 100 is refused, for it may be the first page of a longer one."""
SETTLE = "0.05"
"""Seconds; the sandbox has answered what it was asked before a dead process's run is gone on with, see `Case.rest`."""
ROWS = STACKS * LAYERS + NAMED_LAYERS
_numbers = iter(range(1, 1_000_000))

short = pytest.mark.parametrize("passes", [1, 4])
whole = pytest.mark.parametrize("passes", range(1, 25))


class Sandboxes:
    """Sandboxes for the whole sweep, each for some cases: what one lists of all grows with every case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self._url = ""
        self._taken = 0

    def take(self) -> str:
        """Return the address of one that has room for a case."""
        if self._taken % CASES_A_SANDBOX == 0:
            self.close()
            store = self._folder / f"{self._taken}.sqlite"
            self._url = self._running.enter_context(run_sandbox("--store", str(store))).url
        self._taken += 1
        return self._url

    def close(self) -> None:
        """End the one that runs."""
        self._running.close()


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandboxes]:
    """Sandboxes, one at a time; each case has samples of its own."""
    found = Sandboxes(tmp_path_factory.mktemp("sandbox"))
    yield found
    found.close()


class Case:
    """One import with samples of its own, and what the server holds of them."""

    def __init__(self, parent: Path, url: str, run_cli: Any, start_cli: Any, store: str) -> None:  # noqa: ANN401
        self.number = next(_numbers)
        folder = parent / str(self.number)
        folder.mkdir()
        self.run = find_place(store, folder / "r.run.sqlite")
        self.folder = folder
        self.url, self._run_cli, self._start_cli = url, run_cli, start_cli
        self.samples = [self.number * 100 + stack for stack in range(STACKS)]
        self.name = f"case-{self.number}"
        rows = [
            f"{sample},,,{layer},{FORMULAS[layer]}" for sample in self.samples for layer in range(1, LAYERS + 1)
        ] + [f",{self.name},MgO,{layer},{FORMULAS[layer]}" for layer in range(1, NAMED_LAYERS + 1)]
        self.table = folder / "stacks.csv"
        self.table.write_text("sample_id,sample_name,substrate,layer_id,formula\n" + "\n".join(rows) + "\n")
        self.options = ["--run", str(self.run), "--workers", "3", "--settle", SETTLE]

    def crash_at(self, label: str, passes: int) -> int:
        """Import, and die at a labelled step; return the exit code (0 if the step was never reached)."""
        script = str(HERE / "crash_points.py")
        process = self._start_cli(
            "import", str(self.table), *self.options, url=self.url, program=[script, label, str(passes)]
        )
        said = process.communicate(timeout=120)
        self.check_secret(*said)
        self.rest()
        code = int(process.wait())
        assert code in {-signal.SIGKILL, 0}, said
        return code

    def crash_after(self, seconds: float) -> None:
        """Import, and die after a time."""
        process = self._start_cli("import", str(self.table), *self.options, url=self.url)
        time.sleep(seconds)
        process.kill()
        self.check_secret(*process.communicate(timeout=60))
        self.rest()

    def rest(self) -> None:
        """Wait until the sandbox, which works on one request after the other, is through with all it got."""
        for _ in range(2):
            read_url(self.url, "/_sandbox/faults")

    def check_secret(self, *texts: str) -> None:
        """Neither what was printed nor any file that the dead process left behind holds the key."""
        assert all(KEY not in text for text in texts)
        for path in self.folder.iterdir():
            assert KEY.encode() not in path.read_bytes(), path

    def finish(self) -> None:
        """Go on until done: resume, or import again where nothing had been sent when it died."""
        for _ in range(4):
            if is_run_there(self.run):
                ended = self._run_cli("resume", str(self.run), "--settle", SETTLE, url=self.url)
                if "were being read" in ended.stderr or "isn't a run file" in ended.stderr:
                    remove_run(self.run)
                    continue
            else:
                ended = self._run_cli("import", str(self.table), *self.options, url=self.url)
            if ended.returncode == 0:
                return
        pytest.fail(f"never finished: {ended.stdout}{ended.stderr}")

    def list_records(self) -> list[dict[str, Any]]:
        """Return what the server holds of this case, in the order of storing."""
        mine = [
            record
            for record in read_url(self.url, "/target-materials/")
            if record["sample_id"] in self.samples or record["sample_name"] == self.name
        ]
        return sorted(mine, key=lambda record: int(record["id"]))

    def list_posts(self) -> Counter[tuple[Any, Any]]:
        """Return how many writes of each layer, or of the named stack, the server saw."""
        posts: Counter[tuple[Any, Any]] = Counter()
        for entry in read_url(self.url, "/_sandbox/log"):
            if entry["method"] != "POST":
                continue
            body = json.loads(entry["body"])
            if "sample" in body:
                if body["sample"]["sample_name"] == self.name:
                    posts[self.name, None] += 1
            elif body.get("sample_id") in self.samples:
                posts[body["sample_id"], body["layer_id"]] += 1
        return posts

    def check(self) -> None:
        """Each layer stored once, in order, told truly; no write without an intent; another resume writes nothing."""
        records = self.list_records()
        positions = Counter((record["sample_id"], record["layer_id"]) for record in records)
        assert len(positions) == ROWS
        assert set(positions.values()) == {1}
        for sample in {record["sample_id"] for record in records}:
            layers = [record["layer_id"] for record in records if record["sample_id"] == sample]
            assert layers == sorted(layers)
        posts = self.list_posts()
        with RunFile.open(self.run) as run:
            rows = list(run.iter_rows())
        assert len(rows) == ROWS
        stored = {record["id"]: record for record in records}
        for row in rows:
            assert row.status in {"created", "unchanged"}
            record = stored[row.record_id]
            assert (record["sample_id"], record["layer_id"]) == (row.sample_id, row.layer_id)
            assert record["composition_string"] == json.loads(row.payload or "{}")["composition_string"]
            key = (self.name, None) if row.sample_name == self.name else (row.sample_id, row.layer_id)
            assert posts[key] <= max(1, row.attempts)
        assert self._run_cli("resume", str(self.run), "--settle", SETTLE, url=self.url).returncode == 0
        assert self.list_posts() == posts


@pytest.fixture(params=BOTH)
def make_case(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sandboxes: Sandboxes,
    run_cli: Any,  # noqa: ANN401
    start_forked: Any,  # noqa: ANN401
) -> Callable[[], Case]:
    """Make cases with samples of their own, whose processes are forked with everything loaded, over both stores."""
    return lambda: Case(tmp_path, sandboxes.take(), run_cli, start_forked, request.param)


@pytest.fixture
def make_whole_case(tmp_path: Path, sandboxes: Sandboxes, run_cli: Any, start_cli: Any) -> Callable[[], Case]:  # noqa: ANN401
    """The same with processes that start from nothing."""
    return lambda: Case(tmp_path, sandboxes.take(), run_cli, start_cli, FILE)


def sweep(make_case: Callable[[], Case], label: str, passes: int) -> None:
    """Crash at a step, go on, check."""
    case = make_case()
    code = case.crash_at(label, passes)
    if passes == 1 and label != "settling":
        assert code == -9, "the labelled step was never reached"
    case.finish()
    case.check()


@short
@pytest.mark.parametrize("label", LABELS)
def test_killed_at_a_labelled_step(make_case: Callable[[], Case], label: str, passes: int) -> None:
    """Wherever the process dies, going on stores each layer once and tells it truly."""
    sweep(make_case, label, passes)


@pytest.mark.long
@whole
@pytest.mark.parametrize("label", LABELS)
def test_killed_at_every_pass_of_a_labelled_step(make_case: Callable[[], Case], label: str, passes: int) -> None:
    """The same at every pass."""
    sweep(make_case, label, passes)


def crash_at_random(make_case: Callable[[], Case], count: int, earliest: float, latest: float) -> None:
    """Crash at seeded random moments, go on, check."""
    rng = random.Random(20261123)  # noqa: S311  # moments, not secrets
    for _ in range(count):
        case = make_case()
        case.crash_after(rng.uniform(earliest, latest))
        case.finish()
        case.check()


def test_killed_at_random_moments_of_a_whole_life(make_whole_case: Callable[[], Case]) -> None:
    """At seeded random moments of a process's life, from its first import on."""
    crash_at_random(make_whole_case, 4, 0.3, 2.0)


@pytest.mark.parametrize("count", [pytest.param(10, id="few"), pytest.param(200, id="many", marks=pytest.mark.long)])
def test_killed_at_random_moments(make_case: Callable[[], Case], count: int) -> None:
    """At seeded random moments between the first byte read and the end, staging and sending alike."""
    crash_at_random(make_case, count, 0.01, 0.4)
