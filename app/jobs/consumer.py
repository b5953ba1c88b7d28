"""What a worker gets its messages with, for brokers that refuse it."""

from __future__ import annotations

from time import sleep

from celery.worker.consumer import Consumer

PAUSE_SECONDS = 2.0


class PatientConsumer(Consumer):
    """A consumer that waits before it asks again.

    Celery's own does so where nobody answers. Where somebody does, and refuses, it would ask six times a second, and log each.
    """

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Wait after a broker that let nobody in, as to one whose rights were taken away."""
        super().on_connection_error_before_connected(exc)
        sleep(PAUSE_SECONDS)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Wait after one that let the worker in, and then not have the queue."""
        super().on_connection_error_after_connected(exc)
        sleep(PAUSE_SECONDS)
