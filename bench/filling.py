"""Rows in bulk: a database as it is after years, made by SQL alone.

`fill` makes one account with as many todos as is said, and around it smaller ones, whose rows lie between its own, as those of
a service do that all use at once. It takes a database at head, and what was in it goes.

Words and tags are as frequent as in any language: the second half as often as the first, the third a third as often (Zipf's law).
Of the todos 3 % lie in the trash; half have a due; of those of today 95 % are open, of those of two years ago 5 %; every tenth is
a subtask; 2 % are assigned. The same numbers make the same rows, but for random parts of ids.
"""

from __future__ import annotations

import time
from contextlib import contextmanager

EMAIL = "growth@example.org"
DAYS = 730
"""How long ago the first todo was made."""
AT_ONCE = 250_000
_KEEP = "SELECT indexrelid FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid WHERE conindid IS NOT NULL OR indisprimary"
_ACCOUNTS = """
CREATE TEMPORARY TABLE fill_lists AS
  SELECT account, number, {uuid} AS id, number = 0 AS inbox, number = 9 AS archived
  FROM generate_series(0, {accounts}) AS account, generate_series(0, CASE WHEN account = 0 THEN 9 ELSE 4 END) AS number;
CREATE TEMPORARY TABLE fill_users AS SELECT account, {uuid} AS id FROM generate_series(0, {accounts}) AS account;
INSERT INTO lists (id, name, archived, inbox, open_count, version, created_at, updated_at)
  SELECT id, 'List ' || number, archived, inbox, 0, 1, now() - interval '{days} days', now() - interval '{days} days' FROM fill_lists;
INSERT INTO users (id, email, name, password_hash, role, active, time_zone, inbox_id, version, created_at, updated_at)
  SELECT fill_users.id, CASE account WHEN 0 THEN '{email}' ELSE 'fill' || account || '@example.org' END, 'Filled', '!', 'member', true,
    'UTC', fill_lists.id, 1, now() - interval '{days} days', now() - interval '{days} days'
  FROM fill_users JOIN fill_lists USING (account) WHERE inbox;
INSERT INTO members (list_id, user_id, role, position, version, joined_at)
  SELECT fill_lists.id, fill_users.id, 'owner', number + 1, 1, now() - interval '{days} days'
  FROM fill_lists JOIN fill_users USING (account);
CREATE TEMPORARY TABLE fill_words AS SELECT number, word FROM unnest({words}::text[]) WITH ORDINALITY AS words (word, number);
CREATE INDEX ON fill_words (number);
ANALYZE fill_words;
CREATE TEMPORARY TABLE fill_texts AS
  SELECT text, string_agg(word, ' ') FILTER (WHERE place <= 3) AS task, string_agg(word, ' ') FILTER (WHERE place > 3) AS notes,
    string_agg(format('%L:1%s', word, CASE WHEN place <= 3 THEN 'A' ELSE 'B' END), ' ')::tsvector AS search
  FROM (SELECT text, place, floor(power({many}, random()))::int AS number
      FROM generate_series(0, {texts} - 1) AS text, generate_series(1, 6) AS place WHERE place <= 3 OR text % 4 = 0) AS chosen
    JOIN fill_words USING (number)
  GROUP BY text;
CREATE TEMPORARY TABLE fill_tags AS
  SELECT set, coalesce(jsonb_agg(tag ORDER BY tag) FILTER (WHERE tag IS NOT NULL), '[]') AS tags,
    coalesce(string_agg('''#' || encode(tag::bytea, 'hex') || ''':1C', ' '), '')::tsvector AS search
  FROM (SELECT DISTINCT set, CASE WHEN place <= set % 4 THEN 'tag' || floor(power(40, random()))::int END AS tag
      FROM generate_series(0, {tags} - 1) AS set, generate_series(1, 3) AS place) AS chosen
  GROUP BY set;
CREATE INDEX ON fill_lists (account, number);
ANALYZE fill_lists; ANALYZE fill_texts; ANALYZE fill_tags; ANALYZE fill_users;
"""
_UUID = "overlay(gen_random_uuid()::text PLACING '0180' FROM 1 FOR 4)::uuid"
_WORDS, _TEXTS, _TAGS = 20_000, 100_000, 1000
_TODOS = """
INSERT INTO todos (id, list_id, parent_id, assignee_id, task, notes, done, completed_at, priority, due_on, due_at, tags, position, version,
    created_by, created_at, updated_at, deleted_at, deleted_with, due_key, task_key, search)
WITH chances AS MATERIALIZED (
  SELECT n, made, n <> family AS subtask, family, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5,
    floor(random() * {texts})::int AS text, floor(random() * {tags})::int AS set,
    hashint8extended(family, 1)::bit(32)::bigint / 4294967296.0::double precision AS who,
    hashint8extended(family, 2)::bit(32)::bigint / 4294967296.0::double precision AS which
  FROM (SELECT n, CASE WHEN n % 10 = 1 AND n > 1 THEN n - 1 ELSE n END AS family,
      {made} AS made
    FROM generate_series({first}::bigint, {last}) AS n) AS numbers),
placed AS MATERIALIZED (
  SELECT *, CASE WHEN who < {share} THEN 0 ELSE 1 + floor((who - {share}) / (1.0000001 - {share}) * {accounts})::int END AS account,
    r5 < 0.97 - 0.92 * exp(-extract(epoch FROM {today} - made) / 2592000) AS done, least(made + interval '20 days' * r3, {today}) AS later,
    CASE WHEN r4 < 0.5 THEN date_trunc('hour', made + interval '60 days' * r3) END AS due, {id} AS id
  FROM chances)
SELECT placed.id, fill_lists.id, CASE WHEN subtask THEN {family_id} END, CASE WHEN r2 < 0.02 THEN fill_users.id END, task, notes, done,
  CASE WHEN done THEN later END, (ARRAY[0, 0, 0, 1, 2, 3, 4])[1 + floor(7 * r1)::int], CASE WHEN r4 < 0.3 THEN due::date END,
  CASE WHEN r4 >= 0.3 THEN due END, tags, n, CASE WHEN done THEN 2 ELSE 1 END, fill_users.id, made, CASE WHEN done THEN later ELSE made END,
  CASE WHEN r2 > 0.97 THEN later END, CASE WHEN r2 > 0.97 THEN placed.id END,
  CASE WHEN r4 < 0.3 THEN due::date::timestamp AT TIME ZONE 'UTC' ELSE due END, task, fill_texts.search || fill_tags.search
FROM placed JOIN fill_users USING (account) JOIN fill_texts USING (text) JOIN fill_tags USING (set)
  JOIN fill_lists ON fill_lists.account = placed.account
    AND fill_lists.number = floor(CASE WHEN placed.account = 0 THEN 10 ELSE 5 END * which * which)::int
ORDER BY n
"""
_PLANT = """
UPDATE todos SET task = '{rare}', task_key = '{rare}', search = '{rare}:1A' WHERE id IN (
  SELECT todos.id FROM todos JOIN users ON list_id = inbox_id WHERE email = '{email}' AND deleted_at IS NULL ORDER BY random() LIMIT 20)
"""
_COUNTS = """
INSERT INTO list_tags (list_id, name, open_count, count)
  SELECT list_id, tag, count(*) FILTER (WHERE NOT done), count(*) FROM todos, jsonb_array_elements_text(tags) AS tag
  WHERE deleted_at IS NULL GROUP BY list_id, tag;
UPDATE lists SET open_count = counted.opened, live_count = counted.live
  FROM (SELECT list_id, count(*) AS live, count(*) FILTER (WHERE NOT done) AS opened FROM todos WHERE deleted_at IS NULL GROUP BY list_id)
    AS counted
  WHERE counted.list_id = lists.id;
"""


def word(number):
    """The word that comes so far down in the order of frequency, from 1."""
    places = range(4)
    return "".join(
        f"{'bcdfghklmnprstvz'[(number * 7919 >> 4 * each) % 16]}{'aeiou'[(number * 104_729 >> 3 * each) % 5]}" for each in places
    )


COMMON, USUAL, RARE = word(1), word(100), "quagga"
"""Words of every fifth task, of every three hundredth, and of twenty todos of the account EMAIL."""


def fill(connection, total, of_one, *, each=1000, say=lambda text: None):
    """Fill the database of an autocommitting psycopg connection with `total` todos: `of_one` of the account EMAIL, `each` of the others.

    Indexes, foreign keys and triggers come back at the end: that takes a third of the time that it takes to keep them up.
    """
    others = total - of_one
    accounts = max(1, round(others / each))
    (today,) = connection.execute("SELECT now()").fetchone()
    connection.execute("SELECT setseed(0.5)")
    connection.execute("TRUNCATE users, lists CASCADE")
    connection.execute("DROP TABLE IF EXISTS fill_lists, fill_users, fill_words, fill_texts, fill_tags")
    words, texts = "'{" + ",".join(map(word, range(1, _WORDS + 1))) + "}'", min(_TEXTS, total // 4)
    connection.execute(
        _ACCOUNTS.format(uuid=_UUID, accounts=accounts, email=EMAIL, days=DAYS, words=words, many=_WORDS, texts=texts, tags=_TAGS)
    )
    with _bare(connection, say):
        begun = time.monotonic()
        for first in range(1, total + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, total)
            connection.execute(_rows(today, first, last, total, accounts, of_one / total))
            say(f"{last:,} of {total:,} rows after {time.monotonic() - begun:.0f} s")
        connection.execute(_PLANT.format(rare=RARE, email=EMAIL))
    connection.execute(_COUNTS)
    say("vacuum and analyze")
    connection.execute("VACUUM ANALYZE")


def _rows(today, first, last, total, accounts, share):
    made, family = (
        f"timestamptz '{today}' - interval '{DAYS} days' * (({total} - {number})::double precision / {total})" for number in ("n", "family")
    )
    return _TODOS.format(
        first=first, last=last, total=total, made=made, today=f"timestamptz '{today}'", accounts=accounts, share=share,
        texts=min(_TEXTS, total // 4), tags=_TAGS,
        id=_id("n", "made"), family_id=_id("family", family),
    )  # fmt: skip


def _id(number, made):
    """A UUIDv7 of the millisecond, whose rest follows from the number."""
    moment = f"lpad(to_hex((extract(epoch FROM {made}) * 1000)::bigint), 12, '0')"
    return f"overlay(overlay(md5({number}::text) PLACING {moment} FROM 1 FOR 12) PLACING '7' FROM 13 FOR 1)::uuid"


@contextmanager
def _bare(connection, say):
    """The table of todos without what is dear to keep up, row by row."""
    indexes = connection.execute(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'todos'::regclass"
        f" AND indexrelid NOT IN ({_KEEP})"
    ).fetchall()
    keys = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'todos'::regclass AND contype = 'f'"
    ).fetchall()
    for index, _ in indexes:
        connection.execute(f"DROP INDEX {index}")
    for key, _ in keys:
        connection.execute(f"ALTER TABLE todos DROP CONSTRAINT {key}")
    connection.execute("ALTER TABLE todos DISABLE TRIGGER USER")
    yield
    connection.execute("ALTER TABLE todos ENABLE TRIGGER USER")
    for index, definition in indexes:
        begun = time.monotonic()
        connection.execute(definition)
        say(f"{index} in {time.monotonic() - begun:.0f} s")
    for key, definition in keys:
        connection.execute(f"ALTER TABLE todos ADD CONSTRAINT {key} {definition}")
