"""A backup is somebody else's word: what is damaged, or made to harm, is refused and changes nothing."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson
import pytest

from app.core.types import new_id
from tests import factories
from tests.arrange import make_attachment, make_todo
from tests.conftest import installation, service


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The members of a good backup of an account with a todo and an attachment."""
    with service(INSTANCE_PATH=str(tmp_path_factory.mktemp("source"))) as app:
        path = tmp_path_factory.mktemp("good") / "tickbox.zip"
        assert app.test_cli_runner().invoke(args=["db", "upgrade"]).exit_code == 0
        client = factories.client(app, factories.user(app))
        make_attachment(client, make_todo(client, "paint")["id"], b"how to")
        assert app.test_cli_runner().invoke(args=["backup", str(path)]).exit_code == 0
    with ZipFile(path) as backup:
        return {name: backup.read(name) for name in backup.namelist()}


@pytest.fixture(scope="module")
def victim(migrated, tmp_path_factory):
    """An empty installation."""
    with installation(migrated, tmp_path_factory) as own, service(**own) as made:
        yield made


@pytest.fixture
def refused(victim, tmp_path):
    """`refused(path)`: what is said of the backup, after it was seen that nothing changed."""

    def restore(path):
        done = victim.test_cli_runner().invoke(args=["restore", str(path)])
        assert done.exit_code == 1, done.output
        assert "Traceback" not in done.output
        instance = Path(victim.config["INSTANCE_PATH"])
        assert [each for each in (instance / "uploads").rglob("*") if each.is_file()] == []
        assert not (tmp_path / "evil").exists()
        assert not (instance.parent / "evil").exists()
        assert not any(victim.test_cli_runner().invoke(args=["users", "list"]).output.split())
        return done.output

    return restore


def packed(path, parts, *more, compression=None):
    """A ZIP file of these members; of `more`, ZipInfo and content, there may be any."""
    with warnings.catch_warnings(), ZipFile(path, "w") as backup:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in parts.items():
            how = compression or (ZIP_STORED if name.startswith("files/") else ZIP_DEFLATED)
            backup.writestr(name, content, how)
        for info, content in more:
            backup.writestr(info, content)
    return path


def manifest(parts, **changes):
    """The parts, with other values in the manifest."""
    told = orjson.loads(parts["manifest.json"]) | changes
    return parts | {"manifest.json": orjson.dumps(told)}


def with_rows(parts, table, change):
    """The parts with other rows of a table, and a manifest that agrees."""
    member = f"tables/{table}.jsonl"
    told = orjson.loads(parts["manifest.json"])
    entry = next(each for each in told["tables"] if each["name"] == table)
    rows = [dict(zip(entry["columns"], orjson.loads(line), strict=True)) for line in parts[member].splitlines()]
    lines = b"".join(orjson.dumps([row[name] for name in entry["columns"]]) + b"\n" for row in change(rows))
    entry |= {"rows": lines.count(b"\n"), "bytes": len(lines), "sha256": hashlib.sha256(lines).hexdigest()}
    return parts | {member: lines, "manifest.json": orjson.dumps(told)}


def each(**changes):
    return lambda rows: [row | changes for row in rows]


def only_file(parts):
    return next(name for name in parts if name.startswith("files/"))


def link(name):
    info = ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def device(name):
    info = ZipInfo(name)
    info.external_attr = 0o020666 << 16
    return info


def test_what_is_refused_below_is_taken_when_it_is_whole(parts, migrated, tmp_path_factory, tmp_path):
    with installation(migrated, tmp_path_factory) as own, service(**own) as app:
        done = app.test_cli_runner().invoke(args=["restore", str(packed(tmp_path / "good.zip", parts))])

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    "name",
    ["../evil", "/tmp/evil", "files/../../evil", "files/..", "files/", "tables/../evil", "evil", "files\\..\\evil", "tables/secrets.jsonl"],
)
def test_members_that_would_lie_elsewhere_are_refused(parts, refused, tmp_path, name):
    said = refused(packed(tmp_path / "bad.zip", parts, (ZipInfo(name), b"evil")))

    assert "belongs into no backup" in said


@pytest.mark.parametrize("kind", [link, device])
def test_links_and_devices_are_never_made(parts, refused, tmp_path, kind):
    name = only_file(parts)
    rest = {member: content for member, content in parts.items() if member != name}

    said = refused(packed(tmp_path / "bad.zip", rest, (kind(name), b"/etc/passwd")))

    assert f"{name} is not what was written" in said


@pytest.mark.parametrize("file_id", ["../../../evil", "/tmp/evil", "", "x" * 36, 7, None])
def test_files_whose_id_is_a_path_are_refused(parts, refused, tmp_path, file_id):
    said = refused(packed(tmp_path / "bad.zip", with_rows(parts, "files", each(id=file_id))))

    assert "damaged" in said


def test_a_member_that_is_there_twice_is_refused(parts, refused, tmp_path):
    name = only_file(parts)

    assert "there twice" in refused(packed(tmp_path / "bad.zip", parts, (ZipInfo(name), b"other")))


@pytest.mark.parametrize("missing", ["manifest.json", "tables/todos.jsonl", "file"])
def test_a_member_that_is_not_there_is_noticed(parts, refused, tmp_path, missing):
    gone = only_file(parts) if missing == "file" else missing

    said = refused(packed(tmp_path / "bad.zip", {name: content for name, content in parts.items() if name != gone}))

    assert "damaged" in said


@pytest.mark.parametrize("member", ["tables/todos.jsonl", "manifest.json", "file"])
def test_a_bit_that_fell_over_is_noticed(parts, refused, tmp_path, member):
    path = packed(tmp_path / "bad.zip", parts)
    name = (only_file(parts) if member == "file" else member).encode()
    content = bytearray(path.read_bytes())
    content[content.index(name) + len(name) + 3] ^= 1
    path.write_bytes(content)

    assert "damaged" in refused(path)


@pytest.mark.parametrize("length", [0, 1, 100, 0.5, 0.99])
def test_half_a_backup_is_none(parts, refused, tmp_path, length):
    path = packed(tmp_path / "bad.zip", parts)
    content = path.read_bytes()
    path.write_bytes(content[: length if isinstance(length, int) else int(len(content) * length)])

    assert "damaged" in refused(path)


def test_other_rows_than_the_manifest_tells_of_are_noticed(parts, refused, tmp_path):
    changed = parts["tables/users.jsonl"].replace(b"member", b"admins")

    assert "tables/users.jsonl is not what was written" in refused(packed(tmp_path / "bad.zip", parts | {"tables/users.jsonl": changed}))


def test_other_bytes_of_a_file_are_noticed(parts, refused, tmp_path):
    name = only_file(parts)

    assert f"{name} is not what was written" in refused(packed(tmp_path / "bad.zip", parts | {name: b"how NO"}))


def test_a_file_that_would_grow_when_it_is_unpacked_is_refused(parts, refused, tmp_path):
    bomb = parts | {only_file(parts): b"\0" * 50_000_000}

    assert "belongs into no backup" in refused(packed(tmp_path / "bad.zip", bomb, compression=ZIP_DEFLATED))


def test_no_more_of_a_file_is_written_than_its_row_says(parts, refused, tmp_path):
    assert "is not what was written" in refused(packed(tmp_path / "bad.zip", parts | {only_file(parts): b"\0" * 5_000_000}))


def test_rows_that_grow_when_they_are_unpacked_are_read_no_further_than_told(parts, refused, tmp_path):
    bomb = parts | {"tables/todos.jsonl": b"[" * 50_000_000}

    assert "tables/todos.jsonl is not what was written" in refused(packed(tmp_path / "bad.zip", bomb))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("todos", each(list_id=new_id())),
        ("todos", each(task="")),
        ("todos", each(created_at="yesterday")),
        ("todos", each(created_at=None)),
        ("todos", each(task=None)),
        ("todos", each(tags=7)),
        ("todos", each(due_on={})),
        ("users", each(email="UPPER@example.org")),
        ("users", lambda rows: rows * 2),
        ("files", lambda rows: []),
        ("files", each(size=3)),
        ("files", each(sha256="0" * 64)),
    ],
)
def test_rows_that_do_not_fit_the_tables_are_refused(parts, refused, tmp_path, table, change):
    assert "damaged" in refused(packed(tmp_path / "bad.zip", with_rows(parts, table, change)))


@pytest.mark.parametrize("line", [b"{}\n", b"[1]\n", b"nonsense\n", b"[[]]\n"])
def test_lines_that_are_no_rows_are_refused(parts, refused, tmp_path, line):
    told = orjson.loads(parts["manifest.json"])
    entry = next(each for each in told["tables"] if each["name"] == "lists")
    entry |= {"rows": 1, "bytes": len(line), "sha256": hashlib.sha256(line).hexdigest()}

    said = refused(packed(tmp_path / "bad.zip", parts | {"tables/lists.jsonl": line, "manifest.json": orjson.dumps(told)}))

    assert "tables/lists.jsonl holds what is no row" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"revision": "9999"}, "made by a newer version of Tickbox, at migration 9999"),
        ({"revision": "../x"}, "its manifest is wrong"),
        ({"revision": "base"}, "newer version"),
        ({"format": 2}, "made by a newer version of Tickbox"),
        ({"format": 0}, "its manifest is wrong"),
        ({"format": "1"}, "its manifest is wrong"),
        ({"tables": []}, "belongs into no backup"),
        ({"tables": [{"name": "x; DROP TABLE users"}]}, "its manifest is wrong"),
        ({"tables": 7}, "its manifest is wrong"),
        ({"files": -1}, "its manifest is wrong"),
        ({"missing": ["../x"]}, "its manifest is wrong"),
        ({"more": 1}, "its manifest is wrong"),
        ({"file_bytes": 2**62}, "the disk of the instance folder has"),
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(parts, refused, tmp_path, changes, said):
    assert said in refused(packed(tmp_path / "bad.zip", manifest(parts, **changes)))


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"{}", b"\xff"])
def test_a_manifest_that_is_no_object_is_refused(parts, refused, tmp_path, content):
    assert "its manifest is" in refused(packed(tmp_path / "bad.zip", parts | {"manifest.json": content}))


def test_columns_that_the_tables_do_not_have_are_refused(parts, refused, tmp_path):
    told = orjson.loads(parts["manifest.json"])
    told["tables"][0]["columns"][0] = "other"

    assert "its tables are not those of migration" in refused(packed(tmp_path / "bad.zip", manifest(parts, tables=told["tables"])))


@pytest.mark.parametrize("content", [b"not a ZIP file", b"\x1f\x8b" + b"\0" * 100, b"SQLite format 3\0" + b"\0" * 4096])
def test_any_other_file_is_refused(refused, tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)

    assert "damaged" in refused(path)
