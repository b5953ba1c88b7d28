"""Logs: one JSON object a line, on standard error, with the request id of the request or job that wrote it.

Whoever logs says what happened in words of its own. What a client sent stands in no line: of an exception only its kind and the
places it came through are told, as its message may quote anything, and what Gunicorn and Celery would quote is left out.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from datetime import UTC, datetime
from traceback import extract_tb
from types import TracebackType
from typing import Any

import orjson
from celery.signals import setup_logging
from flask import Flask, g, has_app_context
from pythonjsonlogger.orjson import OrjsonFormatter

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_REFUSED = re.compile(r"Invalid request from ip=([\w.:]*(?=: ))?")
_FIELDS = ["levelname", "name", "message"]
_INFO = vars(logging.LogRecord("", logging.INFO, "", 0, "", None, None))
_NAMES = {"levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack"}


class JsonFormatter(OrjsonFormatter):
    """A record as JSON: time, level, logger, message, then what the caller gave as `extra`."""

    def __init__(self) -> None:
        super().__init__(_FIELDS, rename_fields=_NAMES)

    def format(self, record: logging.LogRecord) -> str:
        """The record on a line."""
        return record.json() if isinstance(record, Line) else super().format(record)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Put the time first, and the request id where there is one."""
        log_data["time"] = _instant(record.created)
        super().add_fields(log_data, record, message_dict)
        if "request_id" not in log_data and has_app_context() and "request_id" in g:
            log_data["request_id"] = g.request_id

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802  # the name that logging gave it
        """The exception and what it came from, the oldest first, without their messages."""
        return told(ei[1])


class Line(logging.LogRecord):
    """What happens so often that a record of its own kind pays: nobody looks up where in the code, in which thread and process (40 µs)."""

    def __init__(self, logger: str, message: str, fields: dict[str, Any]) -> None:
        self.__dict__.update(_INFO, name=logger, msg=message, created=time.time(), fields=fields)
        self.__dict__.update(fields)

    def json(self) -> str:
        """The line, as JsonFormatter writes others."""
        told = {"time": _instant(self.created), "level": self.levelname, "logger": self.name, "message": self.msg}
        return orjson.dumps(told | self.__dict__["fields"]).decode()


class Unquoted(logging.Filter):
    """Takes out of the lines of Gunicorn and Celery what a client sent and what an exception says."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it always passes."""
        if record.name == "gunicorn.error":
            _unquote_gunicorn(record)
        elif record.name.startswith("celery"):
            record.__dict__.pop("data", None)  # arguments and traceback once more
            if isinstance(record.args, dict) and "exc" in record.args:
                record.args = {**record.args, "exc": str(record.args["exc"]).partition("(")[0], "traceback": "", "args": "", "kwargs": ""}
        return True


def told(error: BaseException | None) -> str:
    """The kind of an exception and the places it came through, with those of its causes before it."""
    parts: list[str] = []
    while error is not None and len(parts) < 10:
        places = [f"  {place.filename}:{place.lineno} in {place.name}" for place in extract_tb(error.__traceback__)]
        parts.append("\n".join([*places, kind_of(error)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(reversed(parts))


def kind_of(error: BaseException) -> str:
    """The name of an exception's class, and the number that the system or the database gave it."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    code = getattr(error, "sqlstate", None) or getattr(error, "errno", None)
    return f"{name} ({code})" if code else name


def init_app(app: Flask) -> None:
    """Send the logs of everything to standard error: ours and Celery's from LOG_LEVEL on, warnings of all others."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(Unquoted())
    for name, level in (("app", app.config["LOG_LEVEL"]), ("celery", app.config["LOG_LEVEL"]), ("", "WARNING")):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        if not logger.handlers:
            logger.addHandler(handler)
            logger.propagate = False
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):  # several lines every few seconds; jobs have lines of ours
        logging.getLogger(name).setLevel("WARNING")
    logging.captureWarnings(True)
    setup_logging.connect(_leave_logging_alone)


def gunicorn_config() -> dict[str, Any]:
    """The `logconfig_dict` of Gunicorn: its lines in the same form, on standard error."""
    own = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "json", "filters": ["unquoted"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "filters": {"unquoted": {"()": Unquoted}},
        "handlers": {"stderr": own},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
    }


def _unquote_gunicorn(record: logging.LogRecord) -> None:
    message = str(record.msg)
    refused = _REFUSED.match(message)
    if refused:
        record.msg, record.args = refused[0], ()
    elif message.startswith("Error handling request"):
        record.msg, record.args = "Error handling request", ()
    elif isinstance(record.msg, BaseException):
        record.msg, record.args = kind_of(record.msg), ()


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _leave_logging_alone(**_: object) -> None:
    """That somebody takes the signal keeps Celery from setting up handlers of its own."""
