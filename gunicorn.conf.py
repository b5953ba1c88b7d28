"""How Gunicorn runs the service, from the service's own settings. Read by `flask serve` and by a plain `gunicorn wsgi:app`."""

import gc
import os
import re
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path

if os.environ.get("WORKER_CLASS") == "gevent":
    try:
        from gevent.monkey import patch_all
    except ImportError:
        how = 'pipenv sync --categories "packages extras"'
        sys.exit(f"Tickbox cannot start:\n  - WORKER_CLASS: gevent is not installed; get it with: {how}")
    # Ahead of the application: what was imported before, psycopg above all, would wait for sockets and locks with the whole process.
    patch_all()

import orjson
from gunicorn import glogging, util
from gunicorn.http import wsgi

from app.config import ROOT, ConfigurationError, is_embedded, load
from app.core.http import CSP, HEADERS
from app.core.logging import gunicorn_config
from app.system import caretaker

CHECK_SECONDS = 60
RETIRING = "TICKBOX_RETIRING_WORKERS"

try:
    settings = load()
except ConfigurationError as wrong:
    sys.exit(str(wrong))
if settings["WORKER_CLASS"] != os.environ.get("WORKER_CLASS"):
    os.environ["WORKER_CLASS"] = settings["WORKER_CLASS"]  # stays what it is while the service runs: a reload cannot patch in hindsight
    if settings["WORKER_CLASS"] == "gevent":
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # .env or config.py says so, for which the application was imported

host = settings["HOST"]
address = f"[{host}]" if ":" in host else host  # of IPv6, such as ::1
bind = host if host.startswith("unix:") else f"{address}:{settings['PORT']}"

chdir = str(ROOT)
workers = settings["WEB_CONCURRENCY"] or (1 if is_embedded(settings) else 2 * (os.cpu_count() or 1) + 1)
worker_class = settings["WORKER_CLASS"]
# More than one thread would make Gunicorn take gthread for sync.
threads = settings["THREADS"] if worker_class == "gthread" else 1
# Of gevent each connection is a greenlet, an idle one too; those at work share THREADS database connections, and one that gets none
# in 2 s is answered 503. Statements take a millisecond or so: 64 wait for each without harm, and further clients in the backlog.
# Of gthread on a socket a connection is a request that a proxy has read: those for which a worker has no thread wait where any other
# worker can take them. Measured with 256 clients: the slowest hundredth waits 1.8 to 2.1 times as long as half of them, not 2.2 to 3.0.
worker_connections = 64 * settings["THREADS"] if worker_class == "gevent" else 2 * threads if host.startswith("unix:") else 1000
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


class Log(glogging.Logger):
    """Gunicorn's log of its own doings. The application itself writes a line for each request, with its request id."""

    # With a `logconfig_dict` Gunicorn would take each request apart for a line that nobody writes: a twelfth of the request's CPU.
    access_log_enabled = False


logger_class = Log
errorlog = "-"
logconfig_dict = gunicorn_config()
DRAINED = 64 * 1024
proc_name = "tickbox"


def post_fork(server, worker):
    """Leave the connections that were opened before the fork to the master: two processes on one would mix their answers."""
    # Until Gunicorn has set the worker's own handlers it has the master's, which would note the signal and do nothing.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    app = worker.app.wsgi()
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose(close=False)
    # What was there before the fork stays until the end. Taking it apart object by object would cost each worker that ends 0.7 s of CPU.
    gc.freeze()


def post_worker_init(worker):
    """Let Ctrl-C end a worker as SIGTERM does: Gunicorn's handler for it waits for a lock that the interrupted thread may itself hold."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, worker.handle_exit)


def on_starting(server):
    """Let SIGHUP bring new code, which a preloaded application by itself would not see."""
    server.reload = partial(begin_anew, server)


def begin_anew(server):
    """Become a new Gunicorn in this very process, with the code, the packages and the settings that are there now.

    It takes over the sockets, and the workers, which serve on until it is ready. Code that does not start changes nothing.
    """
    os.chdir(server.START_CTX["cwd"])
    command = [sys.executable, *sys.orig_argv[1:]]
    try:
        subprocess.run(  # noqa: S603  # the command that it was started with
            [*command, "--check-config"], capture_output=True, text=True, timeout=CHECK_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:  # the latter where the machine has no process left to look with
        server.log.error("The new code does not start: the old one goes on.\n%s", (getattr(error, "stderr", None) or str(error))[-2000:])
        return
    sockets = ",".join(str(listener.fileno()) for listener in server.LISTENERS)
    os.environ |= {"GUNICORN_PID": str(os.getpid()), "GUNICORN_FD": sockets, RETIRING: " ".join(map(str, server.WORKERS))}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the new one listens to it: by default it would end the process
    os.execv(sys.executable, command)


def when_ready(server):
    """Let the workers of the code before finish what they have begun, and end."""
    for pid in os.environ.pop(RETIRING, "").split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)


def on_exit(server):
    """Let the worker that `flask serve` began end with the service."""
    caretaker.stop()


def pre_request(worker, req):
    """Say so where the connection will not be kept: of a body that the application leaves unread Gunicorn drains only 64 KiB."""
    for name, value in req.headers:
        if name == "TRANSFER-ENCODING" or (name == "CONTENT-LENGTH" and int(value) >= DRAINED):
            req.force_close()


class Collected:
    """Takes what is to be sent to a client."""

    def __init__(self):
        self.data = b""

    def sendall(self, data):
        """Take more."""
        self.data += data


class Answer(wsgi.Response):
    """An answer whose head is sent in one piece with the first part of its body, so that a worker's death between the two is no half answer.

    Of a worker that sent nothing yet the nginx in front asks the next one; what has begun it can only break off.
    """

    def write(self, arg):
        """Send the next part."""
        if self.headers_sent:
            super().write(arg)
            return
        client, self.sock = self.sock, Collected()
        try:
            super().write(arg)
        finally:
            collected, self.sock = self.sock, client
        client.sendall(collected.data)


def refuse(client, status, reason, message):
    """Answer what Gunicorn refuses by itself, before the application sees it, in the API's form: a problem document."""
    code, detail = (
        ("internal_error", "Something went wrong here.")
        if status >= 500
        else ("bad_request", re.split("[:']", message)[0].strip()[:200] or reason)
    )
    request_id = secrets.token_hex(16)
    title = HTTPStatus(status).phrase
    problem = {"type": f"/docs#problem-{code}", "title": title, "status": status, "detail": detail, "code": code, "request_id": request_id}
    body = orjson.dumps(problem)
    head = f"HTTP/1.1 {status} {title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in [*HEADERS, ("Content-Security-Policy", CSP), ("Cache-Control", "no-store")])
    util.write_nonblock(client, head.encode() + f"X-Request-ID: {request_id}\r\n\r\n".encode() + body)


util.write_error = refuse
wsgi.Response = Answer
