"""A run on a PostgreSQL server keeps what a run file keeps, in the server's own way."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from importer.errors import RunFileError, StorageError
from importer.model import Issue, ServerPlace, Severity, Status, Where
from importer.run import (
    Action,
    Aimed,
    Answer,
    End,
    Intent,
    Journal,
    Log,
    RunFile,
    RunMeta,
    State,
    add_issues,
    is_run_there,
    name_fresh,
    remove_run,
    replace_run,
    tables,
)
from importer.tasks.runs import clean_runs, list_runs
from tests.helpers.postgres import get_cluster
from tests.helpers.staging import make_stacks, stage_layers
from tests.helpers.stores import read_server_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.server
META = RunMeta("run-key", "0", 0.0, "import", "http://127.0.0.1:9", staged=True)
ODD = "a\x00b\x1ac\x1a0d\x1a1\u2028\U0001d7d8\\N\t\n"
_numbers = itertools.count()


@pytest.fixture
def place() -> ServerPlace:
    """A place where no run is."""
    return read_server_place(f"{get_cluster().address}&run=t{next(_numbers)}")


@pytest.fixture
def run(place: ServerPlace) -> ServerPlace:
    """A run of two stacks of two layers."""
    stage_layers(place, make_stacks(2, 2))
    return place


def ask(query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the server something as its administrator."""
    with psycopg.connect(get_cluster().address, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


def end_sessions(*, idle_in_lock: bool = False) -> None:
    """End all sessions of this tool as an administrator does, or only those that hold nothing but a run's lock."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'layer-importer%%'"
    if idle_in_lock:
        query += " AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock')"
    assert ask(query)


def end(seq: int, message: str = "stored", **more: Any) -> End:  # noqa: ANN401  # what a record id or an answer is
    """Return a row's end."""
    return End(seq, Status.CREATED, more.get("record_id"), 200, message, 1.0, more.get("answer"))


def test_a_run_is_made_once(place: ServerPlace) -> None:
    """It is there once made, not twice, and its description is what was given."""
    assert not is_run_there(place)
    with RunFile.create(place, META) as made:
        assert made.meta == META
    assert is_run_there(place)
    with pytest.raises(RunFileError, match=r"exists already\. Continue it with `layer-importer resume 'postgresql:"):
        RunFile.create(place, META)
    remove_run(place)
    assert not is_run_there(place)
    remove_run(place)


def test_what_is_not_there_cannot_be_opened(place: ServerPlace) -> None:
    """Neither for reading nor for writing, and it isn't made by that."""
    for readonly in (True, False):
        with pytest.raises(RunFileError, match="There is no run postgresql"):
            RunFile.open(place, readonly=readonly)
    assert not is_run_there(place)


def test_a_run_cut_short_in_the_making_is_none(place: ServerPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies while it makes a run leaves nothing of it, and no lock."""
    with monkeypatch.context() as broken:
        broken.setattr(tables, "SCHEMA_VERSION", None)
        broken.setattr("importer.run.file._dump_meta", lambda _: None)
        with pytest.raises(StorageError):
            RunFile.create(place, META)
    assert not is_run_there(place)
    RunFile.create(place, META).close()


def test_any_text_comes_back_as_it_was(run: ServerPlace) -> None:
    """U+0000, which no text of PostgreSQL holds, what stands for it, and what COPY has a meaning for, all come back."""
    where = Where(f"{ODD}.csv", ODD, 2)
    issue = Issue("a-code", Severity.WARNING, where, ODD, value=ODD, suggestion=ODD, seq=0)
    with RunFile.open(run, readonly=False) as opened:
        add_issues(opened, [issue])
        with Journal(opened) as journal:
            journal.write(Intent(0, 1.0), Log(1.0, "note", ODD))
            journal.write(end(0, ODD))
        opened.set_verified([(1, ODD)])
    with RunFile.open(run) as opened:
        assert list(opened.iter_issues()) == [issue]
        assert [event.text for event in opened.iter_events()] == [ODD]
        rows = list(opened.iter_rows())
        assert (rows[0].message, rows[1].verified) == (ODD, ODD)
    stored = ask(f"SELECT message FROM run_{run.name}.row WHERE seq = 0")  # noqa: S608  # the test's own
    assert "\x00" not in stored[0][0]


def test_numbers_past_32_bits_are_kept(place: ServerPlace) -> None:
    """Rows, stacks, sheets, records and what counts by itself may be more than two thousand million."""
    big = 2**40
    with RunFile.create(place, META) as made:
        with made.store.write() as connection:
            made.store.load(connection, tables.sheets, ("id", "source", "header"), [(big, "a.csv", "[]")])
            made.store.load(connection, tables.stacks, ("id", "sample_id", "action"), [(big, big, "create-layer")])
            columns = (
                "seq",
                "sheet_id",
                "stack_id",
                "layer_id",
                "raw",
                "payload",
                "state",
                *("attempts", "rounds", "message"),
            )
            made.store.load(connection, tables.rows, columns, [(big, big, big, 1, "[]", "{}", "ready", 0, 0, "")])
            for table in ("attempt", "event", "issue"):
                connection.exec_driver_sql(f"ALTER SEQUENCE {table}_id_seq RESTART WITH {big}")
        with Journal(made) as journal:
            journal.write(
                Aimed(big, 2**62, Action.CREATE_LAYER), Answer(big, 1, 0.0, 0.1, 200, "ok", ""), Log(0.0, "a", "b")
            )
            journal.write(Intent(big, 1.0))
            journal.write(end(big, record_id=2**62))
    with RunFile.open(place) as opened:
        (row,) = opened.iter_rows()
        assert (row.seq, row.record_id, row.sample_id) == (big, 2**62, 2**62)
        assert [attempt.seq for attempt in opened.iter_attempts()] == [big]
        ((stack, (work,)),) = opened.list_work([big])
        assert (stack.id, work.seq) == (big, big)


def test_counts_are_grouped_by_what_is_told(run: ServerPlace) -> None:
    """A value that stands twice in a statement is the same value: else nothing could be grouped by it."""
    with RunFile.open(run, readonly=False) as opened:
        with Journal(opened) as journal:
            journal.write(Intent(0, 1.0), Intent(2, 1.0))
            journal.write(end(0))
        assert opened.count_statuses() == {Status.CREATED: 1, Status.UNCONFIRMED: 1, Status.NOT_SENT: 2}
        assert [dict(stack.counts) for stack in opened.iter_stacks()] == [
            {Status.CREATED: 1, Status.NOT_SENT: 1}, {Status.UNCONFIRMED: 1, Status.NOT_SENT: 1},
        ]  # fmt: skip
        assert opened.count_sendable() == (2, 2)


def test_a_row_is_claimed_by_one_alone(run: ServerPlace) -> None:
    """Of a group in which one row isn't ready any more nothing is written: the driver counts over all of them."""
    with RunFile.open(run, readonly=False) as opened:
        with Journal(opened) as journal:
            journal.write(Intent(1, 1.0))
            with pytest.raises(RunFileError, match="1 of 3 rows weren't in the state"):
                journal.write(Intent(0, 1.0), Intent(1, 1.0), Intent(2, 1.0))
        assert [row.seq for row in opened.list_rows_in_state(State.SENDING)] == [1]


def test_one_process_writes_at_a_time(run: ServerPlace) -> None:
    """A second one is told who is at it; a reader isn't kept out; the right comes back with the end."""
    with RunFile.open(run, readonly=False):
        with pytest.raises(RunFileError, match=r"Another process is using the run .* \(layer-importer \S+ \d+, from"):
            RunFile.open(run, readonly=False)
        with RunFile.open(run) as reader:
            assert reader.count_rows() == 4
    RunFile.open(run, readonly=False).close()


def test_who_was_lost_from_sight_writes_nothing(run: ServerPlace) -> None:
    """A process whose lock was freed under it, and whose run another one has gone on with, can't write any more."""
    with RunFile.open(run, readonly=False) as first, Journal(first) as journal:
        journal.write(Intent(0, 1.0))
        end_sessions(idle_in_lock=True)
        with RunFile.open(run, readonly=False) as second:
            with pytest.raises(RunFileError, match="Another process has taken the run"):
                journal.write(Intent(1, 1.0))
            with pytest.raises(RunFileError, match="Another process has taken the run"):
                first.add_event("note", "too late")
            assert [row.seq for row in second.list_rows_in_state(State.SENDING)] == [0]
            assert list(second.iter_events()) == []


def test_a_server_that_is_gone_stops_the_run(run: ServerPlace) -> None:
    """What can't be written any more is a StorageError, which says so, and nothing is written after it."""
    with RunFile.open(run, readonly=False) as opened, Journal(opened) as journal:
        journal.write(Intent(0, 1.0))
        end_sessions()
        for _ in range(2):
            with pytest.raises(StorageError, match=r"The run postgresql.* can't be used \(.*then resume\.$"):
                journal.write(end(0))
    with RunFile.open(run) as opened:
        assert opened.count_statuses() == {Status.UNCONFIRMED: 1, Status.NOT_SENT: 3}


def test_nobody_at_the_address_is_told(place: ServerPlace) -> None:
    """Where no server listens, the error names the place and what to look at."""
    nowhere = ServerPlace("postgresql://lab@127.0.0.1:1/runs", place.name)
    for call in (RunFile.open, is_run_there):
        with pytest.raises(StorageError, match=r"The database of the run postgresql.* can't be reached \(.*refused"):
            call(nowhere)


def test_readers_see_one_moment(run: ServerPlace) -> None:
    """All that a reader is told is of the moment when the run was opened, whatever is written meanwhile."""
    with RunFile.open(run, readonly=False) as writer, Journal(writer) as journal, RunFile.open(run) as reader:
        first = reader.iter_rows()
        next(first)
        journal.write(Intent(0, 1.0), Log(0.0, "a", "b"))
        journal.write(end(0))
        assert reader.count_statuses() == {Status.NOT_SENT: 4}
        assert [row.status for row in first] == [Status.NOT_SENT] * 3
        assert list(reader.iter_events()) == []
        with RunFile.open(run) as later:
            assert later.count_statuses() == {Status.CREATED: 1, Status.NOT_SENT: 3}


def test_a_reader_can_read_two_things_side_by_side_and_stop_early(run: ServerPlace) -> None:
    """Several half-read results in the one transaction don't disturb each other."""
    with RunFile.open(run) as reader:
        pairs = list(zip(reader.iter_rows(), reader.iter_rows(), strict=True))
        assert all(one == other for one, other in pairs)
        next(iter(reader.iter_rows()))
        assert len(list(reader.iter_stacks())) == 2


def test_a_reader_changes_nothing(run: ServerPlace) -> None:
    """The server itself refuses to let a reader write."""
    with RunFile.open(run) as reader, pytest.raises(StorageError, match="read-only transaction"):
        reader.set_meta(META)


def test_a_new_run_takes_the_place_of_an_old_one(run: ServerPlace) -> None:
    """At once, under the old one's name; the old one is kept under another name that anybody can give."""
    fresh = name_fresh(run)
    RunFile.create(fresh, META).close()
    with RunFile.open(run, readonly=False) as old:
        old.seal()
        replace_run(fresh, run, at=0.0)
        replaced = [
            view.path for view in list_runs(get_cluster().address) if view.path.name.startswith(f"{run.name}_old_")
        ]
    with RunFile.open(run) as opened:
        assert opened.count_rows() == 0
    assert len(replaced) == 1
    with RunFile.open(str(replaced[0])) as opened:
        assert opened.count_rows() == 4
    assert not is_run_there(fresh)


def test_the_place_of_a_run_that_is_read_is_not_taken(run: ServerPlace) -> None:
    """A reader would go on with the tables of the new one, in which it sees nothing; it is told, nothing is changed."""
    fresh = name_fresh(run)
    RunFile.create(fresh, META).close()
    with RunFile.open(run) as reader:
        with pytest.raises(RunFileError, match=r"Another program has .* open"):
            replace_run(fresh, run, at=0.0)
        with pytest.raises(RunFileError, match=r"Another program has .* open"):
            remove_run(run)
        assert reader.count_rows() == 4
    replace_run(fresh, run, at=0.0)


def test_a_newer_run_is_left_alone(run: ServerPlace) -> None:
    """A run of a version to come is refused, for reading and for writing, and the lock is given back."""
    ask(f"UPDATE run_{run.name}.meta SET value = '{tables.SCHEMA_VERSION + 1}' WHERE key = 'version'")  # noqa: S608
    for readonly in (True, False, False):
        with pytest.raises(RunFileError, match="Use the newer version of layer-importer"):
            RunFile.open(run, readonly=readonly)


def test_an_older_run_is_brought_up_to_date_wholly_or_not_at_all(
    run: ServerPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration that fails changes nothing; one that succeeds is made once; a reader is told how to get it."""
    number = tables.SCHEMA_VERSION
    monkeypatch.setattr(tables, "SCHEMA_VERSION", number + 1)
    with pytest.raises(RunFileError, match=r"`layer-importer resume 'postgresql:.*updates it"):
        RunFile.open(run)
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_schema = %s AND column_name = 'extra'"
    added = "ALTER TABLE row ADD COLUMN extra TEXT"
    for statements, count in (((added, "not a statement"), 0), ((added,), 1), ((added,), 1)):
        monkeypatch.setitem(tables.MIGRATIONS, number, statements)
        with contextlib.suppress(StorageError), RunFile.open(run, readonly=False) as opened:
            assert opened.count_rows() == 4
        assert ask(columns, f"run_{run.name}") == [(count,)]


@pytest.mark.parametrize("statement", ["DELETE FROM meta", "DROP TABLE meta", "UPDATE meta SET value = 'x'"])
def test_a_schema_that_is_no_run_is_refused(run: ServerPlace, statement: str) -> None:
    """Somebody else's schema of such a name, or a damaged one, is told in a sentence."""
    ask(f"SET search_path = run_{run.name}; {statement}")
    with pytest.raises(RunFileError, match=rf"run={run.name}"):
        RunFile.open(run)


def test_a_pooler_is_refused(run: ServerPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who numbers sessions itself, as pgbouncer does, or refuses settings of a session, would share out our lock."""
    with monkeypatch.context() as patched:
        patched.setattr(psycopg.ConnectionInfo, "backend_pid", 1)
        with pytest.raises(RunFileError, match="Use the address of PostgreSQL itself"):
            RunFile.open(run)

    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("FATAL: unsupported startup parameter: options")

    monkeypatch.setattr(psycopg, "connect", refuse)
    with pytest.raises(RunFileError, match="Use the address of PostgreSQL itself"):
        RunFile.open(run)


@pytest.fixture
def odd_database() -> Iterator[str]:
    """The address of a database that doesn't keep texts in UTF-8."""
    ask("CREATE DATABASE odd ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    yield get_cluster().address.replace("/postgres?", "/odd?")
    ask("DROP DATABASE odd")


def test_a_database_that_cannot_hold_all_texts_is_refused(odd_database: str) -> None:
    """The error says how to make one that can."""
    with pytest.raises(RunFileError, match="ENCODING 'UTF8'"):
        RunFile.create(f"{odd_database}&run=a", META)


@pytest.fixture
def hurried_role() -> Iterator[str]:
    """The address with a role that may do nothing, and whose sessions end soon."""
    ask("CREATE ROLE hurried LOGIN")
    for name in ("idle_session_timeout", "idle_in_transaction_session_timeout", "statement_timeout"):
        ask(f"ALTER ROLE hurried SET {name} = 100")
    ask("ALTER ROLE hurried SET default_transaction_isolation = 'serializable'")
    yield get_cluster().address.replace("lab@", "hurried@")
    ask("DROP OWNED BY hurried")
    ask("DROP ROLE hurried")


def test_a_role_needs_rights_and_its_haste_does_not_count(hurried_role: str, place: ServerPlace) -> None:
    """Without the right to make a schema that is told; with it, the role's time limits don't end our sessions."""
    own = ServerPlace(hurried_role, place.name)
    with pytest.raises(StorageError, match="permission denied"):
        RunFile.create(own, META)
    ask("GRANT CREATE ON DATABASE postgres TO hurried")
    with RunFile.create(own, META) as made:
        found = ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'hurried'")
        with made.store.read() as connection:
            for name in ("idle_session_timeout", "idle_in_transaction_session_timeout", "statement_timeout"):
                assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "0"
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "read committed"
    assert found[0][0] >= 1


def test_intents_are_synchronous_whatever_the_database_says(run: ServerPlace) -> None:
    """A commit means *on disk* also where the database's usual is otherwise."""
    ask("ALTER DATABASE postgres SET synchronous_commit = off")
    try:
        with RunFile.open(run, readonly=False) as opened, opened.store.read() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    finally:
        ask("ALTER DATABASE postgres RESET synchronous_commit")


def test_the_runs_of_a_database_are_listed_and_cleaned() -> None:
    """The newest first, with what came of each; one that can't be read says why; dry runs alone are removed."""
    ask("CREATE DATABASE listed")
    address = get_cluster().address.replace("/postgres?", "/listed?")
    for number, mode in enumerate(("import", "dry-run", "import")):
        meta = RunMeta("key", "0", float(number + 1), mode, None, staged=True)
        RunFile.create(f"{address}&run=a{number}", meta).close()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA run_other"))
        connection.execute(sql.SQL("CREATE SCHEMA elsewhere"))
    assert _list_names(list_runs(address)) == ["a2", "a1", "a0", "other"]
    assert [bool(view.fault) for view in list_runs(address)] == [False, False, False, True]
    assert [removed.name for removed in clean_runs(address)] == ["a1"]
    assert _list_names(list_runs(address)) == ["a2", "a0", "other"]


def _list_names(views: Sequence[Any]) -> list[str]:
    return [view.path.name for view in views]
