import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic

import psycopg
import pytest
from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.exc import OperationalError

from app.core import connections
from app.core.database import (
    after_commit,
    after_end,
    execute,
    fetch_all,
    fetch_one,
    in_transaction,
    on_sqlite,
    open_connection,
    release,
    transaction,
)
from app.core.statements import Prepared
from app.core.types import id_time, is_id, new_id, now
from app.lists.models import List
from tests.arrange import make_todo


@pytest.fixture
def context(app):
    """The inside of the app, without a request."""
    with app.app_context():
        yield


def add_list(name):
    list_id = new_id()
    values = {"name": name, "color": None, "archived": False, "inbox": False, "open_count": 0, "version": 1}
    execute(insert(List).values(id=list_id, created_at=now(), updated_at=now(), **values))
    return list_id


def exists(list_id):
    return fetch_one(select(List.id).where(List.id == list_id)) is not None


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_a_new_file_of_sqlite_is_for_who_runs_the_service_alone(make_app, tmp_path, umask):
    file, before = tmp_path / "app.db", os.umask(umask)
    try:
        with make_app(DATABASE_URL=f"sqlite:///{file}").app_context(), transaction():
            execute(text("CREATE TABLE notes (body TEXT)"))
            assert {beside.name: beside.stat().st_mode & 0o077 for beside in tmp_path.iterdir()} == dict.fromkeys(
                ["app.db", "app.db-wal", "app.db-shm"], 0
            )
    finally:
        os.umask(before)


def test_what_is_done_in_a_transaction_lasts(context):
    with transaction():
        list_id = add_list("kept")

    assert exists(list_id)


def test_a_transaction_that_fails_leaves_nothing(context):
    with pytest.raises(ZeroDivisionError), transaction():
        list_id = add_list("gone")
        raise ZeroDivisionError

    assert not exists(list_id)


def test_a_transaction_inside_another_is_part_of_it(context):
    with pytest.raises(ZeroDivisionError), transaction():
        with transaction():
            list_id = add_list("gone")
        raise ZeroDivisionError

    assert not exists(list_id)


def test_a_statement_outside_of_a_transaction_lasts_by_itself(context):
    list_id = add_list("kept")

    assert exists(list_id)


def test_after_a_failure_the_next_transaction_works(context):
    with pytest.raises(ZeroDivisionError), transaction():
        raise ZeroDivisionError

    assert not in_transaction()
    with transaction():
        list_id = add_list("kept")
    assert exists(list_id)


def test_what_waits_for_the_commit_happens_after_it(context):
    seen = []
    with transaction():
        after_commit(lambda: seen.append(in_transaction()))
        assert seen == []

    assert seen == [False]


def test_what_waits_for_the_commit_never_happens_without_one(context):
    seen = []
    with pytest.raises(ZeroDivisionError), transaction():
        after_commit(lambda: seen.append("committed"))
        after_end(lambda: seen.append("ended"))
        raise ZeroDivisionError

    assert seen == ["ended"]


def test_without_a_transaction_there_is_nothing_to_wait_for(context):
    seen = []
    after_commit(lambda: seen.append("committed"))
    after_end(lambda: seen.append("ended"))

    assert seen == ["committed", "ended"]


def test_instants_come_back_as_they_were(context):
    moment = now()
    with transaction():
        list_id = add_list("x")
        execute(text("UPDATE lists SET name = 'y' WHERE id = :id"), {"id": list_id})
        row = fetch_one(select(List.created_at).where(List.id == list_id))

    assert row.created_at.utcoffset().total_seconds() == 0
    assert row.created_at >= moment


def test_ids_sort_by_the_time_they_were_made():
    ids = [new_id() for _ in range(1000)]

    assert ids == sorted(ids)
    assert all(is_id(each) and each[14] == "7" for each in ids)
    assert abs((id_time(ids[0]) - now()).total_seconds()) < 5


def test_many_writers_at_once_all_get_through(app, user, make_client):
    account = user()
    clients = [make_client(account) for _ in range(20)]

    def write(client):
        todo = client.post("/todos", {"task": "x"})
        moved = client.patch(f"/todos/{todo.json['id']}", {"parent_id": None, "done": True})
        listed = client.post("/lists", {"name": "x"})
        gone = client.delete(f"/todos/{todo.json['id']}")
        return [answer.status_code for answer in (todo, moved, listed, gone)]

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(write, clients))

    assert outcomes == [[201, 200, 201, 204]] * 20


def test_a_reader_does_not_wait_for_a_writer(app, client):
    with ThreadPoolExecutor() as pool, app.app_context(), transaction():
        add_list("not yet committed")

        assert pool.submit(client.get, "/lists").result(10).status_code == 200


def test_sqlite_waits_for_other_writers_and_checks_references(context):
    if not on_sqlite():
        pytest.skip("for SQLite alone")

    pragmas = {
        name: fetch_one(text(f"PRAGMA {name}"))[0] for name in ("journal_mode", "foreign_keys", "busy_timeout", "recursive_triggers")
    }

    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15_000, "recursive_triggers": 1}


def test_no_row_of_the_search_index_outlives_its_todo(app, client):
    todo = client.post("/todos", {"task": "zygote"}).json
    client.patch(f"/todos/{todo['id']}", {"task": "zygotes"})
    client.delete(f"/todos/{todo['id']}?permanent=true")

    with app.app_context():
        if not on_sqlite():
            pytest.skip("for SQLite alone")
        assert fetch_all(text("SELECT id FROM todo_search WHERE todo_search MATCH :word"), {"word": "zygot*"}) == []


@pytest.mark.postgresql
def test_who_waits_for_a_lock_for_long_is_told_to_come_back(app, client):
    todo = make_todo(client)
    with psycopg.connect(app.config["DATABASE_URL"].replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM todos WHERE id = %s FOR UPDATE", [todo["id"]])
        begun = monotonic()
        refused = client.patch(f"/todos/{todo['id']}", {"done": True})
        waited = monotonic() - begun

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert 1.5 < waited < 5
    assert client.patch(f"/todos/{todo['id']}", {"done": True}).status_code == 200


@pytest.mark.postgresql
def test_a_worker_waits_for_locks(lone_app):
    with lone_app.app_context():
        patience = execute(text("SHOW lock_timeout")).scalar_one()
        release()
        lone_app.extensions["worker_process_init"]()

        assert (patience, execute(text("SHOW lock_timeout")).scalar_one()) == ("2s", "0")


@pytest.mark.postgresql
def test_a_worker_waits_for_a_database_that_is_slow_to_take_what_it_sends(make_app, monkeypatch):
    """As many rows at once are, while their words are put into the index."""
    monkeypatch.setitem(connections._DEAD_NETWORK, "tcp_user_timeout", 500)
    app = make_app()
    with app.app_context():
        app.extensions["worker_process_init"]()
        with transaction():
            execute(text("CREATE TEMPORARY TABLE slow (body TEXT CHECK (body <> 'slow' OR pg_sleep(3) IS NOT NULL)) ON COMMIT DROP"))
            cursor = open_connection().connection.cursor()
            with cursor, cursor.copy("COPY slow FROM STDIN") as copy:
                copy.write_row(["slow"])
                for _ in range(200):
                    copy.write_row(["x" * 100_000])  # all together more than what a network buffers

            assert execute(text("SELECT count(*) FROM slow")).scalar_one() == 201


@pytest.mark.postgresql
def test_a_connection_that_is_lost_inside_a_transaction_is_what_the_caller_hears_of(context, app):
    statement = Prepared(select(List.id).where(List.id == bindparam("id")))
    with pytest.raises(OperationalError), transaction():
        backend = execute(select(func.pg_backend_pid())).scalar_one()
        with psycopg.connect(app.config["DATABASE_URL"].replace("+psycopg", "")) as other:
            other.execute("SELECT pg_terminate_backend(%s, 1000)", [backend])
        statement.one({"id": new_id()})

    assert statement.one({"id": new_id()}) is None


@pytest.mark.postgresql
def test_what_is_prepared_outlives_transactions_that_are_rolled_back(context):
    statement = Prepared(select(List.id).where(List.id == bindparam("id")))

    for _ in range(30):
        with suppress(ZeroDivisionError), transaction():
            for _ in range(4):
                assert statement.one({"id": new_id()}) is None
            raise ZeroDivisionError


@pytest.mark.postgresql
def test_what_the_database_was_made_to_forget_is_prepared_again(context):
    statement = Prepared(select(List.id).where(List.id == bindparam("id")))
    execute(select(1))  # so that all of this is on one connection
    for _ in range(4):
        statement.one({"id": new_id()})
    execute(text("DEALLOCATE ALL"))

    assert statement.one({"id": new_id()}) is None
