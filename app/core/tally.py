"""How many SQL statements a request or a job ran, and how long the database took for them."""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, ExceptionContext, event


class Tally:
    """The statements of one request or job. A statement is whatever is sent at once, BEGIN and COMMIT included."""

    __slots__ = ("begun", "seconds", "statements", "trace")

    def __init__(self) -> None:
        self.statements = 0
        self.seconds = 0.0
        self.begun: float | None = None
        self.trace: Any = None  # app.core.otel.Trace, where traces are wanted


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)  # g would cost four times as much


def begin() -> Tally:
    """Begin to count for what begins in this thread."""
    tally = Tally()
    _current.set(tally)
    return tally


def current() -> Tally | None:
    """What counts here, if anything does."""
    return _current.get()


def listen(engine: Engine) -> None:
    """Count what this engine runs. What no request and no job asked for (a sign of life) is not counted."""
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "after_cursor_execute", _after)
    event.listen(engine, "handle_error", _failed)


def _before(*_: Any) -> None:
    tally = _current.get()
    if tally is not None:
        tally.statements += 1
        tally.begun = perf_counter()


def _after(_: Any, __: Any, text: str, *___: Any) -> None:
    _end(text)


def _failed(context: ExceptionContext) -> None:
    _end(context.statement or "", failed=True)


def _end(text: str, *, failed: bool = False) -> None:
    tally = _current.get()
    if tally is None or tally.begun is None:
        return
    seconds = perf_counter() - tally.begun
    tally.seconds += seconds
    tally.begun = None
    if tally.trace is not None and text:
        tally.trace.statement(text, seconds, failed=failed)
