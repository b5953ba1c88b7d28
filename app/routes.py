"""The map of URLs: one line a resource."""

from __future__ import annotations

from flask import Flask

from app.attachments import resources as attachments
from app.auth import resources as auth
from app.auth.authentication import authenticate
from app.comments import resources as comments
from app.core.api import Api
from app.jobs import resources as jobs
from app.lists import resources as lists
from app.reports import resources as reports
from app.system import documents, frontend, metrics
from app.system import resources as system
from app.todos import resources as todos
from app.transfers import resources as transfers
from app.users import resources as users


def init_app(app: Flask) -> None:
    """Put every resource at its address."""
    api = Api(app, prefix="/api/v1", authenticate=authenticate)

    api.add_resource(auth.Register, "/auth/register")
    api.add_resource(auth.Login, "/auth/login")
    api.add_resource(auth.Refresh, "/auth/refresh")
    api.add_resource(auth.Logout, "/auth/logout")
    api.add_resource(auth.PasswordChange, "/auth/password")
    api.add_resource(auth.PasswordReset, "/auth/password-reset")
    api.add_resource(auth.PasswordResetConfirm, "/auth/password-reset/confirm")
    api.add_resource(auth.EmailVerify, "/auth/verify-email")
    api.add_resource(auth.Sessions, "/auth/sessions")
    api.add_resource(auth.SessionDetail, "/auth/sessions/<session_id>")
    api.add_resource(auth.PersonalTokens, "/auth/tokens")
    api.add_resource(auth.PersonalTokenDetail, "/auth/tokens/<token_id>")
    api.add_resource(users.Me, "/me")
    api.add_resource(users.Users, "/users")
    api.add_resource(users.UserDetail, "/users/<user_id>")
    api.add_resource(lists.ListCollection, "/lists")
    api.add_resource(lists.ListDetail, "/lists/<list_id>")
    api.add_resource(lists.MemberCollection, "/lists/<list_id>/members")
    api.add_resource(lists.MemberDetail, "/lists/<list_id>/members/<user_id>")
    api.add_resource(todos.TodoCollection, "/todos")
    api.add_resource(todos.TodoBatch, "/todos/batch")
    api.add_resource(todos.TodoDetail, "/todos/<todo_id>")
    api.add_resource(todos.TodoRestore, "/todos/<todo_id>/restore")
    api.add_resource(todos.TodoMove, "/todos/<todo_id>/move")
    api.add_resource(todos.TodoOccurrences, "/todos/<todo_id>/occurrences")
    api.add_resource(todos.TagCollection, "/tags")
    api.add_resource(comments.CommentCollection, "/todos/<todo_id>/comments")
    api.add_resource(comments.CommentDetail, "/todos/<todo_id>/comments/<comment_id>")
    api.add_resource(attachments.AttachmentCollection, "/todos/<todo_id>/attachments")
    api.add_resource(attachments.AttachmentDetail, "/todos/<todo_id>/attachments/<attachment_id>")
    api.add_resource(attachments.AttachmentContent, "/todos/<todo_id>/attachments/<attachment_id>/content")
    api.add_resource(attachments.AttachmentThumbnail, "/todos/<todo_id>/attachments/<attachment_id>/thumbnail")
    api.add_resource(jobs.JobCollection, "/jobs")
    api.add_resource(jobs.JobDetail, "/jobs/<job_id>")
    api.add_resource(reports.ReportCollection, "/reports")
    api.add_resource(jobs.JobFile, "/jobs/<job_id>/file")
    api.add_resource(transfers.ImportCollection, "/imports")
    api.add_resource(transfers.ExportCollection, "/exports")

    app.register_blueprint(system.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_blueprint(documents.blueprint)
    if app.config["FRONTEND"]:
        app.register_blueprint(frontend.blueprint)
