"""The production shape on one machine: nginx, two Gunicorns on unix sockets, a worker and a scheduler, over what the settings name."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from flask import Flask
from limits.storage import storage_from_string
from sqlalchemy.exc import OperationalError

from app.config import ROOT, ConfigurationError, is_embedded
from app.core.database import engine, why_unreachable
from app.jobs import broker
from app.system import certificate
from app.system.caretaker import SCHEDULER, WORKER
from app.system.supervisor import Part

TEMPLATE = ROOT / "deploy" / "nginx" / "tickbox.conf.template"
INSTANCES = ("api-1", "api-2")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST_SOCKET = 100  # characters of its path; Linux takes 107
MIB = 1024 * 1024
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app")
_MAIN = """\
# Made by `flask stack` at each start.
pid "{folder}/nginx.master";
error_log stderr alert;
worker_processes auto;
worker_rlimit_nofile 16384;
{user}
events {{
    worker_connections 4096;
}}
http {{
    client_body_temp_path "{folder}/nginx-bodies";
    proxy_temp_path "{folder}/nginx-answers";
    fastcgi_temp_path "{folder}/nginx-fastcgi";
    uwsgi_temp_path "{folder}/nginx-uwsgi";
    scgi_temp_path "{folder}/nginx-scgi";
    include "{folder}/tickbox.conf";
}}
"""


@dataclass
class Stack:
    """What one run of the stack needs to know: the app whose settings count, and the folders of this run."""

    app: Flask
    folder: Path
    sockets: Path
    lock: IO[str]
    """Held for as long as the stack runs: two on one instance would take each other's sockets away."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings."""
        return self.app.config

    @property
    def url(self) -> str:
        """Where it can be called on this machine."""
        return f"https://localhost:{self.settings['HTTPS_PORT']}"

    @property
    def names(self) -> list[str]:
        """The names that clients may call it by, as the DNS has them."""
        public = (urlsplit(self.settings["PUBLIC_URL"]).hostname or "").encode("idna").decode("ascii")
        return [*LOOPBACK, *([public] if public and public not in LOOPBACK else [])]


def prepare(app: Flask) -> Stack:
    """Make the folders of a run, with the configuration of nginx. Raises ConfigurationError, which names every part that is missing."""
    folder = Path(app.config["INSTANCE_PATH"]) / "stack"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    missing = _missing(app, lock)
    if missing:
        raise ConfigurationError(missing)
    fits = len(str(folder / f"{INSTANCES[0]}.sock")) <= LONGEST_SOCKET
    stack = Stack(app, folder, folder if fits else Path(tempfile.mkdtemp(prefix="tickbox-")), lock)
    _configure_nginx(stack)
    return stack


def parts(stack: Stack) -> list[Part]:
    """The programs of the stack; the first one lets requests in."""
    nginx = [_nginx(), "-p", str(stack.folder), "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"]
    return [
        Part("nginx", nginx, stop_with=signal.SIGQUIT, reload_with=signal.SIGHUP, is_relayed=True),
        *(Part(name, GUNICORN, _environment(stack, name), reload_with=signal.SIGHUP) for name in INSTANCES),
        Part("worker", WORKER, _shared(stack)),
        Part("scheduler", SCHEDULER, _shared(stack)),
    ]


def clean(stack: Stack) -> None:
    """Remove what only a run needs."""
    for path in stack.folder.glob("*.pid"):
        path.unlink()
    for name in INSTANCES:
        _socket(stack, name).unlink(missing_ok=True)
    if stack.sockets != stack.folder:
        with suppress(OSError):
            stack.sockets.rmdir()


def answers(stack: Stack) -> bool:
    """Whether both instances take connections."""
    try:
        for name in INSTANCES:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(_socket(stack, name)))
    except OSError:
        return False
    return True


def _shared(stack: Stack) -> dict[str, str]:
    """Settings that all parts have in common."""
    given = stack.settings["PUBLIC_URL"]
    own = f"http://localhost:{stack.settings['PORT']}"  # the default of a service without a proxy
    return {"PUBLIC_URL": stack.url if given == own else given}


def _environment(stack: Stack, name: str) -> dict[str, str]:
    """Settings of one of the two instances. Together they have as many processes as a single one would."""
    embedded = is_embedded(stack.settings)
    workers = stack.settings["WEB_CONCURRENCY"] or (1 if embedded else (os.cpu_count() or 1) + 1)
    own = {"HOST": f"unix:{_socket(stack, name)}", "WEB_CONCURRENCY": str(workers), "PROXY_HOPS": "1", "SENDFILE": "on"}
    return _shared(stack) | own


def _configure_nginx(stack: Stack) -> None:
    for name in ("nginx-bodies", "nginx-answers", "nginx-cache"):
        (stack.folder / name).mkdir(exist_ok=True)
    made, key = stack.settings["TLS_CERTIFICATE"], stack.settings["TLS_KEY"]
    if not made:
        made, key = certificate.keep(stack.folder, stack.names)
    user = "user root;" if os.geteuid() == 0 else ""  # who may read the files of the instance, as the service itself
    (stack.folder / "nginx.conf").write_text(_MAIN.format(folder=stack.folder, user=user))
    sockets = [f'server "unix:{_socket(stack, name)}" max_fails=0;' for name in INSTANCES]
    values = {
        "HTTPS_ADDRESS": f"{_host(stack.app)}:{stack.settings['HTTPS_PORT']}",
        "HTTP_ADDRESS": f"{_host(stack.app)}:{stack.settings['HTTP_PORT']}",
        "HTTPS_PORT": stack.settings["HTTPS_PORT"],
        "SERVER_NAMES": " ".join(f"[{name}]" if ":" in name else name for name in stack.names),
        "UPSTREAM_SERVERS": " ".join(sockets),
        "TLS_CERTIFICATE": made,
        "TLS_KEY": key,
        "UPLOAD_MAX": f"{stack.settings['UPLOAD_MAX_BYTES'] // MIB + 2}m",
        "IMPORT_MAX": f"{stack.settings['IMPORT_MAX_BYTES'] // MIB + 2}m",
        "FILES": Path(stack.settings["INSTANCE_PATH"]) / "uploads",
        "CACHE": stack.folder / "nginx-cache",
        "ACCESS_LOG": "/dev/stdout",
    }
    (stack.folder / "tickbox.conf").write_text(re.sub(r"\$\{([A-Z_]+)\}", lambda found: str(values[found[1]]), TEMPLATE.read_text()))
    test = subprocess.run(  # noqa: S603  # a command of our own
        [_nginx(), "-p", stack.folder, "-c", "nginx.conf", "-e", "stderr", "-t", "-q"], capture_output=True, text=True, check=False
    )
    if test.returncode:
        raise ConfigurationError([f"nginx does not take its configuration: {test.stderr.strip()}"])


def _missing(app: Flask, lock: IO[str]) -> list[str]:
    """What has to be there before anything begins, each with how to get it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return [f"INSTANCE_PATH: a stack runs already on {app.config['INSTANCE_PATH']}; stop it, or choose another folder"]
    problems = []
    if not shutil.which(_nginx()):
        problems.append("nginx is not installed: apt-get install nginx")
    if not is_embedded(app.config) and (said := _database_says(app)):
        problems.append(f"DATABASE_URL: no database answers there; start PostgreSQL, or leave the setting out for SQLite ({said})")
    if app.config["REDIS_URL"] and not _redis_answers(app.config["REDIS_URL"]):
        problems.append("REDIS_URL: no Redis answers there; start one, or leave the setting out, and each process counts its limits alone")
    if not broker.answers(app):
        problems.append("BROKER_URL: no broker answers there; start Redis or RabbitMQ, or leave the setting out for a folder")
    ports = {name: app.config[name] for name in ("HTTPS_PORT", "HTTP_PORT")}
    problems += [f"{name}: port {port} {said}" for name, port in ports.items() if (said := is_refused(_host(app), port))]
    files = {name: app.config[name] for name in ("TLS_CERTIFICATE", "TLS_KEY")}
    problems += [f"{name}: {path} cannot be read" for name, path in files.items() if path and not _is_readable(path)]
    if bool(app.config["TLS_CERTIFICATE"]) != bool(app.config["TLS_KEY"]):
        problems.append("TLS_CERTIFICATE and TLS_KEY: set both, or none")
    return problems


def _database_says(app: Flask) -> str:
    """Why it cannot be reached, or nothing."""
    try:
        with app.app_context():
            engine().connect().close()
    except OperationalError as error:
        return why_unreachable(error)
    return ""


def _redis_answers(url: str) -> bool:
    try:
        return bool(storage_from_string(url, socket_timeout=1, socket_connect_timeout=1).check())
    except ValueError:  # of an address that is none
        return False


def _is_readable(path: str) -> bool:
    try:
        Path(path).open("rb").close()
    except OSError:
        return False
    return True


def is_refused(host: str, port: int) -> str:
    """Why nobody can listen there, or nothing."""
    try:
        socket.create_server((host.strip("[]"), port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except PermissionError:
        return f"is for root alone; choose a higher one, or allow it: sysctl net.ipv4.ip_unprivileged_port_start={port}"
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "is in use; choose another one"
        return f"cannot be listened on at HOST={host}: {str(error.strerror).partition(' (')[0]}"
    return ""


def _host(app: Flask) -> str:
    """The address that nginx listens on."""
    host = app.config["HOST"]
    return f"[{host}]" if ":" in host else str(host)


def _nginx() -> str:
    return shutil.which("nginx") or "/usr/sbin/nginx"  # of which Debian leaves the folder out of a user's PATH


def _socket(stack: Stack, name: str) -> Path:
    return stack.sockets / f"{name}.sock"
