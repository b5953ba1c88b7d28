"""What clients entrust to the service stands in no log line, no metric, no trace, no report of an error, and no secret in any error's answer.

A running service with its worker gets a word of its own in every field that may carry something, through successes, refusals and
breakdowns, jobs included; then all that it has let out is searched for these words.
"""

import re
import secrets
import socket
from contextlib import ExitStack
from importlib.util import find_spec

import pytest
import requests
from sqlalchemy import create_engine, inspect, text

from tests import collectors
from tests.live import wait_until


class Canaries(dict):
    """A word for each field, and the secrets that the service itself gives out."""

    def __missing__(self, field):
        self[field] = f"canary{secrets.token_hex(8)}"
        return self[field]

    def found_in(self, told, fields=None):
        """The fields whose words stand in a text."""
        return {field for field, word in self.items() if word in told and (fields is None or field in fields)}


@pytest.fixture(scope="module")
def walk(make_module_server):
    """A service that has been walked through, with its canaries, and what it has let out."""
    with ExitStack() as stack:
        kept = [made() for made, package in ((collectors.Traces, "opentelemetry"), (collectors.Sentry, "sentry_sdk")) if find_spec(package)]
        for each in kept:
            stack.callback(each.close)
        settings = {name: value for each in kept for name, value in each.settings.items()}
        server = make_module_server(LOG_LEVEL="DEBUG", RATE_LIMIT_AUTH="1000/minute", **settings)
        yield Walk(server, kept).all()


class Walk:
    """One way through the service."""

    def __init__(self, server, kept):
        self.server, self.kept, self.words = server, kept, Canaries()
        self.failures = []
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": self.words["agent"], "X-Anything": self.words["header"]})
        self.session.hooks["response"] = [self.note]

    def note(self, answer, **_):
        if answer.status_code >= 400:
            self.failures.append((answer.status_code, f"{answer.headers} {answer.text}"))

    def ask(self, method, path, body=None, **kwargs):
        return self.session.request(method, self.server.api + path, json=body, timeout=30, **kwargs)

    def all(self):
        """Go all of it; gives itself."""
        self.account()
        self.contents()
        self.refusals()
        self.broken_heads()
        self.finish_jobs()
        self.breakdown()
        self.finish_jobs()
        self.metrics = requests.get(f"{self.server.url}/metrics", timeout=30).text
        if self.kept:
            wait_until(lambda: all(each.bodies for each in self.kept), 20)
        self.server.stop()
        self.log = self.server.log.read_text()
        return self

    def account(self):
        words = self.words
        email = words["email"] + "@example.org"
        login = {"email": email, "password": words["password"]}
        assert self.ask("POST", "/auth/register", login | {"name": words["name"]}).status_code == 201
        self.ask("POST", "/auth/login", {"email": email, "password": words["wrong password"]})
        cookies = self.ask("POST", "/auth/login", login | {"cookies": True}).cookies
        for number, value in enumerate(cookies.values()):
            words[f"cookie of the login {number}"] = value
        self.session.cookies.clear()
        pair = self.ask("POST", "/auth/login", login).json()
        words["access token"], words["refresh token"] = pair["access_token"], pair["refresh_token"]
        self.session.headers["Authorization"] = f"Bearer {pair['access_token']}"
        made = self.ask("POST", "/auth/tokens", {"name": words["token name"], "scopes": ["todos:read"]}).json()
        words["personal token"] = made["token"]
        self.ask("GET", "/todos", headers={"Authorization": f"Bearer {made['token']}"})
        self.ask("POST", "/auth/refresh", headers={"Authorization": f"Bearer {pair['refresh_token']}"})
        assert self.ask("POST", "/auth/password-reset", {"email": email}).status_code == 202
        mails = wait_until(lambda: [m for m in (self.server.instance / "mail").glob("*.eml") if "eset" in m.read_text()], 30)
        words["mailed token"] = re.search(r"[\w-]{40,}", mails[0].read_text().replace("=\n", "").partition("\n\n")[2])[0]
        self.ask("POST", "/auth/password-reset/confirm", {"token": words["a false token"], "password": words["new password"]})
        self.ask("POST", "/auth/verify-email", {"token": words["another false token"]})

    def contents(self):
        words = self.words
        made = self.ask("POST", "/lists", {"name": words["list"]}).json()
        todo = {"task": words["task"], "notes": words["notes"], "tags": [words["tag"]], "list_id": made["id"]}
        self.todo = self.ask("POST", "/todos", todo, headers={"Idempotency-Key": words["idempotency key"]}).json()
        path = f"/todos/{self.todo['id']}"
        assert self.ask("POST", f"{path}/comments", {"body": words["comment"]}).status_code == 201
        sent = {"file": (words["file name"] + ".txt", words["file content"])}
        assert self.ask("POST", f"{path}/attachments", files=sent).status_code == 201
        rows = {"file": (words["import name"] + ".csv", f"task,tags\n{words['imported']},{words['imported tag']}\n")}
        assert self.ask("POST", "/imports", data={"format": "csv"}, files=rows).status_code == 202
        assert self.ask("POST", "/exports", {"format": "json"}).status_code == 202
        self.ask("POST", f"/lists/{made['id']}/members", {"email": words["invited"] + "@example.org", "role": "editor"})
        self.ask("GET", f"/todos?q={words['search']}&tag={words['tag']}&nonsense={words['query']}")

    def refusals(self):
        words = self.words
        for path in ("/todos", "/auth/login", "/nowhere", "/me"):
            self.ask("POST", f"{path}?token={words['query string']}", {words["unknown field"]: words["body"]})
            self.session.post(
                self.server.api + path, data=f'{{"password": "{words["torn body"]}', headers={"Content-Type": "application/json"}
            )
        for credential in (f"Bearer {words['bearer']}", f"Basic {words['basic']}", f"Bearer tbx_{words['personal']}", words["scheme"]):
            self.ask("GET", "/todos", headers={"Authorization": credential})
        cookies = {"access_token_cookie": words["cookie"], "csrf_access_token": words["csrf cookie"]}
        self.ask("POST", "/todos", {}, headers={"Authorization": "", "X-CSRF-TOKEN": words["csrf"]}, cookies=cookies)
        bad = {"file": ("bad.csv", f"task\n{words['bad row'] * 200}\n")}
        self.ask("POST", "/imports", data={"format": "csv"}, files=bad)
        self.ask("POST", "/imports", data={"format": "json"}, files={"file": ("bad.json", f"[{words['bad file']}")})
        self.ask("GET", "/todos", headers={"traceparent": words["trace"], "X-Request-ID": f"{words['request id']}/"})

    def broken_heads(self):
        """What Gunicorn refuses by itself."""
        words = self.words
        for head in (
            f"GET /?{words['line']}\r\n\r\n",
            f"GET / HTTP/1.1\r\nAuthorization : Bearer {words['head']}\r\n\r\n",
            f"GET / HTTP/1.1\r\nCookie\r\n{words['folded']}\r\n\r\n",
            f"{words['method']}! / HTTP/1.1\r\n\r\n",
            f"GET / HTTP/{words['version']}\r\n\r\n",
            f"POST / HTTP/1.1\r\nTransfer-Encoding: {words['coding']}\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
                connection.sendall(head.encode())
                answer = connection.recv(10_000).decode()
                self.failures.append((int(answer.split()[1]), answer))

    def breakdown(self):
        """Let what is read be wrong, and a table be gone: what then goes wrong quotes what it met."""
        address = self.server.settings.get("DATABASE_URL") or f"sqlite:///{self.server.instance}/app.db"
        engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                values = {"wrong": self.words["wrong in the database"], "id": self.todo["id"].replace("-", "")}
                connection.execute(text("UPDATE todos SET updated_at = :wrong WHERE replace(id, '-', '') = :id"), values)
            else:
                columns = [column["name"] for column in inspect(connection).get_columns("todos")]
                wrong = f"('{self.words['wrong in the database']}' || task)::timestamptz AS updated_at"  # in a view nothing can be bound
                connection.execute(text("ALTER TABLE todos RENAME TO broken"))
                shown = ", ".join(wrong if name == "updated_at" else name for name in columns)
                connection.execute(text(f"CREATE VIEW todos AS SELECT {shown} FROM broken"))
            connection.execute(text("ALTER TABLE comments RENAME TO gone"))
        engine.dispose()
        self.ask("GET", f"/todos/{self.todo['id']}?{self.words['query']}")
        self.ask("PATCH", f"/todos/{self.todo['id']}", {"notes": self.words["notes of a breakdown"]})
        self.ask("POST", f"/todos/{self.todo['id']}/comments", {"body": self.words["comment of a breakdown"]})
        assert self.ask("POST", "/exports", {"format": "csv"}).status_code == 202

    def finish_jobs(self):
        def over():
            """the jobs are done"""
            jobs = self.ask("GET", "/jobs").json()["data"]
            return all(job["state"] in ("succeeded", "failed") or job["message"] == "It will be tried again." for job in jobs)

        wait_until(over, 60)


def test_the_walk_met_what_it_should(walk):
    statuses = {status for status, _ in walk.failures}

    assert {400, 401, 404, 405, 422, 500} <= statuses
    assert '"message":"unhandled error"' in walk.log
    assert '"message":"job"' in walk.log
    assert re.search(r'"message":"attempt 1 at job \S+ failed"', walk.log)
    assert len(walk.words) > 45


def test_no_line_of_the_log_holds_a_word_of_a_client(walk):
    assert walk.words.found_in(walk.log) == set()


def test_no_metric_holds_a_word_of_a_client(walk):
    assert "tickbox_requests_total" in walk.metrics
    assert walk.words.found_in(walk.metrics) == set()


def test_no_trace_and_no_report_of_an_error_holds_a_word_of_a_client(walk):
    if not walk.kept:
        pytest.skip(collectors.EXTRAS)

    for kept in walk.kept:
        assert kept.bodies
        assert walk.words.found_in(kept.text) == set()


def test_no_answer_of_an_error_holds_a_secret(walk):
    hidden = {
        field
        for field in walk.words
        if re.search("password|token|cookie|csrf|header|bearer|basic|personal|scheme|body|line|head|folded|key", field)
    }

    found = {field for _, told in walk.failures for field in walk.words.found_in(told, hidden)}

    assert found == set()
