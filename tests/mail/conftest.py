"""Mails of an installation of their own: jobs of other tests do not get into them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests import factories
from tests.conftest import installation, service


@pytest.fixture
def make_mailing_app(migrated, tmp_path_factory):
    """`make_mailing_app(MAIL_URL=...)`: apps with such settings on one new database."""
    with ExitStack() as stack:
        own = stack.enter_context(installation(migrated, tmp_path_factory))
        yield lambda **changes: stack.enter_context(service(**own | changes))


@pytest.fixture
def app(make_mailing_app):
    """An app that writes mails into files."""
    return make_mailing_app(PUBLIC_URL="https://todo.example.org")


@pytest.fixture
def people(app):
    """`people(time_zone="Asia/Tokyo")`: a client of a new account."""
    return lambda **fields: factories.client(app, factories.user(app, **fields))
