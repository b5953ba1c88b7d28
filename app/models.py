"""Every table, in one import: for Alembic, the shell and commands."""

from app.attachments.models import Attachment
from app.auth.models import CredentialChange, LoginFailure, MailedToken, PersonalToken, Session
from app.comments.models import Comment
from app.core.idempotency import IdempotentAnswer
from app.files.models import StoredFile
from app.jobs.models import Job
from app.lists.models import List, Member
from app.todos.models import ListTag, Todo
from app.users.models import User

__all__ = [
    "Attachment",
    "Comment",
    "CredentialChange",
    "IdempotentAnswer",
    "Job",
    "List",
    "ListTag",
    "LoginFailure",
    "MailedToken",
    "Member",
    "PersonalToken",
    "Session",
    "StoredFile",
    "Todo",
    "User",
]
