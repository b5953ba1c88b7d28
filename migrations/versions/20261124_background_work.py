"""Background work: jobs, files, attachments, mailed tokens; reminders, digests and series.

Columns are added to and dropped from tables in place: SQLite would rebuild a table otherwise, and lose its triggers and what refers to it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade():
    op.create_table(
        "files",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False, comment="what a download is called"),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="in bytes"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_created_at"), "files", ["created_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True, comment="null: the service's own work"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True, comment="what there shall be one job for, ever"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("args", JSON, nullable=False, comment="ids and choices; never a secret"),
        sa.Column("upload_id", ID, nullable=True, comment="the file that came with the request"),
        sa.Column("file_id", ID, nullable=True, comment="the file that the job made"),
        sa.Column("total", sa.Integer(), nullable=True, comment="how many steps there are, as far as is known"),
        sa.Column("processed", sa.Integer(), nullable=False, comment="how many of them are done"),
        sa.Column("message", sa.String(length=500), nullable=True, comment="what it is doing, for people"),
        sa.Column("result", JSON, nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=True, comment="why it failed, for people"),
        sa.Column("attempts", sa.SmallInteger(), nullable=False, comment="begun so far; the number fences the attempts before out"),
        sa.Column("cancelling", sa.Boolean(), nullable=False, comment="whether it is to stop at its next step"),
        sa.Column("request_id", sa.String(length=64), nullable=False, comment="of the request that asked for it"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("run_after", INSTANT, nullable=False, comment="not to be begun before"),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("heartbeat_at", INSTANT, nullable=True, comment="when its worker last gave a sign of life"),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True, comment="when its file goes"),
        sa.CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name=op.f("ck_jobs_state")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_jobs_file_id_files")),
        sa.ForeignKeyConstraint(["upload_id"], ["files.id"], name=op.f("fk_jobs_upload_id_files")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_jobs_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_jobs_key")),
    )
    op.create_index(op.f("ix_jobs_expires_at"), "jobs", ["expires_at"], unique=False)
    op.create_index(op.f("ix_jobs_file_id"), "jobs", ["file_id"], unique=False)
    op.create_index(
        "ix_jobs_queued",
        "jobs",
        ["run_after", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
        sqlite_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_jobs_running",
        "jobs",
        ["heartbeat_at"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
        sqlite_where=sa.text("state = 'running'"),
    )
    op.create_index(op.f("ix_jobs_upload_id"), "jobs", ["upload_id"], unique=False)
    op.create_index("ix_jobs_user", "jobs", ["user_id", "id"], unique=False)
    op.create_table(
        "mailed_tokens",
        sa.Column("token_hash", sa.CHAR(length=64), nullable=False, comment="SHA-256; the token has 256 unguessable bits"),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False, comment="reset, verify, or spent, which once was reset"),
        sa.Column("email", sa.String(length=254), nullable=False, comment="the address that it was sent to"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mailed_tokens_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mailed_tokens")),
    )
    op.create_index(op.f("ix_mailed_tokens_expires_at"), "mailed_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("ix_mailed_tokens_user_id"), "mailed_tokens", ["user_id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("id", ID, nullable=False),
        sa.Column("todo_id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("thumbnail_id", ID, nullable=True, comment="null until its job is done"),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("width", sa.Integer(), nullable=True, comment="of an image, in pixels, as it is to be seen"),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_attachments_created_by_users"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_attachments_file_id_files")),
        sa.ForeignKeyConstraint(["thumbnail_id"], ["files.id"], name=op.f("fk_attachments_thumbnail_id_files")),
        sa.ForeignKeyConstraint(["todo_id"], ["todos.id"], name=op.f("fk_attachments_todo_id_todos"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_created_by"), "attachments", ["created_by"], unique=False)
    op.create_index(op.f("ix_attachments_file_id"), "attachments", ["file_id"], unique=False)
    op.create_index(op.f("ix_attachments_thumbnail_id"), "attachments", ["thumbnail_id"], unique=False)
    op.create_index("ix_attachments_todo", "attachments", ["todo_id", "id"], unique=False)
    op.add_column("todos", sa.Column("reminded_at", INSTANT, nullable=True, comment="the remind_at that a mail was sent for"))
    op.add_column(
        "todos",
        sa.Column(
            "series_start",
            INSTANT,
            nullable=True,
            comment="the due that its recurrence counts from, as due_key is; null where that is its own",
        ),
    )
    op.create_index(
        "ix_todos_remind",
        "todos",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL AND NOT done AND deleted_at IS NULL AND remind_at IS DISTINCT FROM reminded_at"),
        sqlite_where=sa.text("remind_at IS NOT NULL AND NOT done AND deleted_at IS NULL AND remind_at IS NOT reminded_at"),
    )
    op.create_index(
        "ix_todos_series",
        "todos",
        ["series_id"],
        unique=False,
        postgresql_where=sa.text("series_id IS NOT NULL"),
        sqlite_where=sa.text("series_id IS NOT NULL"),
    )
    op.add_column(
        "users",
        sa.Column(
            "email_verified",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="whether a link that was mailed there came back",
        ),
    )
    op.add_column(
        "users",
        sa.Column(
            "daily_digest",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="whether the todos of the day are mailed each morning",
        ),
    )
    op.add_column("users", sa.Column("digest_at", INSTANT, nullable=True, comment="when the next digest is due; null without one"))
    op.create_index(op.f("ix_users_digest_at"), "users", ["digest_at"], unique=False)


def downgrade():
    op.drop_index(op.f("ix_users_digest_at"), table_name="users")
    op.drop_column("users", "digest_at")
    op.drop_column("users", "daily_digest")
    op.drop_column("users", "email_verified")
    op.drop_index("ix_todos_series", table_name="todos")
    op.drop_index("ix_todos_remind", table_name="todos")
    op.drop_column("todos", "series_start")
    op.drop_column("todos", "reminded_at")
    op.drop_table("attachments")
    op.drop_table("mailed_tokens")
    op.drop_table("jobs")
    op.drop_table("files")
