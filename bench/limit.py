"""The limit: a bare WSGI app that does no more than run one statement whose JSON PostgreSQL builds.

It checks no token, counts no limit, writes no log: what a request costs here is what Gunicorn, the driver and the socket
cost. Every service on the same stack can only come near to it.
"""

import os
import threading

import psycopg

CALLER = os.environ["BENCH_CALLER"]
ROW = """json_build_object('id', t.id, 'version', t.version, 'list_id', t.list_id, 'parent_id', t.parent_id, 'task', t.task,
  'notes', t.notes, 'done', t.done, 'completed_at', t.completed_at, 'priority', t.priority, 'due_on', t.due_on, 'due_at', t.due_at,
  'remind_at', t.remind_at, 'recurrence', t.recurrence, 'series_id', t.series_id, 'tags', t.tags, 'assignee_id', t.assignee_id,
  'position', t.position, 'created_by', t.created_by, 'created_at', t.created_at, 'updated_at', t.updated_at, 'deleted_at', t.deleted_at)"""
ONE = f"""SELECT {ROW}::text FROM todos t JOIN members m ON m.list_id = t.list_id AND m.user_id = %s WHERE t.id = %s AND t.deleted_at IS NULL"""
LIST = f"""SELECT json_build_object('data', json_agg({ROW}))::text FROM (
  SELECT x.* FROM members m JOIN lists l ON l.id = m.list_id AND NOT l.archived, LATERAL (
    SELECT * FROM todos WHERE list_id = m.list_id AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT %s) x
  WHERE m.user_id = %s ORDER BY x.created_at DESC, x.id DESC LIMIT %s) t"""
local = threading.local()


def fetch(statement, values):
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    return local.connection.execute(statement, values).fetchone()[0]


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/api/v1/todos":
        limit = int(environ["QUERY_STRING"].partition("limit=")[2])
        body = fetch(LIST, (limit, CALLER, limit)).encode()
    else:
        body = fetch(ONE, (CALLER, path.rpartition("/")[2])).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
