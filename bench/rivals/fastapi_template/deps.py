"""Settings, the engine and the dependencies of the endpoints."""

from collections.abc import Generator
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jwt.exceptions import InvalidTokenError
from models import TokenPayload, User
from pydantic import ValidationError
from pydantic_settings import BaseSettings
from sqlalchemy.engine import make_url
from sqlmodel import Session, create_engine


class Settings(BaseSettings):
    DATABASE_URL: str
    JWT_SECRET_KEY: str


settings = Settings()
# A request holds its connection while it waits for one of the 40 threads: with fewer connections all threads can wait for one.
engine = create_engine(
    make_url(settings.DATABASE_URL).set(drivername="postgresql+psycopg"),
    pool_size=40,
    max_overflow=0,
    connect_args={"options": "-c timezone=UTC"},
)


def get_db() -> Generator[Session, None, None]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_db)]
TokenDep = Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login"))]


def get_current_user(session: SessionDep, token: TokenDep) -> User:
    try:
        payload = jwt.decode(
            token,
            settings.JWT_SECRET_KEY,
            algorithms=["HS256"],
            audience="tickbox",
            issuer="tickbox",
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        token_data = TokenPayload.model_validate(payload)
    except (InvalidTokenError, ValidationError):
        raise HTTPException(status_code=401, detail="Could not validate credentials") from None
    user = session.get(User, token_data.sub)
    if not user or not user.active:
        raise HTTPException(status_code=401, detail="User not found")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
