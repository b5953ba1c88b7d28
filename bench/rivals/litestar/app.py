"""Litestar with msgspec structs, its JWT backend, Advanced Alchemy's session over asyncpg, uvicorn on uvloop and httptools.

It stands for those who leave FastAPI for something faster: msgspec reads and writes the JSON, ORM entities become structs, and
the middleware of the JWT backend reads the user's row on each request, as its `retrieve_user_handler` is meant to.
"""

import os
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import todos
from advanced_alchemy.extensions.litestar import AsyncSessionConfig, EngineConfig, SQLAlchemyAsyncConfig, SQLAlchemyInitPlugin
from litestar import Litestar, Request, Response, get, patch, post
from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.params import Parameter
from litestar.security.jwt import JWTAuth, Token
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession
from structs import Batch, BatchResult, CreateOperation, Priority, Result, TodoCreate, TodoPage, TodoPublic, TodoUpdate
from tables import User

Me = Request[User, Token, Any]

alchemy = SQLAlchemyAsyncConfig(
    connection_string=make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False),
    engine_config=EngineConfig(pool_size=40, max_overflow=0),  # for each request that may be served at once: nobody waits for one
    session_config=AsyncSessionConfig(expire_on_commit=False),
)


async def retrieve_user(token: Token, connection: ASGIConnection) -> User | None:
    if token.extras.get("type") != "access":
        return None
    try:
        user_id = UUID(token.sub)
    except ValueError:
        return None
    user = await alchemy.provide_session(connection.app.state, connection.scope).get(User, user_id)
    return user if user and user.active else None


jwt_auth = JWTAuth[User](
    token_secret=os.environ["JWT_SECRET_KEY"],
    retrieve_user_handler=retrieve_user,
    accepted_issuers=["tickbox"],
    accepted_audiences=["tickbox"],
    strict_audience=True,
    exclude=["/schema"],
)


def problem(status: int, detail: str) -> Any:
    return lambda *_: Response({"detail": detail}, status_code=status)


def public(todo: Any) -> TodoPublic:
    return msgspec.convert(todo, TodoPublic, from_attributes=True)


@get("/todos")
async def list_todos(
    request: Me,
    db_session: AsyncSession,
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Parameter(max_length=4096)] = None,
    done: bool | None = None,
    priority: Priority | None = None,
    sort: Literal["-created_at", "due"] | None = None,
    q: Annotated[str | None, Parameter(max_length=500)] = None,
) -> TodoPage:
    try:
        data, next_cursor = await todos.page(
            db_session, request.user.id, limit=limit, cursor=cursor, done=done, priority=priority, sort=sort, q=q
        )
    except ValueError:
        raise ValidationException("Not a valid cursor.") from None
    return TodoPage(msgspec.convert(data, list[TodoPublic], from_attributes=True), next_cursor)


@get("/todos/{todo_id:uuid}")
async def read_todo(request: Me, db_session: AsyncSession, todo_id: UUID) -> TodoPublic:
    return public(await todos.find(db_session, request.user.id, todo_id))


@post("/todos")
async def create_todo(request: Me, db_session: AsyncSession, data: TodoCreate) -> TodoPublic:
    return public(await todos.create(db_session, request.user.id, request.user.inbox_id, data.sent()))


@patch("/todos/{todo_id:uuid}")
async def update_todo(request: Me, db_session: AsyncSession, todo_id: UUID, data: TodoUpdate) -> TodoPublic:
    return public(await todos.change(db_session, request.user.id, todo_id, data.sent()))


@post("/todos/batch", status_code=200)
async def run_batch(request: Me, db_session: AsyncSession, data: Batch) -> BatchResult:
    operations = [(None if isinstance(each, CreateOperation) else each.id, each.todo.sent()) for each in data.operations]
    shown = await todos.batch(db_session, request.user.id, request.user.inbox_id, operations, public)
    return BatchResult(
        [
            Result("create", 201, todo.id, todo) if isinstance(each, CreateOperation) else Result("update", 200, todo.id, todo)
            for each, todo in zip(data.operations, shown, strict=True)
        ]
    )


app = Litestar(
    [list_todos, read_todo, create_todo, update_todo, run_batch],
    path="/api/v1",
    on_app_init=[jwt_auth.on_app_init],
    plugins=[SQLAlchemyInitPlugin(alchemy)],
    exception_handlers={
        todos.NotVisible: problem(404, "The todo doesn't exist."),
        todos.NotAllowed: problem(403, "This takes the role editor in the list."),
        ValidationException: problem(422, "The request is not valid."),
    },
)
