"""Clients that use the service, write down what it tells them, and do what good clients do when it fails: send again, with the same key."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import requests
import urllib3

from tests.faults.journal import Attempt, Journal, Written, clock

PASSWORD = "correct horse battery"
PATIENCE = 40.0  # seconds, after which a client gives a request up
LONGEST_PAUSE = 0.4  # shorter than Retry-After says, so that the load stays on
TIME_LIMIT = 12.0


class Client:
    """One account, and its requests, one after the other."""

    def __init__(self, url: str, certificate: str, journal: Journal) -> None:
        self.url, self.journal = url, journal
        self.session = requests.Session()
        self.session.verify = certificate
        self.session.trust_env = False  # looking for proxies would take longer than the request
        self.email = f"{secrets.token_hex(8)}@example.org"

    def log_in(self) -> Client:
        """Make the account and log in."""
        account = {"email": self.email, "password": PASSWORD}
        registered = self.insist("POST", "/auth/register", json=account, key=secrets.token_hex(8))
        if registered is None or not registered.ok:
            raise RuntimeError("nobody can register")
        self.account = registered.json()
        return self.log_in_again()

    def log_in_again(self) -> Client:
        """Get a token, which says what the account may do now."""
        logged_in = self.insist("POST", "/auth/login", json={"email": self.email, "password": PASSWORD})
        if logged_in is None or not logged_in.ok:
            raise RuntimeError("nobody can log in")
        self.session.headers["Authorization"] = f"Bearer {logged_in.json()['access_token']}"
        return self

    def send(self, method: str, path: str, *, key: str | None = None, timeout: float = TIME_LIMIT, **given) -> requests.Response | None:
        """One attempt, written down; None where no answer came."""
        headers = {"Idempotency-Key": key} if key else {}
        began, answer, error = clock(), None, ""
        try:
            answer = self.session.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=timeout, **given)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
            error = type(failure).__name__
        status = answer.status_code if answer is not None else None
        retry_after = answer.headers.get("Retry-After") if answer is not None else None
        self.journal.note(Attempt(method, status, began, clock() - began, _problem(answer), retry_after, path, error))
        return answer

    def insist(self, method: str, path: str, **given) -> requests.Response | None:
        """Send it until there is an answer that is none of a service in trouble; None where there was none for long."""
        deadline = clock() + PATIENCE
        while True:
            answer = self.send(method, path, **given)
            if answer is not None and answer.status_code < 500 and answer.status_code not in (409, 429):
                return answer
            if clock() > deadline:
                self.journal.give_up(self.journal.attempts[-1])
                return None
            wanted = float(answer.headers.get("Retry-After", "0")) if answer is not None else 0.0
            time.sleep(min(wanted, LONGEST_PAUSE) + 0.05)

    def walk(self, path: str, **query) -> list[dict]:
        """All objects of a collection."""
        found, query = [], {"limit": 200, **query}
        while True:
            answer = self.insist("GET", path, params=query)
            if answer is None or not answer.ok:
                raise RuntimeError(f"{path} cannot be read")
            page = answer.json()
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]


def _problem(answer: requests.Response | None) -> str | None:
    """The code of a problem document; None where the answer is none."""
    if answer is None or answer.headers.get("Content-Type") != "application/problem+json":
        return None
    with suppress(ValueError, KeyError, TypeError):
        return str(answer.json()["code"])
    return None


class Load:
    """Writers, who make, change and remove todos; readers; and one who imports. While the block runs they go on."""

    def __init__(self, make_client: Callable[[], Client], writers: int = 3, readers: int = 3, imports: bool = True) -> None:
        self.writers = [make_client().log_in() for _ in range(writers)]
        self.importer = make_client().log_in() if imports else None
        self.reader = make_client
        self.readers = readers
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.broken: list[str] = []

    def __enter__(self) -> Load:
        acts = [(self._write, client) for client in self.writers]
        for number in range(self.readers):
            owner = self.writers[number % len(self.writers)]
            reader = self.reader()
            reader.session.headers["Authorization"] = owner.session.headers["Authorization"]
            acts.append((self._read, reader))
        if self.importer:
            acts.append((self._import, self.importer))
        self._threads = [threading.Thread(target=self._go_on, args=act, daemon=True) for act in acts]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, error: object, *_: object) -> None:
        self._over.set()
        if error is None:  # what went wrong is not to wait for what goes wrong
            self.end()

    def end(self) -> None:
        """Wait until all clients have ended what they had begun."""
        for thread in self._threads:
            thread.join(PATIENCE + TIME_LIMIT)

    def _go_on(self, act: Callable[[Client], None], client: Client) -> None:
        while not self._over.is_set():
            try:
                act(client)
            except Exception as error:  # a client that stops would make a fault look harmless
                self.broken.append(f"{type(error).__name__}: {error}")
                return
            self._over.wait(0.02)

    def _write(self, client: Client) -> None:
        key = secrets.token_hex(12)
        made = client.insist("POST", "/todos", json={"task": key}, key=key)
        if made is None:
            return
        assert made.status_code == 201, made.text
        written = Written(made.json()["id"], key)
        client.journal.created(written)
        for number in range(2):
            self._change(client, written, f"note {number}")
        if secrets.randbelow(5) == 0:
            self._delete(client, written)

    def _change(self, client: Client, written: Written, notes: str) -> None:
        written.unsure.add(notes)
        changed = client.insist("PATCH", f"/todos/{written.id}", json={"notes": notes})
        if changed is not None:
            assert changed.status_code == 200, changed.text
            written.notes = notes
            written.unsure.clear()

    def _delete(self, client: Client, written: Written) -> None:
        written.maybe_deleted = True
        deleted = client.insist("DELETE", f"/todos/{written.id}")
        if deleted is not None:
            assert deleted.status_code in (204, 404), deleted.text  # 404 where the answer to the first attempt got lost
            written.deleted = True

    def _read(self, client: Client) -> None:
        for path in ("/todos?limit=20", "/lists", "/me"):
            answer = client.send("GET", path)
            if answer is None or answer.status_code >= 500:
                self._over.wait(0.1)
            else:
                assert answer.status_code == 200, answer.text

    def _import(self, client: Client) -> None:
        key, rows = secrets.token_hex(12), 20
        text = "task\n" + "".join(f"{key} {number}\n" for number in range(rows))
        job = client.insist("POST", "/imports", files={"file": ("todos.csv", text, "text/csv")}, data={"format": "csv"}, key=key)
        if job is not None:
            assert job.status_code == 202, job.text
            client.journal.accepted(job.json()["id"], rows)
        self._over.wait(0.7)
