"""The service behind each server that it is made for, as a process of its own on a fresh installation."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.config import ROOT
from tests import databases
from tests.brokers import need
from tests.conftest import DEFAULTS, installation
from tests.factories import PASSWORD
from tests.live import LiveServer

UWSGI = Path(sys.executable).with_name("uwsgi")
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"))
KINDS = ("sync", "gthread", "gevent", "uwsgi")
HOW_TO_GET_EXTRAS = 'This needs the packages that an operator may add: pipenv sync --categories "packages dev-packages extras"'


def _is_installed(kind):
    if kind == "uwsgi":
        return UWSGI.exists()
    try:
        __import__("gevent")
    except ImportError:
        return kind != "gevent"
    return True


@contextmanager
def running(kind, migrated, folders, *arguments, **changes):
    """The service behind a server of this kind, started; killed at the end. `arguments` are Gunicorn's."""
    need(_is_installed(kind), HOW_TO_GET_EXTRAS)
    with ExitStack() as stack:
        settings = stack.enter_context(installation(migrated, folders)) | {"RATE_LIMITS": "off", "WEB_CONCURRENCY": "2"}
        if databases.SERVER:
            settings |= {name: DEFAULTS[name] for name in ("SECRET_KEY", "JWT_SECRET_KEY")}
        if kind != "uwsgi":
            settings["WORKER_CLASS"] = kind
        server = LiveServer(Path(settings["INSTANCE_PATH"]), **settings | changes)
        server.command = (str(UWSGI), "--ini", str(ROOT / "deploy/uwsgi.ini")) if kind == "uwsgi" else (*GUNICORN, *arguments, "wsgi:app")
        stack.callback(server.kill)
        yield server.start()


def register(session, server, email):
    """A new account; gives what logging in answers."""
    account = {"email": email, "password": PASSWORD}
    assert session.post(f"{server.api}/auth/register", json=account, timeout=10).status_code == 201
    return session.post(f"{server.api}/auth/login", json=account, timeout=10)
