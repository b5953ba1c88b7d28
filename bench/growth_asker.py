"""The client of the growth bench: asks for one thing over and over, and learns from the service's log what the database took."""

from __future__ import annotations

import http.client
import json
import time
from datetime import timedelta
from itertools import cycle, islice
from statistics import median

from app.core.types import now
from bench.filling import COMMON, RARE, USUAL

WARM_UP, LEAST, MOST = 20, 15, 300
API = "/api/v1"


class Asker:
    """One client over one kept connection."""

    def __init__(self, port, log, token, user, deep):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.log, self.inbox, self.deep = log, user.inbox_id, deep

    def is_answered(self):
        """Whether the service is there."""
        try:
            return self.ask("GET", "/me")
        except OSError:
            self.connection.close()
            return False

    def ask(self, method, path, body=None):
        """The answer to one request, which must go well."""
        self.connection.request(method, API + path, json.dumps(body) if body else None, self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:500]}")
        return json.loads(data)

    def operations(self):
        """What is measured: a name, and requests of which each is sent in turn."""
        todos = [f"/todos/{todo['id']}" for todo in self.ask("GET", f"/todos?list_id={self.inbox}&tag=tag1&limit=200")["data"]]
        day = now().date()
        week = f"due_after={day}&due_before={day + timedelta(days=8)}"
        finds = {
            "first page": "limit=20",
            "page after nine tenths": f"limit=20&cursor={self.deep}",
            "open todos of a list": f"limit=20&list_id={self.inbox}&done=false",
            "open, high, by due": "limit=20&done=false&priority=high&sort=due",
            "open, due this week": f"limit=20&done=false&{week}",
            "overdue": "limit=20&overdue=true",
            "with a tag": "limit=20&tag=tag12",
            "assigned to me": "limit=20&assignee_id=me",
            "the trash": "limit=20&trashed=true",
            "search: a rare word": f"limit=20&q={RARE}",
            "search: a usual word": f"limit=20&q={USUAL}",
            "search: a word of every fifth": f"limit=20&q={COMMON}",
            "first page, counted": "limit=20&count=true",
            "of high priority, counted": "limit=20&priority=high&count=true",
        }
        writes = {
            "create": [("POST", "/todos", {"task": "measure first", "tags": ["tag1"]})],
            "change": [("PATCH", todo, {"priority": "high"}) for todo in todos],
            "done, and open again": [("PATCH", todo, {"done": done}) for todo in todos for done in (True, False)],
        }
        reads = {"one todo": [("GET", todo) for todo in todos], "tags": [("GET", "/tags")], "lists": [("GET", "/lists")]}
        return reads | {name: [("GET", f"/todos?{query}")] for name, query in finds.items()} | writes

    def time(self, requests, seconds):
        """Medians in ms of the latency and of the database's time, and how often it was asked, within about so many seconds."""
        turn, took, begun = cycle(requests), [], time.perf_counter()
        for request in islice(turn, WARM_UP):
            self.ask(*request)
            if time.perf_counter() - begun > seconds:
                break
        read = self.log.stat().st_size
        begun = time.perf_counter()
        while len(took) < LEAST or (len(took) < MOST and time.perf_counter() - begun < seconds):
            request, sent = next(turn), time.perf_counter()
            self.ask(*request)
            took.append((time.perf_counter() - sent) * 1000)
        return median(took), median(self._database_times(read, len(took))), len(took)

    def _database_times(self, offset, count):
        """The last `sql_ms` of the log; a line is written after its answer, and may come a moment later."""
        for _ in range(100):
            with self.log.open("rb") as log:
                log.seek(offset)
                lines = [json.loads(line) for line in log.read().splitlines() if line.startswith(b"{") and b'"sql_ms"' in line]
            if len(lines) >= count:
                return [line["sql_ms"] for line in lines[-count:]]
            time.sleep(0.02)
        raise SystemExit(f"The log has {len(lines)} lines of {count} requests.")
