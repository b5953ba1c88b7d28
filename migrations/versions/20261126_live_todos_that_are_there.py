"""Counts the todos that are not in the trash, a list at a time.

On PostgreSQL it is done beside writers, and again from the begin where it was broken off. A list is held for as long as its todos
take to be counted; what changes meanwhile waits for it, and counts itself afterwards.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COUNT = "UPDATE lists SET live_count = (SELECT count(*) FROM todos WHERE list_id = lists.id AND deleted_at IS NULL)"
ON_POSTGRESQL = f"""
DO $$
DECLARE
  list record;
BEGIN
  FOR list IN SELECT id FROM lists LOOP
    PERFORM FROM lists WHERE id = list.id FOR NO KEY UPDATE;
    {COUNT} WHERE id = list.id;
    COMMIT;
  END LOOP;
END $$
"""


def upgrade():
    with op.get_context().autocommit_block():
        op.execute(COUNT if op.get_context().dialect.name == "sqlite" else ON_POSTGRESQL)


def downgrade():
    op.execute("UPDATE lists SET live_count = 0")
