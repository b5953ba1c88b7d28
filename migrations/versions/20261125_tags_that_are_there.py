"""Counts the tags that there are, a list at a time, and builds indexes.

Pages of a filter come from those of todos; in those of users a list or an account that goes is looked up.

On PostgreSQL all of it is done beside writers, and again from the begin where it was broken off. A list is held for as long as its
todos take to be counted; what changes meanwhile waits for it, and counts itself afterwards.
"""

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNT = """
INSERT INTO list_tags (list_id, name, open_count, count)
SELECT list_id, {value}, sum(CASE WHEN done THEN 0 ELSE 1 END), count(*) FROM todos, {tags}
WHERE deleted_at IS NULL AND {which} GROUP BY list_id, {value}
"""
ON_SQLITE = COUNT.format(value="value", tags="json_each(tags)", which="true")
ON_POSTGRESQL = f"""
DO $$
DECLARE
  list record;
BEGIN
  FOR list IN SELECT id FROM lists LOOP
    PERFORM FROM lists WHERE id = list.id FOR NO KEY UPDATE;
    DELETE FROM list_tags WHERE list_id = list.id;
    {COUNT.format(value="tag", tags="jsonb_array_elements_text(tags) AS tag", which="list_id = list.id")};
    COMMIT;
  END LOOP;
END $$
"""
OPEN = "done IS false AND deleted_at IS NULL"
ON_BOTH = {"ix_users_inbox_id": ("users", ["inbox_id"], None), "ix_users_role": ("users", ["role", "id"], None)}
INDEXES = {
    "ix_todos_list_open": ("todos", ["list_id", "created_at", "id"], OPEN),
    "ix_todos_list_open_due": ("todos", ["list_id", "due_key", "id"], OPEN),
    "ix_todos_list_assignee": ("todos", ["list_id", "assignee_id", "created_at", "id"], "assignee_id IS NOT NULL AND deleted_at IS NULL"),
    "ix_todos_list_trash": ("todos", ["list_id", "created_at", "id"], "deleted_at IS NOT NULL"),
}


def choose():
    """What counts, and the indexes, of the database at hand: SQLite sorts what a filter leaves."""
    if op.get_context().dialect.name == "sqlite":
        return ON_SQLITE, ON_BOTH
    return ON_POSTGRESQL, INDEXES | ON_BOTH


def upgrade():
    count, indexes = choose()
    with op.get_context().autocommit_block():
        op.execute(count)
        for name, (table, columns, where) in indexes.items():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, columns, postgresql_where=where and text(where), postgresql_concurrently=True)
        if indexes.keys() > ON_BOTH.keys():
            op.execute("ANALYZE todos")


def downgrade():
    for name, (table, *_) in choose()[1].items():
        op.drop_index(name, table)
    op.execute("DELETE FROM list_tags")
