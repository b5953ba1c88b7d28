"""Mails of an installation of their own: jobs of other tests do not get into them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests import factories
from tests.conftest import installation, service
from tests.mail.post import ask, jobs, run_jobs


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


@pytest.fixture
def send(make_mailing_app):
    """`send(mailbox)`: send a mail to the server; gives its job."""

    def through(mailbox, url="smtp://127.0.0.1:{}", **settings):
        app = make_mailing_app(MAIL_URL=url.format(mailbox.port), **settings)
        if not jobs(app):
            ask(app)
        run_jobs(app)
        return jobs(app)[0]

    return through
