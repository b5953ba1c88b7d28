"""Many changes at once, all or nothing."""

from django.db import transaction
from rest_framework.exceptions import NotFound
from rules import DERIVED, change, derive

from todos.errors import PreconditionFailed
from todos.models import Todo, new_todo
from todos.permissions import check_inbox, check_role
from todos.serializers import TodoSerializer


@transaction.atomic
def run(operations, user, inbox_id):
    """Do all operations; gives the result of each, in order."""
    todos = _named_by(operations, user)
    created, touched, columns, results = [], {}, set(), []
    if any(operation["op"] == "create" for operation in operations):
        check_inbox(user, inbox_id)
        position = Todo.objects.next_position(inbox_id)
    show = TodoSerializer().to_representation
    for operation in operations:
        if operation["op"] == "create":
            place = {"list_id": inbox_id, "position": position + len(created)}
            todo, status = new_todo({**operation["todo"], **place, "created_by_id": user.id}), 201
            created.append(todo)
        else:
            todo, status = _editable(todos, operation), 200
            changed = change(todo, operation["todo"])
            columns |= changed
            if changed:
                touched[todo.id] = todo
        results.append({"op": operation["op"], "status": status, "id": str(todo.id), "todo": show(todo)})
    Todo.objects.bulk_create(created)
    if touched:
        if columns & DERIVED:
            for todo in touched.values():
                derive(todo)  # one statement writes the same columns of all
        Todo.objects.bulk_update(touched.values(), columns)
    return results


def _named_by(operations, user):
    """The todos that operations name, locked."""
    ids = [operation["id"] for operation in operations if "id" in operation]
    if not ids:
        return {}
    rows = Todo.objects.visible_to(user).with_role().filter(id__in=ids)
    return {todo.id: todo for todo in rows.order_by("id").select_for_update(of=("self",))}


def _editable(todos, operation):
    todo = todos.get(operation["id"])
    if todo is None:
        raise NotFound
    check_role(todo.role)
    if operation.get("version", todo.version) != todo.version:
        raise PreconditionFailed
    return todo
