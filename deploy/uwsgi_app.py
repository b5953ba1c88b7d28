"""What uWSGI is pointed at: the application, with two things that uWSGI leaves to it.

Bodies that come in chunks are handed out by a door of uWSGI's own. And a worker that is asked to end would give up on the
clients that it waits for, as the signal interrupts the wait: so the signal waits until the request is done.
"""

from __future__ import annotations

import io
import os
import signal
import threading
from typing import Any

import uwsgi

END = {signal.SIGHUP}
"""How uWSGI's master asks a worker to end. Only the thread that uWSGI started first can take it, so none that the application starts may."""
ENDED_AS_ASKED = 17
"""UWSGI_RELOAD_CODE: what a worker's process ends with where it was asked to."""

signal.pthread_sigmask(signal.SIG_BLOCK, END)
from wsgi import app  # noqa: E402

# uWSGI listens only once the application is there: a worker that was asked before would never end.
if signal.sigpending() & END:
    os._exit(ENDED_AS_ASKED)
signal.pthread_sigmask(signal.SIG_UNBLOCK, END)


class Chunks(io.RawIOBase):
    """A request's body, read chunk by chunk. Where a chunk is broken, or does not come in time, the body ends as one that was cut off."""

    def __init__(self) -> None:
        self.rest = b""

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See io.RawIOBase."""
        if not self.rest:
            self.rest = uwsgi.chunked_read()
        part = self.rest[: len(buffer)]
        buffer[: len(part)] = part
        self.rest = self.rest[len(part) :]
        return len(part)


def hear(how: signal.Sigmasks) -> None:
    """Let the thread that is asked to end hear of it, or hear of it later. The others never do: uWSGI leaves none of them open to signals."""
    if threading.current_thread() is threading.main_thread():
        signal.pthread_sigmask(how, END)


_wsgi_app = app.wsgi_app


def whole(environ: dict[str, Any], start_response: Any) -> Any:
    """The application, reading chunks where there are some, and not asked to end before it has answered."""
    hear(signal.SIG_BLOCK)
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        environ |= {"wsgi.input": io.BufferedReader(Chunks()), "wsgi.input_terminated": True}
        environ.pop("CONTENT_LENGTH", None)
    return _wsgi_app(environ, start_response)


app.wsgi_app = whole
uwsgi.after_req_hook = lambda: hear(signal.SIG_UNBLOCK)
