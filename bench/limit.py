"""The limit: a bare WSGI app that does no more than run one statement whose JSON PostgreSQL builds.

It checks no token, counts no limit, writes no log: what a request costs here is what Gunicorn, the driver and the socket
cost. Every service on the same stack can only come near to it.
"""

import os
import threading
from urllib.parse import parse_qs

import psycopg

CALLER = os.environ["BENCH_CALLER"]
ROW = """json_build_object('id', t.id, 'version', t.version, 'list_id', t.list_id, 'parent_id', t.parent_id, 'task', t.task,
  'notes', t.notes, 'done', t.done, 'completed_at', t.completed_at, 'priority', t.priority, 'due_on', t.due_on, 'due_at', t.due_at,
  'remind_at', t.remind_at, 'recurrence', t.recurrence, 'series_id', t.series_id, 'tags', t.tags, 'assignee_id', t.assignee_id,
  'position', t.position, 'created_by', t.created_by, 'created_at', t.created_at, 'updated_at', t.updated_at, 'deleted_at', t.deleted_at)"""
ONE = f"""SELECT {ROW}::text FROM todos t JOIN members m ON m.list_id = t.list_id AND m.user_id = %s WHERE t.id = %s AND t.deleted_at IS NULL"""
# The best rows of each list, then the best of those: the statement that Tickbox sends, but for a search, which it takes rank by rank.
PAGE = """SELECT json_build_object('data', json_agg({row}))::text FROM (
  SELECT x.* FROM members m JOIN lists l ON l.id = m.list_id AND NOT l.archived, LATERAL (
    SELECT todos.*, {key} AS page_key FROM todos WHERE list_id = m.list_id AND deleted_at IS NULL{condition}
    ORDER BY page_key {order}, id {order} LIMIT %(limit)s) x
  WHERE m.user_id = %(caller)s ORDER BY x.page_key {order}, x.id {order} LIMIT %(limit)s) t"""
LIST = PAGE.format(row=ROW, key="created_at", condition="", order="DESC")
# 3 is high, as in app/todos/rules.py. An ascending order has its nulls last.
FILTERED = PAGE.format(row=ROW, key="due_key", condition=" AND NOT done AND priority = 3", order="ASC")
RANK = "CASE WHEN search @@ %(whole)s::tsquery THEN 2 WHEN search @@ %(begin)s::tsquery THEN 1 ELSE 0 END"
SEARCH = PAGE.format(row=ROW, key=RANK, condition=" AND search @@ %(found)s::tsquery", order="DESC")
local = threading.local()


def fetch(statement, values):
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    return local.connection.execute(statement, values).fetchone()[0]


def page(query):
    values = {"caller": CALLER, "limit": int(query["limit"][0])}
    if "q" in query:
        words = query["q"][0].split()
        marks = {"found": ":*AB", "whole": ":A", "begin": ":*A"}
        return fetch(SEARCH, values | {name: " & ".join(word + mark for word in words) for name, mark in marks.items()})
    return fetch(FILTERED if "priority" in query else LIST, values)


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/api/v1/todos":
        body = page(parse_qs(environ["QUERY_STRING"])).encode()
    else:
        body = fetch(ONE, (CALLER, path.rpartition("/")[2])).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
