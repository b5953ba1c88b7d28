"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "credential_changes",
        sa.Column("subject_id", ID, nullable=False, comment="of a session, a token or an account"),
        sa.Column("revoked", sa.Boolean(), nullable=False, comment="whether credentials of the subject are refused"),
        sa.Column("role", sa.String(length=16), nullable=True, comment="of an account: its role now"),
        sa.Column("time_zone", sa.String(length=64), nullable=True, comment="of an account: its time zone now"),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_credential_changes")),
    )
    with op.batch_alter_table("credential_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_changes_changed_at"), ["changed_at"], unique=False)

    op.create_table(
        "idempotent_answers",
        sa.Column("digest", sa.CHAR(length=64), nullable=False, comment="HMAC-SHA-256 of caller, address and key"),
        sa.Column("body_hash", sa.CHAR(length=64), nullable=False, comment="HMAC-SHA-256 of the request's body"),
        sa.Column("answer", sa.LargeBinary(), nullable=False, comment="status, headers and body, sealed"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_idempotent_answers")),
    )
    with op.batch_alter_table("idempotent_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotent_answers_created_at"), ["created_at"], unique=False)

    op.create_table(
        "lists",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("inbox", sa.Boolean(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False, comment="todos neither done nor in the trash; kept by triggers on todos"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("NOT (inbox AND archived)", name=op.f("ck_lists_inbox_open")),
        sa.CheckConstraint("open_count >= 0", name=op.f("ck_lists_open_count")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_hash", sa.CHAR(length=64), nullable=False, comment="keyed hash of the address that was tried"),
        sa.Column("failed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    with op.batch_alter_table("login_failures", schema=None) as batch_op:
        batch_op.create_index("ix_login_failures_account", ["account_hash", "failed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_failures_failed_at"), ["failed_at"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False, comment="in lower case: addresses are compared without it"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False, comment="IANA name"),
        sa.Column("inbox_id", ID, nullable=False, comment="the list that new todos go to; made with the account"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("role IN ('admin', 'member', 'viewer')", name=op.f("ck_users_role")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_case")),
        sa.ForeignKeyConstraint(["inbox_id"], ["lists.id"], name=op.f("fk_users_inbox_id_lists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "members",
        sa.Column("list_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Float(precision=53), nullable=False, comment="of the list among the user's lists"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.CheckConstraint("role IN ('owner', 'editor', 'viewer')", name=op.f("ck_members_role")),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_members_list_id_lists"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("list_id", "user_id", name=op.f("pk_members")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_members_user_id"), ["user_id"], unique=False)

    op.create_table(
        "personal_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("token_hash", sa.CHAR(length=64), nullable=False, comment="SHA-256; the token has 256 random bits, so that is enough"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_personal_tokens_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_personal_tokens_token_hash")),
    )
    with op.batch_alter_table("personal_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_personal_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("refresh_jti", sa.String(length=36), nullable=False, comment="jti of the refresh token that is good now"),
        sa.Column("rotated", sa.JSON(), nullable=False, comment="jti of each refresh token used in the last seconds, and when"),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("ip_address", sa.String(length=45), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "todos",
        sa.Column("id", ID, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("series_id", ID, nullable=True, comment="shared by the todos that one recurrence made"),
        sa.Column("task", sa.String(length=500), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False, comment="0 none to 4 urgent"),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("remind_at", INSTANT, nullable=True),
        sa.Column("recurrence", sa.String(length=500), nullable=True, comment="RRULE of RFC 5545"),
        sa.Column("tags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("position", sa.Float(precision=53), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True, comment="when it went to the trash"),
        sa.Column("deleted_with", ID, nullable=True, comment="the todo whose deletion took this one along"),
        sa.Column("due_key", INSTANT, nullable=True, comment="due_at, or the begin of due_on in UTC: what `due` sorts by"),
        sa.Column(
            "task_key",
            sa.String(length=500, collation="C").with_variant(sa.String(length=500), "sqlite"),
            nullable=False,
            comment="task without case and accents: what `task` sorts by",
        ),
        sa.Column(
            "search",
            sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"),
            nullable=False,
            comment="words of task and notes, and tags",
        ),
        sa.CheckConstraint("done = (completed_at IS NOT NULL)", name=op.f("ck_todos_completed")),
        sa.CheckConstraint("due_on IS NULL OR due_at IS NULL", name=op.f("ck_todos_one_due")),
        sa.CheckConstraint("length(task) > 0", name=op.f("ck_todos_task")),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_todos_parent")),
        sa.CheckConstraint("priority BETWEEN 0 AND 4", name=op.f("ck_todos_priority")),
        sa.CheckConstraint("recurrence IS NULL OR due_on IS NOT NULL OR due_at IS NOT NULL", name=op.f("ck_todos_recurrence_due")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_todos_created_by_users"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["list_id", "assignee_id"], ["members.list_id", "members.user_id"], name="fk_todos_assignee"),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_todos_list_id_lists"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["parent_id", "list_id"],
            ["todos.id", "todos.list_id"],
            name="fk_todos_parent",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todos")),
        sa.UniqueConstraint("id", "list_id", name="uq_todos_id_list"),
    )
    with op.batch_alter_table("todos", schema=None) as batch_op:
        batch_op.create_index(
            "ix_todos_assignee",
            ["assignee_id"],
            unique=False,
            postgresql_where=sa.text("assignee_id IS NOT NULL"),
            sqlite_where=sa.text("assignee_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_todos_created_by"), ["created_by"], unique=False)
        batch_op.create_index(
            "ix_todos_list_due_key",
            ["list_id", "due_key", "id"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_todos_list_created_at",
            ["list_id", "created_at", "id"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_todos_list_position",
            ["list_id", "position", "id"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_todos_list_priority",
            ["list_id", "priority", "id"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_todos_list_task_key",
            ["list_id", "task_key", "id"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_todos_list_updated_at",
            ["list_id", "updated_at", "id"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_todos_parent",
            ["parent_id"],
            unique=False,
            postgresql_where=sa.text("parent_id IS NOT NULL"),
            sqlite_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_todos_trash",
            ["list_id", "deleted_at"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
        )

    op.create_table(
        "comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("todo_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_comments_author_id_users"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["todo_id"], ["todos.id"], name=op.f("fk_comments_todo_id_todos"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_comments_todo", ["todo_id", "id"], unique=False)


def downgrade():
    for table in (
        "comments",
        "todos",
        "sessions",
        "personal_tokens",
        "members",
        "users",
        "login_failures",
        "lists",
        "idempotent_answers",
        "credential_changes",
    ):
        op.drop_table(table)
