"""New code while the service is asked: SIGHUP."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app.config import ROOT
from tests.conftest import DEFAULTS
from tests.deploy.live import LiveStack, is_alive
from tests.factories import PASSWORD
from tests.live import wait_until

pytestmark = pytest.mark.xdist_group("reload")

INSTANCES = ("api-1", "api-2")
GROWTH_KIB = 8 * 1024


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """A stack whose code is a copy, which may be changed."""
    folder = tmp_path_factory.mktemp("reload")
    for name in ("app", "frontend", "migrations", "deploy"):
        shutil.copytree(ROOT / name, folder / "code" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, folder / "code")
    secrets = {name: DEFAULTS[name] for name in ("SECRET_KEY", "JWT_SECRET_KEY")}
    stack = LiveStack(folder / "instance", folder / "code", RATE_LIMITS="off", **secrets)
    try:
        yield stack.start()
    finally:
        stack.kill()


def say(stack, text):
    """Change the code: what /healthz answers."""
    path = stack.code / "app" / "system" / "resources.py"
    before = path.read_text()
    line = next(line for line in before.splitlines() if 'content_type="text/plain; charset=utf-8")' in line)
    path.write_text(before.replace(line, f'    return Response("{text}\\n", content_type="text/plain; charset=utf-8")', 1))
    return before


def answers(stack):
    """What /healthz answers, over both instances. Each time on a new connection: nginx closes those that idle when it reloads."""
    with stack.session() as session:
        return {session.get(f"{stack.url}/healthz", headers={"Connection": "close"}, timeout=30).text for _ in range(20)}


def memory(pid):
    """KiB that a process holds."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0])


@contextmanager
def load(stack):
    """Four clients that read and write meanwhile, and send nothing twice; gives what went wrong, and how much went well."""
    account = {"email": f"{os.urandom(4).hex()}@example.com", "password": PASSWORD}
    assert stack.session().post(f"{stack.api}/auth/register", json=account, timeout=30).status_code == 201
    token = stack.session().post(f"{stack.api}/auth/login", json=account, timeout=30).json()["access_token"]
    enough, failed, done = threading.Event(), [], []

    def ask():
        with stack.session(token) as session:
            while not enough.is_set():
                try:
                    made = session.post(f"{stack.api}/todos", json={"task": "one"}, timeout=60)
                    read = session.get(f"{stack.api}/todos?limit=1", timeout=60)
                    (done if (made.status_code, read.status_code) == (201, 200) else failed).append((made.text, read.text))
                except requests.RequestException as error:
                    failed.append(error)
                enough.wait(0.05)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        yield failed, done
    finally:
        enough.set()
        for client in clients:
            client.join()


def test_new_code_comes_without_a_request_that_fails(changing):
    masters = [changing.pid(name) for name in INSTANCES]
    with load(changing) as (failed, done):
        for number in range(2):
            before = [memory(pid) for pid in masters]
            say(changing, f"new {number}")
            for pid in masters:
                os.kill(pid, signal.SIGHUP)
            wait_until(lambda number=number: answers(changing) == {f"new {number}\n"}, 120)

    after = [memory(pid) for pid in masters]
    assert not failed
    assert len(done) > 10
    assert [changing.pid(name) for name in INSTANCES] == masters
    assert max(new - old for new, old in zip(after, before, strict=True)) < GROWTH_KIB


def test_code_that_does_not_start_changes_nothing(changing):
    kept, masters = answers(changing), [changing.pid(name) for name in INSTANCES]
    path = changing.code / "app" / "system" / "resources.py"
    before = path.read_text()
    path.write_text(before + "\nthis is no Python\n")
    try:
        for pid in masters:
            os.kill(pid, signal.SIGHUP)
        wait_until(lambda: changing.text().count("The new code does not start: the old one goes on.") == 2, 120)
    finally:
        path.write_text(before)

    assert "SyntaxError" in changing.text()
    assert answers(changing) == kept
    assert [changing.pid(name) for name in INSTANCES] == masters


def test_settings_that_are_wrong_change_nothing(changing):
    kept = answers(changing)
    config = changing.instance / "config.py"
    config.write_text("REGISTRATION = 'perhaps'\n")
    try:
        os.kill(changing.pid("api-1"), signal.SIGHUP)
        wait_until(lambda: "REGISTRATION: 'perhaps' is not valid" in changing.text(), 120)
    finally:
        config.unlink()

    assert answers(changing) == kept


def test_one_signal_to_the_stack_reaches_all_of_it(changing):
    worker, scheduler = changing.pid("worker"), changing.pid("scheduler")
    say(changing, "from the stack")

    changing.process.send_signal(signal.SIGHUP)

    wait_until(lambda: answers(changing) == {"from the stack\n"}, 120)
    wait_until(lambda: worker != changing.pid("worker") and scheduler != changing.pid("scheduler"), 120)
    assert not is_alive(worker)
    assert is_alive(changing.pid("worker"))
