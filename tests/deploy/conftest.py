"""What the tests of the production shape share."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests import factories
from tests.conftest import DEFAULTS, service
from tests.deploy.live import live_stack

FRIEND = "https://app.example.com"
SHARED = {
    "RATE_LIMITS": "on",
    "RATE_LIMIT_DEFAULT": "1000000/minute",
    "RATE_LIMIT_AUTH": "100000/minute",
    "CORS_ORIGINS": FRIEND,
    "UPLOAD_MAX_BYTES": str(3 * 1024 * 1024),
    "IMPORT_MAX_BYTES": str(5 * 1024 * 1024),
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The production shape on an installation of its own, shared by the tests that do it no harm."""
    with live_stack(tmp_path_factory.mktemp("stack") / "instance", **SHARED) as made:
        yield made.start()


@pytest.fixture
def make_stack(tmp_path):
    """`make_stack(THREADS="2")`: the stack on a fresh installation, not started yet; killed at the end."""
    with ExitStack() as running:
        yield lambda name="instance", **settings: running.enter_context(live_stack(tmp_path / name, **settings))


@pytest.fixture(scope="session")
def stack_app(stack):
    """An app in this process on the database and the files of the shared stack, which sends its files itself."""
    own = ("INSTANCE_PATH", "DATABASE_URL", "SECRET_KEY", "JWT_SECRET_KEY")
    settings = {name: stack.settings[name] for name in own if name in stack.settings}
    with service(**DEFAULTS | SHARED | settings) as app:
        yield app


@pytest.fixture
def account(stack_app):
    """An account of the shared stack."""
    return factories.user(stack_app)


@pytest.fixture
def direct(stack_app, account):
    """A client of the account without nginx."""
    return factories.client(stack_app, account)


@pytest.fixture
def client(stack, direct):
    """A client of the account through nginx."""
    with stack.session(direct.token) as made:
        yield made


@pytest.fixture
def anybody(stack):
    """A client through nginx that nobody is logged in with."""
    with stack.session() as made:
        yield made
