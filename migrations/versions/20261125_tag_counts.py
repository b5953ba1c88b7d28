"""How many todos of a list carry a tag, kept by triggers on todos, and plans that do well by the largest lists.

The next migration counts what is there already, list by list.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")

ADD = "open_count = list_tags.open_count + excluded.open_count, count = list_tags.count + excluded.count"
COLUMNS = "list_tags (list_id, name, open_count, count)"
# Who counts tags of a list holds the list: else two that count the same tags in another order would wait for each other.
POSTGRESQL = [
    f"""
    CREATE FUNCTION todos_tags_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM inserted WHERE tags <> '[]' AND deleted_at IS NULL) THEN
        PERFORM FROM lists WHERE id IN (SELECT list_id FROM inserted) ORDER BY id FOR NO KEY UPDATE;
        INSERT INTO {COLUMNS}
          SELECT list_id, name, count(*) FILTER (WHERE NOT done), count(*) FROM inserted, jsonb_array_elements_text(tags) AS name
          WHERE deleted_at IS NULL GROUP BY list_id, name
        ON CONFLICT (list_id, name) DO UPDATE SET {ADD};
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION todos_tags_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      gone record;
    BEGIN
      IF EXISTS (SELECT FROM deleted WHERE tags <> '[]' AND deleted_at IS NULL) THEN
        PERFORM FROM lists WHERE id IN (SELECT list_id FROM deleted) ORDER BY id FOR NO KEY UPDATE;
        FOR gone IN
          SELECT list_id, name, count(*) FILTER (WHERE NOT done) AS open_todos, count(*) AS todos
          FROM deleted, jsonb_array_elements_text(tags) AS name WHERE deleted_at IS NULL GROUP BY list_id, name
        LOOP
          UPDATE list_tags SET open_count = open_count - gone.open_todos, count = count - gone.todos
          WHERE list_id = gone.list_id AND name = gone.name;
          DELETE FROM list_tags WHERE list_id = gone.list_id AND name = gone.name AND count <= 0;
        END LOOP;
      END IF;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION todos_tags_updated() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM lists WHERE id IN (OLD.list_id, NEW.list_id) ORDER BY id FOR NO KEY UPDATE;
      INSERT INTO {COLUMNS}
        SELECT list_id, name, sum(open), sum(one) FROM (
          SELECT OLD.list_id, name, -(NOT OLD.done)::int AS open, -1 AS one FROM jsonb_array_elements_text(OLD.tags) AS name
          WHERE OLD.deleted_at IS NULL
          UNION ALL
          SELECT NEW.list_id, name, (NOT NEW.done)::int, 1 FROM jsonb_array_elements_text(NEW.tags) AS name WHERE NEW.deleted_at IS NULL
        ) AS changes
        GROUP BY list_id, name HAVING sum(open) <> 0 OR sum(one) <> 0
      ON CONFLICT (list_id, name) DO UPDATE SET {ADD};
      DELETE FROM list_tags
      WHERE list_id = OLD.list_id AND name IN (SELECT jsonb_array_elements_text(OLD.tags)) AND count <= 0;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER todos_tags_inserted AFTER INSERT ON todos
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION todos_tags_inserted()
    """,
    """
    CREATE TRIGGER todos_tags_deleted AFTER DELETE ON todos
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION todos_tags_deleted()
    """,
    """
    CREATE TRIGGER todos_tags_updated AFTER UPDATE OF list_id, done, deleted_at, tags ON todos FOR EACH ROW
    WHEN ((OLD.tags <> '[]' OR NEW.tags <> '[]') AND (OLD.list_id, OLD.tags, OLD.done, OLD.deleted_at IS NULL)
      IS DISTINCT FROM (NEW.list_id, NEW.tags, NEW.done, NEW.deleted_at IS NULL))
    EXECUTE FUNCTION todos_tags_updated()
    """,
    # The planner knows no list when it plans, and takes each for an average one: then it reads and sorts a whole list for a page.
    # Told that there are few lists, it plans for large ones; what is right for them is quick with small ones too.
    "ALTER TABLE todos ALTER COLUMN list_id SET (n_distinct = 20)",
]
POSTGRESQL_BACK = [
    "ALTER TABLE todos ALTER COLUMN list_id RESET (n_distinct)",
    *[f"DROP TRIGGER todos_tags_{event} ON todos" for event in ("updated", "deleted", "inserted")],
    *[f"DROP FUNCTION todos_tags_{event}()" for event in ("updated", "deleted", "inserted")],
]
SQLITE_COUNT = f"""
  INSERT INTO {COLUMNS} SELECT NEW.list_id, value, NOT NEW.done, 1 FROM json_each(NEW.tags) WHERE NEW.deleted_at IS NULL
  ON CONFLICT (list_id, name) DO UPDATE SET {ADD};
"""
SQLITE_UNCOUNT = """
  UPDATE list_tags SET open_count = open_count - NOT OLD.done, count = count - 1
  WHERE list_id = OLD.list_id AND OLD.deleted_at IS NULL AND name IN (SELECT value FROM json_each(OLD.tags));
"""
SQLITE_FORGET = """
  DELETE FROM list_tags WHERE list_id = OLD.list_id AND count <= 0 AND name IN (SELECT value FROM json_each(OLD.tags));
"""
SQLITE = [
    f"CREATE TRIGGER todos_tags_inserted AFTER INSERT ON todos WHEN NEW.tags <> '[]' BEGIN {SQLITE_COUNT} END",
    f"CREATE TRIGGER todos_tags_deleted AFTER DELETE ON todos WHEN OLD.tags <> '[]' BEGIN {SQLITE_UNCOUNT} {SQLITE_FORGET} END",
    f"""
    CREATE TRIGGER todos_tags_updated AFTER UPDATE OF list_id, done, deleted_at, tags ON todos
    WHEN (OLD.tags <> '[]' OR NEW.tags <> '[]')
      AND (OLD.list_id, OLD.tags, OLD.done, OLD.deleted_at IS NULL) <> (NEW.list_id, NEW.tags, NEW.done, NEW.deleted_at IS NULL)
    BEGIN {SQLITE_UNCOUNT} {SQLITE_COUNT} {SQLITE_FORGET} END
    """,
]


def run(on_postgresql, on_sqlite):
    for statement in on_postgresql if op.get_context().dialect.name == "postgresql" else on_sqlite:
        op.execute(statement.strip())


def upgrade():
    op.create_table(
        "list_tags",
        sa.Column("list_id", ID, nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_list_tags_list_id_lists"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("list_id", "name", name=op.f("pk_list_tags")),
    )
    run(POSTGRESQL, SQLITE)


def downgrade():
    run(POSTGRESQL_BACK, [f"DROP TRIGGER todos_tags_{event}" for event in ("updated", "deleted", "inserted")])
    op.drop_table("list_tags")
