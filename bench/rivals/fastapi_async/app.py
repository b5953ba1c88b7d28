"""FastAPI as it is written for speed: asynchronous endpoints, pydantic v2, SQLAlchemy's ORM over asyncpg, uvicorn on uvloop and httptools.

It stands for the services that are started anew today by people who know the framework: a session for each request as a
dependency, ORM entities turned into answers by response models, which pydantic itself writes as JSON. With READ_USER=1 a
dependency reads the user's row on each request, as nearly all of them do; with READ_USER=0 it believes the claims of the token.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import jwt
import todos
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from models import Batch, BatchResult, CreateOperation, PageQuery, TodoCreate, TodoPage, TodoPublic, TodoUpdate
from pydantic_core import from_json
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from tables import User

KEY = os.environ["JWT_SECRET_KEY"]
READ_USER = os.environ.get("READ_USER", "1") == "1"
CLAIMS = ["exp", "iss", "aud", "sub", "type", "inbox"]

# A connection for each request that may be served at once: with fewer, whoever asks next overtakes those who wait for one.
engine = create_async_engine(
    make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"), pool_size=40, max_overflow=0, json_deserializer=from_json
)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(title="Tickbox on FastAPI")


class Caller(NamedTuple):
    id: UUID
    inbox_id: UUID


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


async def claimed(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Caller:
    try:
        claims = jwt.decode(credentials.credentials, KEY, ["HS256"], options={"require": CLAIMS}, audience="tickbox", issuer="tickbox")
        if claims["type"] != "access":
            raise ValueError
        return Caller(UUID(claims["sub"]), UUID(claims["inbox"]))
    except (jwt.InvalidTokenError, ValueError, AttributeError):
        raise HTTPException(401, "The token is not valid, or it has expired.", {"WWW-Authenticate": "Bearer"}) from None


async def current_user(session: Session, caller: Annotated[Caller, Depends(claimed)]) -> User:
    user = await session.get(User, caller.id)
    if user is None or not user.active:
        raise HTTPException(401, "The account is gone or disabled.", {"WWW-Authenticate": "Bearer"})
    return user


Me = Annotated[Any, Depends(current_user if READ_USER else claimed)]


@app.exception_handler(todos.NotVisible)
async def not_found(*_: Any) -> JSONResponse:
    return JSONResponse({"detail": "The todo doesn't exist."}, 404)


@app.exception_handler(todos.NotAllowed)
async def forbidden(*_: Any) -> JSONResponse:
    return JSONResponse({"detail": "This takes the role editor in the list."}, 403)


@app.get("/api/v1/todos", response_model=TodoPage)
async def list_todos(session: Session, me: Me, query: Annotated[PageQuery, Query()]) -> Any:
    try:
        data, next_cursor = await todos.page(session, me.id, **dict(query))
    except ValueError:
        raise HTTPException(422, "Not a valid cursor.") from None
    return {"data": data, "next_cursor": next_cursor}


@app.get("/api/v1/todos/{todo_id}", response_model=TodoPublic)
async def read_todo(session: Session, me: Me, todo_id: UUID) -> Any:
    return await todos.find(session, me.id, todo_id)


@app.post("/api/v1/todos", response_model=TodoPublic, status_code=201)
async def create_todo(session: Session, me: Me, todo: TodoCreate) -> Any:
    return await todos.create(session, me.id, me.inbox_id, dict(todo))


@app.patch("/api/v1/todos/{todo_id}", response_model=TodoPublic)
async def update_todo(session: Session, me: Me, todo_id: UUID, changes: TodoUpdate) -> Any:
    return await todos.change(session, me.id, todo_id, changes.model_dump(exclude_unset=True))


@app.post("/api/v1/todos/batch", response_model=BatchResult)
async def run_batch(session: Session, me: Me, batch: Batch) -> Any:
    operations = [
        (None, dict(each.todo)) if isinstance(each, CreateOperation) else (each.id, each.todo.model_dump(exclude_unset=True))
        for each in batch.operations
    ]
    shown = await todos.batch(session, me.id, me.inbox_id, operations, TodoPublic.model_validate)
    return {
        "results": [
            {"op": each.op, "status": 201 if each.op == "create" else 200, "id": todo.id, "todo": todo}
            for each, todo in zip(batch.operations, shown, strict=True)
        ]
    }
