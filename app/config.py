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
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from flask import Config
from limits import parse as parse_limit
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"change[-_ ]?me|replace|example|secret|password|^dev$|^test$", re.IGNORECASE)
SHORTEST_SECRET = 32


class ConfigurationError(Exception):
    """One or more settings are wrong. The message names every one of them, with what would be right."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("Tickbox cannot start:\n" + "\n".join(f"  - {problem}" for problem in self.problems))


def _text(value: str) -> str:
    return value


def _switch(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[value.strip().lower()]
    except KeyError:
        raise ValueError("use on or off") from None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"use a whole number from {least} to {most}")
        return number

    return parse


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"use one of: {', '.join(words)}")
        return value

    return parse


def _origins(value: str) -> list[str]:
    origins = [origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()]
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise ValueError("use origins such as https://app.example.org, separated by commas")
    return origins


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#]+", value.rstrip("/")):
        raise ValueError("use an address such as https://todo.example.org, without a path")
    return value.rstrip("/")


def _database(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("use sqlite:///path or postgresql://user:password@host/name") from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
    elif url.drivername != "sqlite" or url.database in (None, "", ":memory:"):
        raise ValueError("use sqlite:///path or postgresql://user:password@host/name")
    return url.render_as_string(hide_password=False)


def _redis(value: str) -> str:
    if value and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("use redis://host:6379/0")
    return value


def _broker(value: str) -> str:
    if value and urlsplit(value).scheme not in ("redis", "rediss", "amqp", "amqps"):
        raise ValueError("use redis://host:6379/1 or amqp://user:password@host:5672//")
    return value


def _mail_server(value: str) -> str:
    try:
        parts = urlsplit(value)
        right = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
    except ValueError:  # of a port that is none
        right = False
    if not right:
        raise ValueError("use smtp://user:password@host:587 (with STARTTLS where the server offers it) or smtps://user:password@host:465")
    return value


def _sender(value: str) -> str:
    if not value.isprintable() or "@" not in parseaddr(value)[1]:
        raise ValueError("use an address such as tickbox@example.org, or Tickbox <tickbox@example.org>")
    return value


def _storage(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("use s3://bucket, s3://bucket/prefix or s3://bucket?endpoint_url=https://s3.example.org")
    return value


def _rate(value: str) -> str:
    try:
        parse_limit(value)
    except ValueError:
        raise ValueError("use a rate such as 600/minute") from None
    return value


@dataclass(frozen=True)
class Setting:
    """A setting of the service: how its text is read, what it is by default and what it does."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str
    secret: bool = False


SETTINGS = [
    Setting("DATABASE_URL", "", _database, "Database: postgresql://user:password@host/name, or SQLite in the instance folder.", secret=True),
    Setting("REDIS_URL", "", _redis, "Redis that several processes share their rate limits in. Without it each process counts alone.", secret=True),
    Setting("BROKER_URL", "", _broker, "Broker that wakes workers: redis://... or amqp://... (RabbitMQ). Default: a folder in the instance folder.", secret=True),
    Setting("STORAGE_URL", "", _storage, "Where files are kept: s3://bucket?endpoint_url=https://..., with boto3's own settings for credentials. Default: a folder in the instance folder."),
    Setting("MAIL_URL", "", _mail_server, "Mail server: smtp://user:password@host:587 or smtps://. Without it mails become files in the instance folder.", secret=True),
    Setting("MAIL_FROM", "", _sender, "Sender of mails. Default: tickbox@ the host of PUBLIC_URL."),
    Setting("SECRET_KEY", "", _text, "Signs cursors and seals stored answers; 32 characters or more. Made on the first start with SQLite.", secret=True),
    Setting("JWT_SECRET_KEY", "", _text, "Signs access and refresh tokens; 32 characters or more. Made on the first start with SQLite.", secret=True),
    Setting("JWT_PREVIOUS_KEY", "", _text, "The JWT_SECRET_KEY before the last change: its tokens are still accepted until they expire.", secret=True),
    Setting("PUBLIC_URL", "", _web_address, "Where clients reach the service. With https the login cookies are Secure. Default: http://localhost:PORT."),
    Setting("HOST", "127.0.0.1", _text, "Address that the service listens on."),
    Setting("PORT", "8000", _whole(1, 65535), "Port that the service listens on."),
    Setting("WEB_CONCURRENCY", "0", _whole(0, 1024), "Worker processes; 0 chooses: 1 on SQLite, else twice the cores plus one."),
    Setting("THREADS", "4", _whole(1, 256), "Threads of each worker process, and the most database connections that it keeps."),
    Setting("WORKER_CONCURRENCY", "0", _whole(0, 256), "Processes of a worker; 0 chooses: as many as there are cores."),
    Setting("PROXY_HOPS", "0", _whole(0, 8), "Reverse proxies in front whose X-Forwarded headers are believed."),
    Setting("CORS_ORIGINS", "", _origins, "Origins of other sites whose pages may use the API, separated by commas."),
    Setting("REGISTRATION", "open", _one_of("open", "closed"), "Whether anyone may register an account."),
    Setting("REQUIRE_IF_MATCH", "off", _switch, "Refuse (428) changes of existing objects that come without If-Match."),
    Setting("RATE_LIMITS", "on", _switch, "Whether requests are limited."),
    Setting("RATE_LIMIT_DEFAULT", "600/minute", _rate, "Requests of one account, or of one address without an account."),
    Setting("RATE_LIMIT_AUTH", "20/minute", _rate, "The same for /api/v1/auth."),
    Setting("UPLOAD_MAX_BYTES", "26214400", _whole(1, 5 * 1024**3), "Size of the largest attachment."),
    Setting("UPLOAD_QUOTA_BYTES", "1073741824", _whole(0, 2**50), "Size of all attachments that one account may upload."),
    Setting("IMPORT_MAX_BYTES", "104857600", _whole(1, 5 * 1024**3), "Size of the largest file to import."),
    Setting("LOG_LEVEL", "INFO", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "Least severity that is logged."),
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


def masked(settings: Mapping[str, Any]) -> dict[str, str]:
    """The settings as texts that may be shown: secrets are replaced by `***`, of addresses only the password."""
    shown = {"INSTANCE_PATH": settings["INSTANCE_PATH"]}
    for setting in SETTINGS:
        value = settings[setting.name]
        if setting.secret and value and "://" in str(value):
            value = make_url(value).render_as_string(hide_password=True)
        elif setting.secret and value:
            value = "***"
        shown[setting.name] = ",".join(value) if isinstance(value, list) else str(value)
    return shown


def is_embedded(settings: Mapping[str, Any]) -> bool:
    """Whether this is a service on one machine that keeps everything in its instance folder (SQLite)."""
    return str(settings["DATABASE_URL"]).startswith("sqlite")


def _check_secrets(settings: dict[str, Any], instance: Path) -> list[str]:
    problems = []
    for name in ("SECRET_KEY", "JWT_SECRET_KEY"):
        value = settings[name]
        if not value and is_embedded(settings):
            settings[name] = _kept_secret(instance / name.lower())
        elif not value:
            problems.append(f"{name}: is missing; {_how_to_make_one()}")
        elif not is_embedded(settings) and (len(value) < SHORTEST_SECRET or PLACEHOLDER.search(value)):
            problems.append(f"{name}: is a placeholder or shorter than {SHORTEST_SECRET} characters; {_how_to_make_one()}")
    if settings["SECRET_KEY"] and settings["SECRET_KEY"] == settings["JWT_SECRET_KEY"] and not is_embedded(settings):
        problems.append(f"JWT_SECRET_KEY: is the same as SECRET_KEY; {_how_to_make_one()}")
    return problems


def _how_to_make_one() -> str:
    return "make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"


def _kept_secret(path: Path) -> str:
    """The secret kept in `path`, made there on first use, readable by its owner alone."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it readable by the owner alone
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # of two processes that start at once, one wins and both read its secret
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path.read_text().strip()
