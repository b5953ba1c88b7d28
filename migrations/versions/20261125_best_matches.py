"""Indexes from which a search takes its best matches: words of the task beside all words, and todos of a list by id.

SQLite ranks what matches. On PostgreSQL they are built beside writers, and again from the begin where that was broken off.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ALL_WORDS = "CREATE INDEX CONCURRENTLY ix_todos_search ON todos USING gin (list_id, search)"
WORDS = "CREATE INDEX CONCURRENTLY ix_todos_words ON todos USING gin (list_id, search, ts_filter(search, '{a}'))"
LATEST = "CREATE INDEX CONCURRENTLY ix_todos_list_latest ON todos (list_id, id DESC NULLS LAST) WHERE deleted_at IS NULL"


def upgrade():
    if op.get_context().dialect.name == "sqlite":
        return
    with op.get_context().autocommit_block():
        for name in ("ix_todos_words", "ix_todos_list_latest"):
            op.drop_index(name, "todos", postgresql_concurrently=True, if_exists=True)
        op.execute(WORDS)
        op.execute(LATEST)
        op.drop_index("ix_todos_search", "todos", postgresql_concurrently=True, if_exists=True)
        op.execute("ANALYZE todos")


def downgrade():
    if op.get_context().dialect.name == "sqlite":
        return
    with op.get_context().autocommit_block():
        op.drop_index("ix_todos_search", "todos", postgresql_concurrently=True, if_exists=True)
        op.execute(ALL_WORDS)
        for name in ("ix_todos_words", "ix_todos_list_latest"):
            op.drop_index(name, "todos", postgresql_concurrently=True, if_exists=True)
