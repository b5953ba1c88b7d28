"""What the database keeps in step by itself: the index of the search, the open todos of a list, and who is assigned."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Counts are kept by statement where many rows come or go at once, so that a bulk insert updates each list once.
POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    "CREATE INDEX ix_todos_search ON todos USING gin (list_id, search)",
    # Todos without a due come last also when the latest due comes first, which no index of the plain order gives.
    """
    CREATE INDEX ix_todos_list_latest_due ON todos (list_id, due_key DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL
    """,
    """
    CREATE FUNCTION todos_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE lists SET open_count = open_count + added.n, version = version + 1
      FROM (SELECT list_id, count(*) AS n FROM inserted WHERE NOT done AND deleted_at IS NULL GROUP BY list_id) AS added
      WHERE lists.id = added.list_id;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION todos_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE lists SET open_count = open_count - gone.n, version = version + 1
      FROM (SELECT list_id, count(*) AS n FROM deleted WHERE NOT done AND deleted_at IS NULL GROUP BY list_id) AS gone
      WHERE lists.id = gone.list_id;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION todos_count_updated() RETURNS trigger LANGUAGE plpgsql AS $$
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
    """
    CREATE TRIGGER todos_inserted AFTER INSERT ON todos
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION todos_count_inserted()
    """,
    """
    CREATE TRIGGER todos_deleted AFTER DELETE ON todos
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION todos_count_deleted()
    """,
    """
    CREATE TRIGGER todos_updated AFTER UPDATE OF list_id, done, deleted_at ON todos FOR EACH ROW
    WHEN (OLD.list_id <> NEW.list_id OR (OLD.done OR OLD.deleted_at IS NOT NULL) <> (NEW.done OR NEW.deleted_at IS NOT NULL))
    EXECUTE FUNCTION todos_count_updated()
    """,
    """
    CREATE FUNCTION members_unassign() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE todos SET assignee_id = NULL, version = version + 1, updated_at = now()
      WHERE list_id = OLD.list_id AND assignee_id = OLD.user_id;
      RETURN OLD;
    END $$
    """,
    "CREATE TRIGGER members_deleted BEFORE DELETE ON members FOR EACH ROW EXECUTE FUNCTION members_unassign()",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER members_deleted ON members",
    "DROP FUNCTION members_unassign()",
    "DROP TRIGGER todos_updated ON todos",
    "DROP TRIGGER todos_deleted ON todos",
    "DROP TRIGGER todos_inserted ON todos",
    "DROP FUNCTION todos_count_updated()",
    "DROP FUNCTION todos_count_deleted()",
    "DROP FUNCTION todos_count_inserted()",
    "DROP INDEX ix_todos_list_latest_due",
    "DROP INDEX ix_todos_search",
]

# The text comes with its words already taken apart and folded, so the tokenizer only splits at spaces. A todo's row in the
# index is found by its id as one of the words: SQLite may renumber the rows of a table whose key is not an integer.
UNINDEX = "DELETE FROM todo_search WHERE rowid IN (SELECT rowid FROM todo_search WHERE todo_search MATCH 'id:\"' || OLD.id || '\"')"
INDEX = "INSERT INTO todo_search (id, words) VALUES (NEW.id, NEW.search)"
SQLITE = [
    "CREATE VIRTUAL TABLE todo_search USING fts5 (id, words, tokenize = \"ascii tokenchars '-_#'\", prefix = '2 3')",
    f"CREATE TRIGGER todos_search_inserted AFTER INSERT ON todos BEGIN {INDEX}; END",
    f"CREATE TRIGGER todos_search_deleted AFTER DELETE ON todos BEGIN {UNINDEX}; END",
    f"CREATE TRIGGER todos_search_updated AFTER UPDATE OF search ON todos BEGIN {UNINDEX}; {INDEX}; END",
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
    """
    CREATE TRIGGER members_deleted BEFORE DELETE ON members
    BEGIN
      UPDATE todos SET assignee_id = NULL, version = version + 1, updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')
      WHERE list_id = OLD.list_id AND assignee_id = OLD.user_id;
    END
    """,
]
SQLITE_BACK = [
    "DROP TRIGGER members_deleted",
    "DROP TRIGGER todos_updated",
    "DROP TRIGGER todos_deleted",
    "DROP TRIGGER todos_inserted",
    "DROP TRIGGER todos_search_updated",
    "DROP TRIGGER todos_search_deleted",
    "DROP TRIGGER todos_search_inserted",
    "DROP TABLE todo_search",
]


def run(on_postgresql, on_sqlite):
    for statement in on_postgresql if op.get_context().dialect.name == "postgresql" else on_sqlite:
        op.execute(statement.strip())


def upgrade():
    run(POSTGRESQL, SQLITE)


def downgrade():
    run(POSTGRESQL_BACK, SQLITE_BACK)
