"""Every table, in one import: for Alembic, the shell and commands."""

from app.auth.models import CredentialChange, LoginFailure, PersonalToken, Session
from app.comments.models import Comment
from app.core.idempotency import IdempotentAnswer
from app.lists.models import List, Member
from app.todos.models import Todo
from app.users.models import User

__all__ = ["Comment", "CredentialChange", "IdempotentAnswer", "List", "LoginFailure", "Member", "PersonalToken", "Session", "Todo", "User"]
