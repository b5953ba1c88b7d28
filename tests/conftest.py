"""What every test may ask for. One app a run, on one migrated database; tests keep apart by having accounts of their own."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
from flask_migrate import upgrade
from sqlalchemy import event

from app import create_app
from app.config import ROOT, SETTINGS, is_embedded
from app.extensions import db
from tests import databases, factories
from tests.live import LiveServer

# An empty setting keeps what the developer has set out of the tests.
DEFAULTS = {setting.name: "" for setting in SETTINGS} | {
    "SECRET_KEY": "k1-of-the-tests-and-of-nothing-else-0123456789",
    "JWT_SECRET_KEY": "k2-of-the-tests-and-of-nothing-else-0123456789",
    "RATE_LIMITS": "off",
    "LOG_LEVEL": "WARNING",
}


def pytest_runtest_setup(item):
    """Tests marked `postgresql` need a server. In CI there must be one: what is skipped there is never run."""
    if item.get_closest_marker("postgresql") and not databases.SERVER:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(databases.HOW_TO_GET_POSTGRESQL)


@contextmanager
def service(**settings):
    """An app; its connections are closed at the end."""
    app = create_app(DEFAULTS | settings)
    app.test_client_class = factories.Client
    with app.app_context():
        if is_embedded(app.config):
            # Waiting for the disk is tested on live servers; here it would double the time.
            event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The settings of an installation whose database is at head and has no rows; to be copied, not to be used."""
    with ExitStack() as stack:
        settings = {"INSTANCE_PATH": str(tmp_path_factory.mktemp("migrated"))}
        if databases.SERVER:
            settings["DATABASE_URL"] = stack.enter_context(databases.postgresql())
        with service(**settings) as app, app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
        yield settings


@contextmanager
def installation(migrated, tmp_path_factory):
    """The settings of a new installation with a database of its own."""
    folder = tmp_path_factory.mktemp("instance")
    if not databases.SERVER:
        shutil.copy(f"{migrated['INSTANCE_PATH']}/app.db", folder)
        yield {"INSTANCE_PATH": str(folder)}
        return
    with databases.postgresql(template=migrated["DATABASE_URL"]) as address:
        yield {"INSTANCE_PATH": str(folder), "DATABASE_URL": address}


@pytest.fixture(scope="session")
def settings(migrated, tmp_path_factory):
    """The settings of the app that most tests share."""
    with installation(migrated, tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="session")
def app(settings):
    """The app that most tests share, with rate limits off."""
    with service(**settings) as made:
        yield made


@pytest.fixture
def make_app(settings):
    """`make_app(RATE_LIMITS="on")`: an app with other settings, on the same database."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(service(**settings | changes))


@pytest.fixture
def lone_app(migrated, tmp_path_factory):
    """An app on a database of its own, for what concerns all of a service: its last admin, its migrations."""
    with installation(migrated, tmp_path_factory) as own, service(**own) as made:
        yield made


@pytest.fixture
def user(app):
    """`user(role="viewer", time_zone="Asia/Tokyo")`: a new account."""
    return partial(factories.user, app)


@pytest.fixture
def make_client(app):
    """`make_client(account)`: a client that is logged in as the account; without one, nobody is."""
    return partial(factories.client, app)


@pytest.fixture
def account(user):
    """A member."""
    return user()


@pytest.fixture
def client(make_client, account):
    """A client of `account`."""
    return make_client(account)


@pytest.fixture
def stranger(make_client, user):
    """A client of another member, who shares nothing with `account`."""
    return make_client(user(name="Stranger"))


@pytest.fixture
def admin(make_client, user):
    """A client of an admin."""
    return make_client(user(name="Admin", role="admin"))


@pytest.fixture
def anonymous(make_client):
    """A client that nobody is logged in with."""
    return make_client()


@pytest.fixture
def statements(app):
    """`with statements() as seen: ...`: the SQL statements that were run inside the block, in order."""
    return partial(factories.statements, app)


@pytest.fixture
def make_live_server(tmp_path):
    """`make_live_server(RATE_LIMITS="on")`: the real service, started, on a fresh installation; killed at the end."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(_live(tmp_path, **changes))


@pytest.fixture(scope="module")
def make_module_server(tmp_path_factory):
    """The same for all tests of a file."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(_live(tmp_path_factory.mktemp("live"), **changes))


@pytest.fixture(scope="session")
def live_server(tmp_path_factory):
    """The real service on an installation of its own, shared by the tests that do it no harm."""
    with _live(tmp_path_factory.mktemp("live")) as server:
        yield server


@contextmanager
def _live(folder, **changes):
    with ExitStack() as stack:
        settings = {"RATE_LIMITS": "off"}
        if databases.SERVER:
            settings |= {name: DEFAULTS[name] for name in ("SECRET_KEY", "JWT_SECRET_KEY")} | {"WEB_CONCURRENCY": "2"}
            settings["DATABASE_URL"] = stack.enter_context(databases.postgresql())
        server = LiveServer(folder, **settings | changes)
        stack.callback(server.kill)
        yield server.start()
