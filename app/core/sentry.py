"""Unforeseen errors for Sentry. Imported only where SENTRY_DSN is set: the package is of the extras.

A report holds the kind of an error, the places in the code that it came through, the route and the request id. It holds no
message, as that may quote anything, no values of variables, nothing of the request, and no account.
"""

from __future__ import annotations

from sentry_sdk.client import Client
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import event_from_exception

from app.core.logging import kind_of


class Errors:
    """Sends the errors of one app, in a thread of each process that has any."""

    def __init__(self, dsn: str, release: str) -> None:
        self.client = Client(
            dsn=dsn,
            release=f"tickbox@{release}",
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            send_client_reports=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            before_send=_without_messages,
        )

    def report(self, error: BaseException, tags: dict[str, str]) -> None:
        """Send an error."""
        event, hint = event_from_exception(error, client_options=self.client.options)
        event["tags"] = {**tags, "kind": kind_of(error)}
        self.client.capture_event(event, hint)


def _without_messages(event: Event, _: Hint) -> Event:
    for error in event.get("exception", {}).get("values", []):
        error["value"] = ""
    return event
