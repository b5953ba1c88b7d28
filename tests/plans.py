"""How PostgreSQL goes about the statements of a request: each is explained where it is run, in the state in which it is run.

The server is asked twice: for the plan that it makes of the very values, and for the one that it makes once for all values and keeps,
as the driver lets it do with what comes often. Each is really run (EXPLAIN ANALYZE), and taken back.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import event

from app.core.database import engine

MODES = ("force_custom_plan", "force_generic_plan")
_NAMED = re.compile(r"%\((\w+)\)s")
_EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
_SCANS = "SELECT relname, coalesce(seq_scan, 0) FROM pg_stat_xact_user_tables"


@dataclass(frozen=True)
class Plan:
    """One plan of one statement: its nodes, how many times each table was read from end to end, cascades and triggers included."""

    statement: str
    mode: str
    nodes: list[dict]
    whole_tables: dict[str, int]

    @property
    def most_sorted(self):
        """The most rows that one of its sorts was given."""
        return max((_rows(node["Plans"][0]) for node in self.nodes if "Sort" in node["Node Type"]), default=0)

    @property
    def rows_read(self):
        """How many rows it took out of tables, whether they were wanted or not."""
        return sum(_rows(node) + _dropped(node) for node in self.nodes if "Relation Name" in node and "Plans" not in node) + sum(
            _rows(node) + _dropped(node) for node in self.nodes if node["Node Type"] == "Bitmap Heap Scan"
        )

    def __str__(self):
        lines = [f"{'  ' * node['depth']}{_named(node)}: {_rows(node)} rows, {_dropped(node)} dropped" for node in self.nodes]
        return "\n".join([f"{self.mode}:", self.statement, *lines, f"read from end to end: {self.whole_tables}"])


@contextmanager
def explained(app, modes=MODES):
    """The plans of all statements that are run inside the block, but for those that only lock a name."""
    plans = []

    def explain(_, cursor, text, values, context, executemany):
        if text.startswith(_EXPLAINED) and "FROM credential_changes" not in text and "advisory" not in text:
            one = values[0] if executemany else values
            plans.extend(_plans(cursor.connection, text, one or {}, modes))

    with app.app_context():
        bound = engine()
    event.listen(bound, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(bound, "before_cursor_execute", explain)


def _plans(connection, text, values, modes):
    if isinstance(values, list):  # of a prepared statement: its text has numbers
        prepared, bound = text, values
    else:
        names = list(dict.fromkeys(_NAMED.findall(text)))
        prepared = _NAMED.sub(lambda match: f"${names.index(match[1]) + 1}", text).replace("%%", "%")
        bound = [values[name] for name in names]
    given = sql.SQL(", ").join(map(sql.Literal, bound))
    execute = sql.SQL("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE explained") + (
        sql.SQL("({})").format(given) if bound else sql.SQL("")
    )
    begin, back = _taken_back(connection)
    with connection.cursor() as cursor:
        for mode in modes:
            connection.pgconn.exec_(begin)
            cursor.execute(f"PREPARE explained AS {prepared}".encode(), prepare=False)
            cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
            before = dict(cursor.execute(_SCANS).fetchall())
            ((plan,),) = cursor.execute(execute.as_bytes(connection), prepare=False).fetchall()
            after = dict(cursor.execute(_SCANS).fetchall())
            cursor.execute("DEALLOCATE explained")
            connection.pgconn.exec_(back)  # by psycopg itself it would end all that is prepared
            whole = {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}
            yield Plan(text, mode, list(_nodes(plan[0]["Plan"])), whole)


def _taken_back(connection):
    """How to run what leaves no trace: in a transaction of its own, or in a part of the one that is open."""
    if connection.info.transaction_status.name == "IDLE":
        return b"BEGIN", b"ROLLBACK"
    return b"SAVEPOINT explained", b"ROLLBACK TO SAVEPOINT explained"


def _nodes(node, depth=0):
    yield {**node, "depth": depth}
    for each in node.get("Plans", ()):
        yield from _nodes(each, depth + 1)


def _rows(node):
    return round(node["Actual Rows"] * node["Actual Loops"])


def _dropped(node):
    kinds = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return round(sum(node.get(kind, 0) for kind in kinds) * node["Actual Loops"])


def _named(node):
    return " ".join(str(node[key]) for key in ("Node Type", "Relation Name", "Index Name", "Sort Method") if key in node)
