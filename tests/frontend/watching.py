"""What goes wrong in a page without being seen: errors in the console, requests that fail, and requests to others."""

from __future__ import annotations

from urllib.parse import urlsplit

CALLED_OFF = "net::ERR_ABORTED"  # by the page itself, as a search that another letter makes useless, or by a download


class Watch:
    """All that went wrong in a browser context since it was made, a line each."""

    def __init__(self, context, origins, expected) -> None:
        self.origins = origins
        self.expected = expected
        self.seen = []
        context.on("console", self.note_console)
        context.on("weberror", lambda error: self.seen.append(f"uncaught: {error.error}"))
        context.on("request", self.note_request)
        context.on("requestfailed", self.note_failure)

    def note_console(self, message):
        if message.type in ("error", "warning"):
            self.seen.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def note_request(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and f"{address.scheme}://{address.netloc}" not in self.origins:
            self.seen.append(f"request to another origin: {request.url}")

    def note_failure(self, request):
        if request.failure != CALLED_OFF:
            self.seen.append(f"failed: {request.method} {request.url}: {request.failure}")

    def unexpected(self):
        """The lines in which none of the texts in `expected` occurs."""
        return [line for line in self.seen if not any(text in line for text in self.expected)]
