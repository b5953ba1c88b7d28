"""A page of todos: the best of the first rows of each of the caller's lists, which come straight from an index.

The statement is written by hand, as it would be once a page of a large table has shown to be slow; entities come of it all the same.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from json import dumps, loads
from uuid import UUID

from derived import PRIORITIES, search_values
from flask import request
from flask_jwt_extended import current_user
from flask_restful import abort, inputs, reqparse
from models import Todo, db
from sqlalchemy import column, text

COLUMNS = [each for each in Todo.__table__.columns if each.name not in ("search", "task_key")]
PAGE = """
SELECT first.*
FROM members JOIN lists ON lists.id = members.list_id AND NOT lists.archived
CROSS JOIN LATERAL (
    SELECT {columns}, {key} AS page_key FROM todos
    WHERE list_id = members.list_id AND deleted_at IS NULL {conditions}
    ORDER BY page_key {direction}, id {direction} LIMIT {limit}
) AS first
WHERE members.user_id = :caller
ORDER BY page_key {direction}, id {direction} LIMIT {limit}
"""
RANK = "CASE WHEN search @@ CAST(:whole AS tsquery) THEN 2 WHEN search @@ CAST(:begin AS tsquery) THEN 1 ELSE 0 END"
ORDERS = {"-created_at": ("created_at", "DESC"), "due": ("due_key", "ASC"), "best match": (RANK, "DESC")}


def phrase(words):
    """Free text, up to 500 characters, without NUL."""
    if "\0" in words or len(words) > 500:
        raise ValueError("Must be at most 500 characters, without NUL.")
    return words


parser = reqparse.RequestParser(bundle_errors=True)
parser.add_argument("limit", type=inputs.int_range(1, 200), default=50, location="args")
parser.add_argument("cursor", location="args")
parser.add_argument("done", choices=("true", "false"), location="args")
parser.add_argument("priority", choices=PRIORITIES, action="append", location="args")
parser.add_argument("sort", choices=("-created_at", "due"), location="args")
parser.add_argument("q", type=phrase, location="args")


def page():
    """The todos that the query string asks for, and the cursor of the next page. Answers 422 where it is not valid."""
    unknown = request.args.keys() - {argument.name for argument in parser.args}
    if unknown:  # `strict=True` would look for a JSON body
        abort(422, message=dict.fromkeys(unknown, "Unknown query parameter."))
    args = parser.parse_args(http_error_code=422)
    sort, limit = args["sort"] or "-created_at", args["limit"]
    conditions, values = [], {"caller": current_user.id}
    if args["done"]:
        conditions.append("done" if args["done"] == "true" else "NOT done")
    if args["priority"]:
        conditions.append("priority = ANY(:priority)")
        values["priority"] = [PRIORITIES.index(word) for word in args["priority"]]
    queries = search_values(args["q"] or "")
    if queries["search"]:
        conditions.append("search @@ CAST(:search AS tsquery)")
        values |= queries
        sort = args["sort"] or "best match"
    elif (args["q"] or "").strip():
        conditions.append("false")
    key, direction = ORDERS[sort]
    if args["cursor"]:
        values["after_key"], values["after_id"] = read_cursor(args["cursor"], sort)
        conditions.append(after(key, direction, values["after_key"]))
    return fetch(sort, conditions, values, limit)


def fetch(sort, conditions, values, limit):
    """The first todos that meet the conditions, and the cursor of what comes after them."""
    key, direction = ORDERS[sort]
    columns, also = ", ".join(each.name for each in COLUMNS), "".join(f" AND ({condition})" for condition in conditions)
    sql = PAGE.format(columns=columns, key=key, conditions=also, direction=direction, limit=limit + 1)
    statement = text(sql).columns(*COLUMNS, column("page_key"))
    rows = db.session.execute(db.select(Todo, column("page_key")).from_statement(statement), values).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return [row.Todo for row in rows[:limit]], write_cursor(sort, last) if last else None


def after(key, direction, seen):
    """The condition that a todo comes after the last one seen."""
    if direction == "DESC":
        return f"({key}, id) < (:after_key, :after_id)"
    if seen is None:
        return f"{key} IS NULL AND id > :after_id"
    return f"({key}, id) > (:after_key, :after_id) OR {key} IS NULL"


def write_cursor(sort, row):
    """The place of a todo in a collection."""
    key = row.page_key
    body = dumps([sort, key.isoformat() if isinstance(key, datetime) else key, str(row.Todo.id)])
    return urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_cursor(cursor, sort):
    """The key and the id that a cursor holds. Answers 422 where it is none of this sort."""
    try:
        of, key, todo_id = loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if of != sort:
            raise ValueError(of)
        return datetime.fromisoformat(key) if isinstance(key, str) else key, UUID(todo_id)
    except (ValueError, TypeError, AttributeError):
        abort(422, message={"cursor": "Not a valid cursor."})
