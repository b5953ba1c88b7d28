"""Every setting: its name, type, default and meaning.

A value is looked up in the environment, then in a `.env` file of the working folder, then in `config.py` of the instance
folder; the first one found counts, and the default stands for the rest.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from flask import Config

from app import setting_kinds as kinds

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"change[-_ ]?me|replace|example|secret|password|^dev$|^test$", re.IGNORECASE)
SHORTEST_SECRET = 32


class ConfigurationError(Exception):
    """One or more settings are wrong. The message names every one of them, with what would be right."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("Tickbox cannot start:\n" + "\n".join(f"  - {problem}" for problem in self.problems))


@dataclass(frozen=True)
class Setting:
    """A setting of the service: how its text is read, what it is by default and what it does."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str
    secret: bool = False


SETTINGS = [
    Setting("DATABASE_URL", "", kinds.database, "Database: postgresql://user:password@host/name, or SQLite in the instance folder.", secret=True),
    Setting("REDIS_URL", "", kinds.redis, "Redis that several processes share their rate limits in. Without it each process counts alone.", secret=True),
    Setting("BROKER_URL", "", kinds.broker, "Broker that wakes workers: redis://... or amqp://... (RabbitMQ). Default: a folder in the instance folder.", secret=True),
    Setting("STORAGE_URL", "", kinds.storage, "Where files are kept: s3://bucket?endpoint_url=https://..., with boto3's own settings for credentials. Default: a folder in the instance folder."),
    Setting("MAIL_URL", "", kinds.mail_server, "Mail server: smtp://user:password@host:587 or smtps://. Without it mails become files in the instance folder.", secret=True),
    Setting("MAIL_FROM", "", kinds.sender, "Sender of mails. Default: tickbox@ the host of PUBLIC_URL."),
    Setting("SECRET_KEY", "", kinds.text, "Signs cursors and seals stored answers; 32 characters or more. Made on the first start with SQLite.", secret=True),
    Setting("JWT_SECRET_KEY", "", kinds.text, "Signs access and refresh tokens; 32 characters or more. Made on the first start with SQLite.", secret=True),
    Setting("JWT_PREVIOUS_KEY", "", kinds.text, "The JWT_SECRET_KEY before the last change: its tokens are still accepted until they expire.", secret=True),
    Setting("PUBLIC_URL", "", kinds.web_address, "Where clients reach the service. With https, and always on PostgreSQL, the login cookies are Secure. Default: http://localhost:PORT."),
    Setting("HOST", "127.0.0.1", kinds.listener, "Address that the service listens on, or unix: and the path of a socket."),
    Setting("PORT", "8000", kinds.whole(1, 65535), "Port that the service listens on."),
    Setting("WORKER_CLASS", "gthread", kinds.one_of("gthread", "sync", "gevent"), "Kind of worker processes: gthread (threads), sync (one request at a time) or gevent (of the extras)."),
    Setting("WEB_CONCURRENCY", "0", kinds.whole(0, 1024), "Worker processes; 0 chooses: 1 on SQLite, else twice the cores plus one."),
    Setting("THREADS", "4", kinds.whole(1, 256), "Threads of each worker process, and the most database connections that it keeps (two at least)."),
    Setting("WORKER_CONCURRENCY", "0", kinds.whole(0, 256), "Processes of a worker; 0 chooses: as many as there are cores."),
    Setting("PROXY_HOPS", "0", kinds.whole(0, 8), "Reverse proxies in front whose X-Forwarded headers are believed."),
    Setting("SENDFILE", "off", kinds.switch, "Let the nginx in front send files of the instance folder (X-Accel-Redirect); with the configuration of deploy/nginx."),
    Setting("HTTPS_PORT", "8443", kinds.whole(1, 65535), "Port of the production shape on one machine (`pipenv run stack`)."),
    Setting("HTTP_PORT", "8080", kinds.whole(1, 65535), "Its port for plain HTTP, which only redirects to the other."),
    Setting("TLS_CERTIFICATE", "", kinds.text, "Its certificate with the chain, a file in PEM. Without one it makes its own, which no browser trusts."),
    Setting("TLS_KEY", "", kinds.text, "The key of that certificate, a file in PEM."),
    Setting("CORS_ORIGINS", "", kinds.origins, "Origins of other sites whose pages may use the API, separated by commas."),
    Setting("FRONTEND", "on", kinds.switch, "Whether the page to use it with is served at /; off leaves the pure API."),
    Setting("REGISTRATION", "open", kinds.one_of("open", "closed"), "Whether anyone may register an account."),
    Setting("REQUIRE_IF_MATCH", "off", kinds.switch, "Refuse (428) changes of existing objects that come without If-Match."),
    Setting("RATE_LIMITS", "on", kinds.switch, "Whether requests are limited."),
    Setting("RATE_LIMIT_DEFAULT", "600/minute", kinds.rate, "Requests of one account, or of one address without an account."),
    Setting("RATE_LIMIT_AUTH", "20/minute", kinds.rate, "The same for /api/v1/auth."),
    Setting("UPLOAD_MAX_BYTES", "26214400", kinds.whole(1, 5 * 1024**3), "Size of the largest attachment."),
    Setting("UPLOAD_QUOTA_BYTES", "1073741824", kinds.whole(0, 2**50), "Size of all attachments that one account may upload."),
    Setting("IMPORT_MAX_BYTES", "104857600", kinds.whole(1, 5 * 1024**3), "Size of the largest file to import."),
    Setting("LOG_LEVEL", "INFO", kinds.one_of("DEBUG", "INFO", "WARNING", "ERROR"), "Least severity that is logged."),
    Setting("METRICS_ALLOW", "127.0.0.1,::1", kinds.networks, "Addresses and networks that may read /metrics, separated by commas."),
    Setting("OTEL_EXPORTER_OTLP_ENDPOINT", "", kinds.collector, "Collector that traces are sent to (OpenTelemetry, of the extras), such as http://localhost:4318."),
    Setting("SENTRY_DSN", "", kinds.sentry, "Where errors are reported to (Sentry, of the extras).", secret=True),
]  # fmt: skip


def load(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All settings, parsed and checked, and INSTANCE_PATH.

    `overrides` (texts, by name) come before everything else; tests use them. Raises ConfigurationError.
    """
    given = {**dotenv_values(".env"), **os.environ, **(overrides or {})}
    instance = Path(given.get("INSTANCE_PATH") or ROOT / "instance").absolute()
    from_file = _instance_settings(instance)

    settings: dict[str, Any] = {"INSTANCE_PATH": str(instance)}
    problems = []
    for setting in SETTINGS:
        text = given.get(setting.name)
        if text in (None, ""):
            text = from_file.get(setting.name, setting.default)
        try:
            if isinstance(text, list | tuple):
                text = ",".join(map(str, text))
            settings[setting.name] = setting.parse(str(text)) if text or setting.default else ""
        except ValueError as wrong:
            shown = "the value given" if setting.secret else repr(text)
            problems.append(f"{setting.name}: {shown} is not valid; {wrong}")
            settings[setting.name] = ""
    settings["DATABASE_URL"] = settings["DATABASE_URL"] or f"sqlite:///{instance / 'app.db'}"
    settings["PUBLIC_URL"] = settings["PUBLIC_URL"] or f"http://localhost:{settings['PORT'] or 8000}"
    settings["CORS_ORIGINS"] = settings["CORS_ORIGINS"] or []
    problems += _check_secrets(settings, instance)
    if problems:
        raise ConfigurationError(problems)
    return settings


def _instance_settings(instance: Path) -> Config:
    """What `config.py` of the instance folder sets; the folder is made where it is missing. Raises ConfigurationError."""
    settings = Config(str(instance))
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError([f"INSTANCE_PATH: {str(instance)!r} cannot be used; {error.strerror}"]) from None
    try:
        settings.from_pyfile("config.py", silent=True)
    except Exception as error:  # it is a program, so anything may go wrong in it
        raise ConfigurationError([f"{instance / 'config.py'}: {type(error).__name__}: {error}"]) from None
    return settings


def worker_processes(settings: Mapping[str, Any]) -> int:
    """How many processes a worker has."""
    return int(settings["WORKER_CONCURRENCY"]) or os.cpu_count() or 1


def database_connections(settings: Mapping[str, Any]) -> int:
    """How many connections to the database a process keeps at most. A job takes two: one for its rows, and one to tell how far it is."""
    return max(2, int(settings["THREADS"]))


def masked(settings: Mapping[str, Any]) -> dict[str, str]:
    """The settings as texts that may be shown: secrets are replaced by `***`, of addresses only the password."""
    shown = {"INSTANCE_PATH": settings["INSTANCE_PATH"]}
    for setting in SETTINGS:
        value = settings[setting.name]
        text = ",".join(value) if isinstance(value, list) else str(value)
        is_address = setting.parse is not kinds.text
        shown[setting.name] = "***" if setting.secret and text and not is_address else _without_password(text)
    return shown


def _without_password(address: str) -> str:
    return re.sub(r"(?<=password=)[^&]*", "***", re.sub(r"(?<=://)([^:/]*):.*@", r"\1:***@", address))


def is_embedded(settings: Mapping[str, Any]) -> bool:
    """Whether this is a service on one machine that keeps everything in its instance folder (SQLite)."""
    return str(settings["DATABASE_URL"]).startswith("sqlite")


def _check_secrets(settings: dict[str, Any], instance: Path) -> list[str]:
    problems = []
    for name in ("SECRET_KEY", "JWT_SECRET_KEY"):
        value = settings[name]
        if not value and is_embedded(settings):
            kept = instance / name.lower()
            try:
                settings[name] = _kept_secret(kept)
            except OSError as error:
                problems.append(f"{name}: {str(kept)!r} cannot be used; {error.strerror}")
            except ValueError:
                problems.append(f"{name}: {str(kept)!r} holds no secret; remove it, and another one is made")
        elif not value:
            problems.append(f"{name}: is missing; {_how_to_make_one()}")
        elif not is_embedded(settings) and (len(value) < SHORTEST_SECRET or PLACEHOLDER.search(value)):
            problems.append(f"{name}: is a placeholder or shorter than {SHORTEST_SECRET} characters; {_how_to_make_one()}")
    if settings["JWT_PREVIOUS_KEY"] and len(settings["JWT_PREVIOUS_KEY"]) < SHORTEST_SECRET and not is_embedded(settings):
        problems.append(f"JWT_PREVIOUS_KEY: is shorter than {SHORTEST_SECRET} characters, and could not have been JWT_SECRET_KEY")
    if settings["SECRET_KEY"] and settings["SECRET_KEY"] == settings["JWT_SECRET_KEY"] and not is_embedded(settings):
        problems.append(f"JWT_SECRET_KEY: is the same as SECRET_KEY; {_how_to_make_one()}")
    return problems


def _how_to_make_one() -> str:
    return "make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"


def _kept_secret(path: Path) -> str:
    """The secret kept in `path`, made there on first use, readable by its owner alone. Raises OSError, and ValueError where there is none."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it readable by the owner alone
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())  # what a machine had not written when it lost its power is found empty
            os.link(draft, path)  # of two processes that start at once, one wins and both read its secret
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    secret = path.read_text().strip()
    if not secret:
        raise ValueError(path)
    return secret
