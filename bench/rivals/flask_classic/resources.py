"""Todos over HTTP."""

from uuid import UUID

from derived import new_id
from flask import request
from flask_jwt_extended import current_user, get_jwt, jwt_required
from flask_restful import Resource, abort
from marshmallow import ValidationError
from models import Todo, db
from pages import page
from queries import check_inbox, find, find_editable, next_position
from rules import change, derive
from schemas import BatchSchema, ResultSchema, TodoSchema

todo_schema = TodoSchema()
todos_schema = TodoSchema(many=True)
changes_schema = TodoSchema(partial=True)
batch_schema = BatchSchema()
result_schema = ResultSchema()


def read(schema):
    """The body. Answers 422 where it is not valid."""
    try:
        return schema.load(request.get_json())
    except ValidationError as error:
        abort(422, message=error.messages)


def new_todo(values, list_id, position):
    """A todo that is not saved yet."""
    todo = Todo(**{"notes": None, "done": False, "priority": 0, "tags": [], "due_on": None, "due_at": None, **values})
    todo.id, todo.created_at = new_id()
    todo.updated_at, todo.version = todo.created_at, 1
    todo.list_id, todo.position, todo.created_by = list_id, position, current_user.id
    todo.completed_at = todo.created_at if todo.done else None
    derive(todo)
    return todo


class TodoList(Resource):
    method_decorators = [jwt_required()]

    def get(self):
        todos, cursor = page()
        return {"data": todos_schema.dump(todos), "next_cursor": cursor}

    def post(self):
        values, inbox_id = read(todo_schema), UUID(get_jwt()["inbox"])
        check_inbox(inbox_id)
        todo = new_todo(values, inbox_id, next_position(inbox_id))
        db.session.add(todo)
        db.session.commit()
        return todo_schema.dump(todo), 201


class TodoDetail(Resource):
    method_decorators = [jwt_required()]

    def get(self, todo_id):
        return todo_schema.dump(find(todo_id))

    def patch(self, todo_id):
        changes = read(changes_schema)
        todo = find_editable(todo_id)[todo_id]
        change(todo, changes)
        db.session.commit()
        return todo_schema.dump(todo)


class TodoBatch(Resource):
    method_decorators = [jwt_required()]

    def post(self):
        operations, inbox_id = read(batch_schema)["operations"], UUID(get_jwt()["inbox"])
        named = {operation["id"] for operation in operations if "id" in operation}
        todos = find_editable(*named) if named else {}
        if any(operation["op"] == "create" for operation in operations):
            check_inbox(inbox_id)
            position = next_position(inbox_id)
        results = []
        for operation in operations:
            if operation["op"] == "create":
                todo, status = new_todo(operation["todo"], inbox_id, position), 201
                position += 1
                db.session.add(todo)
            else:
                todo, status = todos[operation["id"]], 200
                if operation.get("version", todo.version) != todo.version:
                    abort(412, message=f"Todo {todo.id} was changed meanwhile.")
                change(todo, operation["todo"])
            results.append(result_schema.dump({"op": operation["op"], "status": status, "id": todo.id, "todo": todo}))
        db.session.commit()
        return {"results": results}
