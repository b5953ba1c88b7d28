"""FastAPI as in the popular full-stack template: synchronous endpoints in threads, SQLModel, psycopg, the user's row read on each request.

It stands for the services that begin as a copy of that template: a session as a dependency, `session.get(User, ...)` in
`get_current_user`, `session.refresh` after each write, response models. Its own choices are kept; only the pool is larger.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import crud
from deps import CurrentUser, SessionDep
from fastapi import APIRouter, FastAPI, Query
from models import Batch, BatchResult, CreateOperation, Priority, TodoCreate, TodoPublic, TodosPublic, TodoUpdate

router = APIRouter(prefix="/todos", tags=["todos"])


@router.get("", response_model=TodosPublic)
def read_todos(
    session: SessionDep,
    current_user: CurrentUser,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
    done: bool | None = None,
    priority: Priority | None = None,
    sort: Literal["-created_at", "due"] | None = None,
    q: Annotated[str | None, Query(max_length=500)] = None,
) -> Any:
    todos, next_cursor = crud.page(session, current_user, limit=limit, done=done, priority=priority, sort=sort, q=q, cursor=cursor)
    return TodosPublic(data=todos, next_cursor=next_cursor)


@router.get("/{id}", response_model=TodoPublic)
def read_todo(session: SessionDep, current_user: CurrentUser, id: UUID) -> Any:
    return crud.get_todo(session, current_user, id)


@router.post("", response_model=TodoPublic, status_code=201)
def create_todo(*, session: SessionDep, current_user: CurrentUser, todo_in: TodoCreate) -> Any:
    return crud.create_todo(session, current_user, todo_in)


@router.patch("/{id}", response_model=TodoPublic)
def update_todo(*, session: SessionDep, current_user: CurrentUser, id: UUID, todo_in: TodoUpdate) -> Any:
    return crud.update_todo(session, current_user, id, todo_in)


@router.post("/batch", response_model=BatchResult)
def run_batch(*, session: SessionDep, current_user: CurrentUser, batch: Batch) -> Any:
    operations = [(None if isinstance(each, CreateOperation) else each.id, each.todo) for each in batch.operations]
    todos = crud.run_batch(session, current_user, operations)
    return {
        "results": [
            {"op": each.op, "status": 201 if each.op == "create" else 200, "id": todo.id, "todo": todo}
            for each, todo in zip(batch.operations, todos, strict=True)
        ]
    }


app = FastAPI(title="Tickbox on the full-stack FastAPI template")
app.include_router(router, prefix="/api/v1")
