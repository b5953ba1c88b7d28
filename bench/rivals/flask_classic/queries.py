"""Finding todos, and who may change them."""

from flask_jwt_extended import current_user
from flask_restful import abort
from models import Member, Todo, db

WRITERS = ("owner", "editor")


def visible():
    """Live todos of the caller's lists."""
    mine = (Member.list_id == Todo.list_id) & (Member.user_id == current_user.id)
    return db.select(Todo).join(Member, mine).where(Todo.deleted_at.is_(None))


def find(todo_id):
    """The todo. Answers 404 where it is not there."""
    return db.session.scalar(visible().where(Todo.id == todo_id)) or abort(404, message=f"Todo {todo_id} doesn't exist")


def find_editable(*todo_ids):
    """The todos by their ids, locked. Answers 404 or 403 where one cannot be changed."""
    rows = db.session.execute(
        visible().add_columns(Member.role).where(Todo.id.in_(todo_ids)).order_by(Todo.id).with_for_update(of=Todo)
    ).all()
    for todo_id in set(todo_ids) - {row.Todo.id for row in rows}:
        abort(404, message=f"Todo {todo_id} doesn't exist")
    if any(row.role not in WRITERS for row in rows):
        abort(403, message="This takes the role editor in the list.")
    return {row.Todo.id: row.Todo for row in rows}


def check_inbox(list_id):
    """Answers 403 where the caller may not write into their inbox."""
    member = db.session.get(Member, (list_id, current_user.id))
    if member is None or member.role not in WRITERS:
        abort(403, message="This takes the role editor in the list.")


def next_position(list_id):
    """The place after the last todo of a list."""
    return (db.session.scalar(db.select(db.func.max(Todo.position)).where(Todo.list_id == list_id, Todo.deleted_at.is_(None))) or 0) + 1
