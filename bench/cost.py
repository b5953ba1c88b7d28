"""What a request costs: CPU milliseconds of the application's processes, beside a bare WSGI app on the same rows.

    DATABASE_URL=postgresql://... python bench/cost.py [--rounds 5] [--seconds 4]

Needs a PostgreSQL database filled by `flask db upgrade` and `flask demo --todos 200000`. Both services run two processes of four
threads under Gunicorn; they are measured in turn, round by round, with eight clients; the table shows medians and ratios.
CPU time is the operating system's own account of the worker processes over a run, divided by the requests answered.
"""

import argparse
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.request import Request, urlopen

from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402  # found by the path set above
from app.auth import sessions  # noqa: E402
from app.core.database import fetch_one  # noqa: E402
from app.models import Todo, User  # noqa: E402

PROCESSES, THREADS, CLIENTS = 2, 4, 8
TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """A WSGI app under Gunicorn on a port of its own."""

    def __init__(self, name, module, environment):
        self.name = name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = ["--config", str(ROOT / "gunicorn.conf.py")] if module == "wsgi:app" else ["--config", "/dev/null"]
        command = [sys.executable, "-m", "gunicorn", *config, "--workers", str(PROCESSES), "--threads", str(THREADS), "-k", "gthread"]
        environment = {**os.environ, **environment, "PORT": str(self.port), "WEB_CONCURRENCY": str(PROCESSES)}
        where = ["--bind", f"127.0.0.1:{self.port}", module]
        self.process = subprocess.Popen([*command, *where], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)

    def wait(self, path, headers):
        for _ in range(200):
            try:
                return urlopen(Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)).read()
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.name} does not answer")

    def cpu(self):
        """CPU seconds that the processes have used so far, the children's included."""
        pids = [self.process.pid, *map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split())]
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return sum(int(field[11]) + int(field[12]) for field in fields) / TICK


def load(port, request, seconds):
    """Send the request over and over from each client; gives how many were answered and how long each took."""
    took, end = [], time.perf_counter() + seconds

    def client():
        mine = []
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (begun := time.perf_counter()) < end:
                connection.sendall(request)
                answer = connection.recv(65536)
                while b"\r\n\r\n" not in answer:
                    answer += connection.recv(65536)
                head, _, body = answer.partition(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 20"):
                    raise SystemExit(answer[:2000].decode())
                left = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]) - len(body)
                while left > 0:
                    left -= len(connection.recv(left))
                mine.append(time.perf_counter() - begun)
        took.extend(mine)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return took


def request_of(method, path, token, body=None):
    data = json.dumps(body).encode() if body else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def caller():
    """A token of the demo account, and one of its todos."""
    app = create_app()
    with app.app_context():
        user = fetch_one(select(User).where(User.email == "demo@example.org"))
        todo = fetch_one(select(Todo.id).where(Todo.created_by == user.id, Todo.deleted_at.is_(None)).limit(1))
        token = sessions.begin(user, sessions.Device("bench", "127.0.0.1"))["access_token"]
        return user.id, token, todo.id


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=4)
    options = options.parse_args()
    os.environ.update(
        {
            "INSTANCE_PATH": tempfile.mkdtemp(),
            "RATE_LIMIT_DEFAULT": "100000000/minute",
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SECRET_KEY": secrets.token_hex(32),
        }
    )
    user_id, token, todo_id = caller()
    servers = [Server("tickbox", "wsgi:app", {}), Server("limit", "bench.limit:app", {"BENCH_CALLER": user_id})]
    operations = {
        "list of 20": request_of("GET", "/api/v1/todos?limit=20", token),
        "list of 100": request_of("GET", "/api/v1/todos?limit=100", token),
        "one todo": request_of("GET", f"/api/v1/todos/{todo_id}", token),
    }
    own = {
        "create": request_of("POST", "/api/v1/todos", token, {"task": "measure first"}),
        "change": request_of("PATCH", f"/api/v1/todos/{todo_id}", token, {"priority": "high"}),
    }
    try:
        for server in servers:
            server.wait("/api/v1/todos?limit=20", {"Authorization": f"Bearer {token}"})
        measured = {}
        for number in range(options.rounds + 1):
            for operation, request in {**operations, **own}.items():
                for server in servers[: 1 if operation in own else 2]:
                    before = server.cpu()
                    took = load(server.port, request, options.seconds if number else 1)
                    if number:  # the first round warms up
                        cost = (server.cpu() - before) / len(took) * 1000
                        measured.setdefault((operation, server.name), []).append((cost, len(took) / options.seconds, *quantiles(took)))
        report(measured, [*operations, *own])
    finally:
        for server in servers:
            server.process.terminate()
            server.process.wait()


def quantiles(took):
    ordered = sorted(took)
    return ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.99)] * 1000


def report(measured, operations):
    print(f"{'operation':12} {'server':8} {'CPU ms':>7} {'req/s':>7} {'p50 ms':>7} {'p99 ms':>7}  ratio to the limit")
    for operation in operations:
        limit = [run[0] for run in measured.get((operation, "limit"), [])]
        for name in ("tickbox", "limit"):
            runs = measured.get((operation, name))
            if runs:
                cost, rate, p50, p99 = (statistics.median(values) for values in zip(*runs, strict=True))
                ratios = [run[0] / other for run, other in zip(runs, limit, strict=False)]
                ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios and name == "tickbox" else ""
                print(f"{operation:12} {name:8} {cost:7.2f} {rate:7.0f} {p50:7.2f} {p99:7.2f}  {ratio}")


if __name__ == "__main__":
    main()
