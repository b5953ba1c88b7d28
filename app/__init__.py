"""Tickbox: a todo service behind a JSON API."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping
from typing import Any

gc.disable()  # imports make no garbage; looking for some would take a tenth of the time to start

from flask import Flask

from app import auth, commands, config, extensions, mail, models, routes, schedule
from app.core import database, http, limits, logging, metrics, migrations, problems, tracing, uploads
from app.core.openapi import VERSION
from app.files import storage

gc.freeze()  # and none of what they made ever becomes any
gc.enable()


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """A service of its own, ready to answer. `settings` come before environment and files.

    Raises ConfigurationError, which names every setting that is wrong.
    """
    values = config.load(settings)
    app = http.Service(__name__, instance_path=values["INSTANCE_PATH"], static_folder=None)
    app.config.from_mapping(values)

    logging.init_app(app)
    metrics.init_app(app)
    database.init_app(app)
    migrations.init_app(app)
    limits.init_app(app)
    http.init_app(app)
    tracing.init_app(app, VERSION)
    uploads.init_app(app)
    problems.init_app(app)
    auth.init_app(app)
    storage.init_app(app)
    mail.init_app(app)
    schedule.init_app(app)
    if app.config["CORS_ORIGINS"]:
        # Flask-CORS takes what has brackets, as IPv6 addresses do, for a pattern that the start of an origin may meet.
        exactly = [f"{re.escape(origin)}$" for origin in app.config["CORS_ORIGINS"]]
        extensions.cors.init_app(app, origins=exactly, supports_credentials=True, always_send=False, expose_headers=http.EXPOSED_HEADERS)

    routes.init_app(app)
    commands.init_app(app)
    app.shell_context_processor(lambda: {name: getattr(models, name) for name in models.__all__})
    return app
