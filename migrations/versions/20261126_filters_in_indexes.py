"""Indexes of open todos that hold what they are filtered by, in place of those that do not.

On PostgreSQL they are built beside writers, and again from the begin where that was broken off. SQLite has none of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("done IS false AND deleted_at IS NULL")
WITHOUT = {
    "ix_todos_list_open": (["list_id", "created_at", "id"], []),
    "ix_todos_list_open_due": (["list_id", "due_key", "id"], []),
}
WITH = {
    "ix_todos_open": (["list_id", "created_at", "id"], ["due_key", "due_on", "due_at", "priority"]),
    "ix_todos_open_due": (["list_id", "due_key", "id"], ["created_at", "due_on", "due_at", "priority"]),
}


def replace(old, new):
    """Build the new ones before the old ones go: until then the pages come from those."""
    if op.get_context().dialect.name == "sqlite":
        return
    with op.get_context().autocommit_block():
        for name, (columns, filters) in new.items():
            drop(name)
            op.create_index(name, "todos", columns, postgresql_where=OPEN, postgresql_include=filters, postgresql_concurrently=True)
        for name in old:
            drop(name)


def drop(name):
    op.drop_index(name, "todos", postgresql_concurrently=True, if_exists=True)


def upgrade():
    replace(WITHOUT, WITH)


def downgrade():
    replace(WITH, WITHOUT)
