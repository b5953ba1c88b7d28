"""Logs: one JSON object a line, on standard error, with the request id of the request that wrote it."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson
from flask import Flask, g, has_app_context

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A record as JSON: time, level, logger, message, then what the caller gave as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD)
        if has_app_context() and "request_id" in g:
            line.setdefault("request_id", g.request_id)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode()


def init_app(app: Flask) -> None:
    """Send the logs of everything below `app` to standard error."""
    logger = logging.getLogger("app")
    logger.setLevel(app.config["LOG_LEVEL"])
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
        logger.propagate = False
