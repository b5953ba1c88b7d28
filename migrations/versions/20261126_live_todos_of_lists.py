"""How many todos of a list are not in the trash, done ones with them, kept by the triggers that keep how many are open.

The next migration counts what is there already, list by list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What a todo adds to its list. The version of a list is that of what is shown of it, and how many are done is not.
COUNTED = "open_count = open_count {sign} {open}, live_count = live_count {sign} {live}, version = version + ({open} <> 0)::int"
GROUPED = (
    "SELECT list_id, count(*) AS live, count(*) FILTER (WHERE NOT done) AS opened FROM {rows} WHERE deleted_at IS NULL GROUP BY list_id"
)


def of_statement(name, rows, sign):
    """The function of a trigger that counts the rows of a statement, so that many at once update each list once."""
    return f"""
    CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE lists SET {COUNTED.format(sign=sign, open="counted.opened", live="counted.live")}
      FROM ({GROUPED.format(rows=rows)}) AS counted
      WHERE lists.id = counted.list_id;
      RETURN NULL;
    END $$
    """


POSTGRESQL = [
    of_statement("todos_count_inserted", "inserted", "+"),
    of_statement("todos_count_deleted", "deleted", "-"),
    f"""
    CREATE OR REPLACE FUNCTION todos_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      old_live int := (OLD.deleted_at IS NULL)::int;
      new_live int := (NEW.deleted_at IS NULL)::int;
      old_open int := old_live * (NOT OLD.done)::int;
      new_open int := new_live * (NOT NEW.done)::int;
    BEGIN
      IF OLD.list_id = NEW.list_id THEN
        UPDATE lists SET {COUNTED.format(sign="+", open="(new_open - old_open)", live="(new_live - old_live)")} WHERE id = NEW.list_id;
      ELSE
        UPDATE lists SET {COUNTED.format(sign="-", open="old_open", live="old_live")} WHERE id = OLD.list_id;
        UPDATE lists SET {COUNTED.format(sign="+", open="new_open", live="new_live")} WHERE id = NEW.list_id;
      END IF;
      RETURN NULL;
    END $$
    """,
    "DROP TRIGGER todos_updated ON todos",
    """
    CREATE TRIGGER todos_updated AFTER UPDATE OF list_id, done, deleted_at ON todos FOR EACH ROW
    WHEN ((OLD.deleted_at IS NULL OR NEW.deleted_at IS NULL)
      AND (OLD.list_id, OLD.done, OLD.deleted_at IS NULL) IS DISTINCT FROM (NEW.list_id, NEW.done, NEW.deleted_at IS NULL))
    EXECUTE FUNCTION todos_count_updated()
    """,
]
POSTGRESQL_BACK = [
    """
    CREATE OR REPLACE FUNCTION todos_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE lists SET open_count = open_count + added.n, version = version + 1
      FROM (SELECT list_id, count(*) AS n FROM inserted WHERE NOT done AND deleted_at IS NULL GROUP BY list_id) AS added
      WHERE lists.id = added.list_id;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION todos_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE lists SET open_count = open_count - gone.n, version = version + 1
      FROM (SELECT list_id, count(*) AS n FROM deleted WHERE NOT done AND deleted_at IS NULL GROUP BY list_id) AS gone
      WHERE lists.id = gone.list_id;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION todos_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT OLD.done AND OLD.deleted_at IS NULL THEN
        UPDATE lists SET open_count = open_count - 1, version = version + 1 WHERE id = OLD.list_id;
      END IF;
      IF NOT NEW.done AND NEW.deleted_at IS NULL THEN
        UPDATE lists SET open_count = open_count + 1, version = version + 1 WHERE id = NEW.list_id;
      END IF;
      RETURN NULL;
    END $$
    """,
    "DROP TRIGGER todos_updated ON todos",
    """
    CREATE TRIGGER todos_updated AFTER UPDATE OF list_id, done, deleted_at ON todos FOR EACH ROW
    WHEN (OLD.list_id <> NEW.list_id OR (OLD.done OR OLD.deleted_at IS NOT NULL) <> (NEW.done OR NEW.deleted_at IS NOT NULL))
    EXECUTE FUNCTION todos_count_updated()
    """,
]

EVENTS = ("inserted", "deleted", "updated")
SQLITE_DROP = [f"DROP TRIGGER todos_{event}" for event in EVENTS]


def of_row(sign, row):
    """The statement of a trigger that counts a row."""
    return f"""
    UPDATE lists SET open_count = open_count {sign} (NOT {row}.done), live_count = live_count {sign} 1, version = version + (NOT {row}.done)
    WHERE id = {row}.list_id AND {row}.deleted_at IS NULL;
    """


SQLITE = [
    *SQLITE_DROP,
    f"CREATE TRIGGER todos_inserted AFTER INSERT ON todos WHEN NEW.deleted_at IS NULL BEGIN {of_row('+', 'NEW')} END",
    f"CREATE TRIGGER todos_deleted AFTER DELETE ON todos WHEN OLD.deleted_at IS NULL BEGIN {of_row('-', 'OLD')} END",
    f"""
    CREATE TRIGGER todos_updated AFTER UPDATE OF list_id, done, deleted_at ON todos
    WHEN (OLD.list_id, OLD.done, OLD.deleted_at IS NULL) <> (NEW.list_id, NEW.done, NEW.deleted_at IS NULL)
    BEGIN {of_row("-", "OLD")} {of_row("+", "NEW")} END
    """,
]
SQLITE_BACK = [
    *SQLITE_DROP,
    """
    CREATE TRIGGER todos_inserted AFTER INSERT ON todos WHEN NOT NEW.done AND NEW.deleted_at IS NULL
    BEGIN UPDATE lists SET open_count = open_count + 1, version = version + 1 WHERE id = NEW.list_id; END
    """,
    """
    CREATE TRIGGER todos_deleted AFTER DELETE ON todos WHEN NOT OLD.done AND OLD.deleted_at IS NULL
    BEGIN UPDATE lists SET open_count = open_count - 1, version = version + 1 WHERE id = OLD.list_id; END
    """,
    """
    CREATE TRIGGER todos_updated AFTER UPDATE OF list_id, done, deleted_at ON todos
    WHEN OLD.list_id <> NEW.list_id OR (OLD.done OR OLD.deleted_at IS NOT NULL) <> (NEW.done OR NEW.deleted_at IS NOT NULL)
    BEGIN
      UPDATE lists SET open_count = open_count - 1, version = version + 1
      WHERE id = OLD.list_id AND NOT OLD.done AND OLD.deleted_at IS NULL;
      UPDATE lists SET open_count = open_count + 1, version = version + 1
      WHERE id = NEW.list_id AND NOT NEW.done AND NEW.deleted_at IS NULL;
    END
    """,
]


def run(on_postgresql, on_sqlite):
    for statement in on_postgresql if op.get_context().dialect.name == "postgresql" else on_sqlite:
        op.execute(statement.strip())


def upgrade():
    comment = "todos not in the trash; kept by the same triggers"
    op.add_column("lists", sa.Column("live_count", sa.Integer(), server_default="0", nullable=False, comment=comment))
    run(POSTGRESQL, SQLITE)


def downgrade():
    run(POSTGRESQL_BACK, SQLITE_BACK)
    op.drop_column("lists", "live_count")
