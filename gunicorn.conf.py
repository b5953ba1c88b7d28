"""How Gunicorn runs the service, from the service's own settings. Read by `flask serve` and by a plain `gunicorn wsgi:app`."""

import os
import secrets
import signal
import sys
from http import HTTPStatus
from pathlib import Path

import orjson
from gunicorn import util

from app.config import ROOT, ConfigurationError, is_embedded, load
from app.core.http import CSP, HEADERS
from app.extensions import db
from app.system import caretaker

try:
    settings = load()
except ConfigurationError as wrong:
    sys.exit(str(wrong))

host = settings["HOST"]
address = f"[{host}]" if ":" in host else host  # of IPv6, such as ::1
bind = host if host.startswith("unix:") else f"{address}:{settings['PORT']}"

chdir = str(ROOT)
workers = settings["WEB_CONCURRENCY"] or (1 if is_embedded(settings) else 2 * (os.cpu_count() or 1) + 1)
worker_class = "gthread"
threads = settings["THREADS"]
preload_app = True

timeout = 30
graceful_timeout = 30
keepalive = 5
# A worker that retires first finishes what it has begun; the only one would keep everybody waiting meanwhile.
max_requests = 0 if workers == 1 else 100_000
max_requests_jitter = max_requests // 10

# A worker touches a file as a sign of life: on a slow disk that could take so long that it is held for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
# It would lie in the home folder of whoever starts the service, and that need not exist.
control_socket_disable = True

# `X_Forwarded_For` and `X-Forwarded-For` are the same variable to an application: no client may slip one past the proxy.
header_map = "refuse"
# Whose word counts for the client's address and scheme is settled in one place, by PROXY_HOPS.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# The application itself writes a line for each request, with its request id.
accesslog = None
errorlog = "-"
DRAINED = 64 * 1024
proc_name = "tickbox"


def post_fork(server, worker):
    """Leave the connections that were opened before the fork to the master: two processes on one would mix their answers."""
    # Until Gunicorn has set the worker's own handlers it has the master's, which would note the signal and do nothing.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    with worker.app.wsgi().app_context():
        db.engine.dispose(close=False)


def post_worker_init(worker):
    """Let Ctrl-C end a worker as SIGTERM does: Gunicorn's handler for it waits for a lock that the interrupted thread may itself hold."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, worker.handle_exit)


def on_exit(server):
    """Let the worker that `flask serve` began end with the service."""
    caretaker.stop()


def pre_request(worker, req):
    """Say so where the connection will not be kept: of a body that the application leaves unread Gunicorn drains only 64 KiB."""
    for name, value in req.headers:
        if name == "TRANSFER-ENCODING" or (name == "CONTENT-LENGTH" and int(value) >= DRAINED):
            req.force_close()


def refuse(client, status, reason, message):
    """Answer what Gunicorn refuses by itself, before the application sees it, in the API's form: a problem document."""
    code, detail = ("internal_error", "Something went wrong here.") if status >= 500 else ("bad_request", message[:200] or reason)
    request_id = secrets.token_hex(16)
    title = HTTPStatus(status).phrase
    problem = {"type": f"/docs#problem-{code}", "title": title, "status": status, "detail": detail, "code": code, "request_id": request_id}
    body = orjson.dumps(problem)
    head = f"HTTP/1.1 {status} {title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in [*HEADERS, ("Content-Security-Policy", CSP), ("Cache-Control", "no-store")])
    util.write_nonblock(client, head.encode() + f"X-Request-ID: {request_id}\r\n\r\n".encode() + body)


util.write_error = refuse
