"""Celery, set up so that a message or a worker may be lost at any time, and no broker can hold a request up.

Messages are not acknowledged: a message only wakes a worker, and what there is to do stands in the database. (An acknowledgement
that a broker which hangs does not take would stay open for ever, and with as many as the worker may have it would never ask for
another message.)
"""

from __future__ import annotations

import os
from pathlib import Path
from ssl import CERT_REQUIRED
from typing import Any
from urllib.parse import urlsplit

from celery import Celery, Task
from celery.signals import worker_process_init
from flask import Flask
from kombu import Queue

from app.config import ConfigurationError, worker_processes
from app.core import connections
from app.core.database import engine
from app.jobs.bell import Bell

SECONDS = 1  # that a broker may take for what others do in milliseconds
LIMIT_SECONDS = 30 * 60  # of one task, and so of one job
POLL_SECONDS = 0.2  # between two looks into the folder
_QUEUE = "tickbox"


def init_app(app: Flask) -> None:
    """Give the app its Celery, and what wakes workers."""

    class ContextTask(Task):  # type: ignore[type-arg]  # generic for the type checker alone
        """A task that runs inside the app's context."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=ContextTask, set_as_current=False)
    celery.conf.update(_settings(app))
    app.extensions["celery"] = celery
    app.extensions["bell"] = Bell(celery, app.extensions["metrics"])

    def prepare_process(**_: Any) -> None:
        with app.app_context():
            engine().dispose(close=False)  # connections that were opened before the fork are the parent's
            connections.wait_for_long(engine())

    app.extensions["worker_process_init"] = prepare_process  # signals keep weak references
    worker_process_init.connect(prepare_process)


def answers(app: Flask) -> bool:
    """Whether the broker can be reached, within about two seconds."""
    celery: Celery[Any] = app.extensions["celery"]
    if not app.config["BROKER_URL"]:
        return os.access(celery.conf.broker_transport_options["data_folder_in"], os.W_OK)
    try:
        with celery.connection_for_write(connect_timeout=SECONDS) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
            connection.default_channel  # noqa: B018  # opens it, which Redis needs for a first command
    except Exception:  # each transport has its own kinds
        return False
    return True


def _settings(app: Flask) -> dict[str, Any]:
    url = app.config["BROKER_URL"]
    scheme = urlsplit(url).scheme
    kind = {"": "filesystem", "rediss": "redis", "amqps": "amqp"}.get(scheme, scheme)
    options: dict[str, dict[str, Any]] = {
        "filesystem": _folder(Path(app.config["INSTANCE_PATH"]) / "broker") if kind == "filesystem" else {},
        "redis": {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "visibility_timeout": 2 * LIMIT_SECONDS},
        "amqp": {"confirm_publish": True},
    }
    arguments = {"x-queue-type": "quorum"} if kind == "amqp" else None
    return {
        "broker_url": url or "filesystem://localhost",
        "broker_transport": None if url else "app.jobs.folder:Transport",
        "broker_transport_options": options[kind],
        "broker_use_ssl": {"ssl_cert_reqs": CERT_REQUIRED} if scheme == "rediss" else None,  # kombu by itself trusts whoever answers
        "broker_connection_timeout": SECONDS,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_default_queue": _QUEUE,
        "task_queues": [Queue(_QUEUE, routing_key=_QUEUE, queue_arguments=arguments, no_ack=True)],
        "task_ignore_result": True,
        "task_time_limit": LIMIT_SECONDS,
        "task_soft_time_limit": LIMIT_SECONDS - 60,
        "accept_content": ["json"],
        "worker_consumer": "app.jobs.consumer:PatientConsumer",
        "worker_concurrency": worker_processes(app.config),
        "worker_soft_shutdown_timeout": 5,
        "worker_max_tasks_per_child": 10_000,
        "worker_max_memory_per_child": 500_000,  # KiB
        "worker_hijack_root_logger": False,
        "worker_enable_remote_control": kind != "filesystem",
        "worker_proc_alive_timeout": 30.0,
        "beat_scheduler": "app.jobs.scheduler:SteadyScheduler",  # in memory: what is due stands in the database
    }


def _folder(folder: Path) -> dict[str, Any]:
    for part in ("messages", "control"):
        try:
            (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError([f"INSTANCE_PATH: {str(folder / part)!r} cannot be made; {error.strerror}"]) from None
    messages = str(folder / "messages")
    folders = {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(folder / "control")}
    return {**folders, "polling_interval": POLL_SECONDS}
