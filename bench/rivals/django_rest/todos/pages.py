"""A page of todos in SQL of its own: the best of the first rows of each of the caller's lists, which come straight from an index.

Django's ORM has no LATERAL, and what it can say instead sorts all todos of the caller for each page.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from json import dumps, loads
from uuid import UUID

from derived import search_values
from rest_framework.exceptions import ValidationError

from todos.models import Todo

COLUMNS = ", ".join(field.column for field in Todo._meta.concrete_fields if field.column not in ("search", "task_key"))
PAGE = """
SELECT first.*
FROM members JOIN lists ON lists.id = members.list_id AND NOT lists.archived
CROSS JOIN LATERAL (
    SELECT {columns}, {key} AS page_key FROM todos
    WHERE list_id = members.list_id AND deleted_at IS NULL {conditions}
    ORDER BY page_key {direction}, id {direction} LIMIT {limit}
) AS first
WHERE members.user_id = %(caller)s
ORDER BY page_key {direction}, id {direction} LIMIT {limit}
"""
RANK = "CASE WHEN search @@ %(whole)s::tsquery THEN 2 WHEN search @@ %(begin)s::tsquery THEN 1 ELSE 0 END"
ORDERS = {"-created_at": ("created_at", "DESC"), "due": ("due_key", "ASC"), "best match": (RANK, "DESC")}


def page_of(user, params):
    """The todos that the query parameters ask for, and the cursor of the next page. Raises ValidationError."""
    sort, limit = params.get("sort", "-created_at"), params.get("limit", 50)
    conditions, values = [], {"caller": user.id}
    if "done" in params:
        conditions.append("done" if params["done"] == "true" else "NOT done")
    if "priority" in params:
        conditions.append("priority = ANY(%(priority)s)")
        values["priority"] = params["priority"]
    queries = search_values(params.get("q", ""))
    if queries["search"]:
        conditions.append("search @@ %(search)s::tsquery")
        values |= queries
        sort = params.get("sort", "best match")
    elif params.get("q"):
        conditions.append("false")
    key, direction = ORDERS[sort]
    if "cursor" in params:
        values["after_key"], values["after_id"] = read_cursor(params["cursor"], sort)
        conditions.append(after(key, direction, values["after_key"]))
    also = "".join(f" AND ({condition})" for condition in conditions)
    todos = list(Todo.objects.raw(PAGE.format(columns=COLUMNS, key=key, conditions=also, direction=direction, limit=limit + 1), values))
    last = todos[limit - 1] if len(todos) > limit else None
    return todos[:limit], write_cursor(sort, last) if last else None


def after(key, direction, seen):
    """The condition that a todo comes after the last one seen."""
    if direction == "DESC":
        return f"({key}, id) < (%(after_key)s, %(after_id)s)"
    if seen is None:
        return f"{key} IS NULL AND id > %(after_id)s"
    return f"({key}, id) > (%(after_key)s, %(after_id)s) OR {key} IS NULL"


def write_cursor(sort, todo):
    """The place of a todo in a collection."""
    key = todo.page_key
    body = dumps([sort, key.isoformat() if isinstance(key, datetime) else key, str(todo.id)])
    return urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_cursor(text, sort):
    """The key and the id that a cursor holds. Raises ValidationError."""
    try:
        of, key, todo_id = loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if of != sort:
            raise ValueError(of)
        return datetime.fromisoformat(key) if isinstance(key, str) else key, UUID(todo_id)
    except (ValueError, TypeError, AttributeError):
        raise ValidationError({"cursor": ["Not a valid cursor."]}) from None
