"""The page to use the service with: where it is, what browsers may keep of it, and what it may load."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from app.system import frontend
from tests import factories
from tests.contract.problems import assert_problem

OTHER = "0" * 12  # the name of another release
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"
MOST_BYTES = 73_000


@pytest.fixture
def release(app):
    """What the app serves."""
    return app.extensions["frontend"]


@pytest.fixture
def serve(make_app, monkeypatch, tmp_path):
    """`serve({"main.js": "1"})`: a client of a service whose frontend has these files."""

    def serve_(files):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in {"index.html": "<script src={{assets}}/main.js></script>", **files}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        monkeypatch.setattr(frontend, "FOLDER", folder)
        return factories.client(make_app())

    return serve_


def assets_of(client):
    """The address under which the page has its files."""
    return re.search(r"/assets/[0-9a-f]{12}", client.get("/").text)[0]


@pytest.mark.parametrize("path", factories.PAGES)
def test_the_page_is_at_the_root_and_where_mails_lead_to(anonymous, release, path):
    answer = anonymous.get(path)

    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert f'src="/assets/{release.name}/main.js"' in answer.text
    assert "{{" not in answer.text


def test_the_page_may_load_and_run_only_what_is_ours(anonymous):
    policy = dict(part.split(" ", 1) for part in anonymous.get("/").headers["Content-Security-Policy"].split("; "))

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def test_the_page_has_nothing_inline_that_its_policy_would_stop(release):
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|<base|javascript:", release.page)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", release.page)


def test_a_browser_asks_for_the_page_each_time_and_gets_it_when_it_changed(anonymous):
    first = anonymous.get("/")

    again = anonymous.get("/", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert anonymous.get("/", headers={"If-None-Match": '"another"'}).status_code == 200


def test_every_file_of_the_folder_is_served_as_what_it_is_and_may_be_kept(anonymous, release):
    there = {path.relative_to(frontend.FOLDER).as_posix() for path in frontend.FOLDER.rglob("*") if path.is_file()}
    assert release.files.keys() == there - {"index.html"}

    for name in release.files:
        answer = anonymous.get(f"/assets/{release.name}/{name}")
        assert answer.status_code == 200, name
        assert answer.data == (frontend.FOLDER / name).read_bytes()
        assert answer.headers["Cache-Control"] == KEPT_FOR_GOOD
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_files_have_the_types_that_browsers_insist_on(serve):
    client = serve({"main.js": "", "style.css": "", "icon.svg": "", "app.webmanifest": "", "vendor/package.json": "", "vendor/LICENSE": ""})
    assets = assets_of(client)

    given = {name: client.get(f"{assets}/{name}").mimetype for name in client.application.extensions["frontend"].files}

    assert given == {
        "app.webmanifest": "application/manifest+json",
        "icon.svg": "image/svg+xml",
        "main.js": "text/javascript",
        "style.css": "text/css",
        "vendor/LICENSE": "text/plain",
        "vendor/package.json": "application/json",
    }


@pytest.mark.parametrize(
    "change",
    [{"main.js": "2"}, {"todos/view.js": "1"}, {"index.html": "{{assets}}"}, {"vendor/LICENSE": ""}],
    ids=lambda change: next(iter(change)),
)
def test_the_address_changes_with_any_file(serve, change):
    files = {"main.js": "1"}

    assert assets_of(serve(files)) == assets_of(serve(files))
    assert assets_of(serve(files)) != assets_of(serve(files | change))


def test_the_address_changes_when_two_files_trade_what_they_hold(serve):
    assert assets_of(serve({"a.js": "1", "b.js": "2"})) != assets_of(serve({"a.js": "2", "b.js": "1"}))


def test_a_page_of_another_release_gets_the_file_of_this_one_and_keeps_it_for_no_other_time(anonymous, release):
    answer = anonymous.get(f"/assets/{OTHER}/main.js")

    assert (answer.status_code, answer.data) == (200, release.files["main.js"])
    assert answer.headers["Cache-Control"] == "no-cache"


def test_an_update_that_is_under_way_changes_nothing_before_the_service_starts_anew(serve):
    client = serve({"main.js": "old"})
    address = f"{assets_of(client)}/main.js"

    (frontend.FOLDER / "main.js").write_text("new")

    assert client.get(address).text == "old"
    assert f"{assets_of(client)}/main.js" == address


def test_a_file_that_a_browser_has_is_not_sent_again(anonymous, release):
    address = f"/assets/{release.name}/main.js"
    first = anonymous.get(address)

    again = anonymous.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == KEPT_FOR_GOOD


def test_head_says_the_same_without_the_body(anonymous, release):
    for path in ("/", f"/assets/{release.name}/main.js"):
        whole, head = anonymous.get(path), anonymous.head(path)
        assert (head.status_code, head.data) == (200, b"")
        for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
            assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "name",
    ["", "nowhere.js", "index.html", "core", ".env", "core/.env", "main.js/", "/main.js", "../app/config.py", "..%2f..%2fapp%2fconfig.py", "%2e%2e/README.md", "main.js%00", "MAIN.JS"],
)  # fmt: skip
def test_what_is_no_file_of_the_page_is_not_found(anonymous, release, name):
    assert_problem(anonymous.get(f"/assets/{release.name}/{name}"), 404)


def test_hidden_files_are_not_served(serve):
    client = serve({"main.js": "", ".env": "secret", ".git/config": "secret", "core/.swap.js": "secret"})

    assert client.application.extensions["frontend"].files.keys() == {"main.js"}


def test_switched_off_it_leaves_the_pure_api(make_app, release):
    client = factories.client(make_app(FRONTEND="off"))

    for path in (*factories.PAGES, f"/assets/{release.name}/main.js"):
        assert_problem(client.get(path), 404)
    assert client.get("/docs").status_code == 200


def test_all_of_it_is_small_in_one_archive(release):
    """Everything that is served, one kind of file after the other, compressed at once. No page loads the licences of vendored files."""
    files = {"index.html": release.page.encode(), **release.files}
    names = [name for name in files if not name.endswith("LICENSE")]

    archive = gzip.compress(b"".join(files[name] for name in sorted(names, key=lambda name: (Path(name).suffix, name))), 9)

    assert len(archive) <= MOST_BYTES
