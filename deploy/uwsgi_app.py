"""What uWSGI is pointed at: the application, with bodies that come in chunks, which uWSGI hands out by a door of its own."""

from __future__ import annotations

import io
from typing import Any

import uwsgi

from wsgi import app


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


_wsgi_app = app.wsgi_app


def with_chunks(environ: dict[str, Any], start_response: Any) -> Any:
    """The application, reading chunks where there are some."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        environ |= {"wsgi.input": io.BufferedReader(Chunks()), "wsgi.input_terminated": True}
        environ.pop("CONTENT_LENGTH", None)
    return _wsgi_app(environ, start_response)


app.wsgi_app = with_chunks
