"""Prints what uWSGI and Gunicorn have in common, in uWSGI's words. Read by `uwsgi.ini`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60
"""The longest that a request may take: it outlasts every limit of the application's own, and a slow disk."""

sys.path.insert(0, str(ROOT))
gunicorn = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
bind = gunicorn["bind"].removeprefix("unix:")
shared = {
    "http-socket": bind,
    "processes": gunicorn["workers"],
    "threads": gunicorn["threads"],
    "buffer-size": gunicorn["limit_request_line"] + gunicorn["limit_request_field_size"],
    "max-requests": gunicorn["max_requests"],
    "max-requests-delta": gunicorn["max_requests_jitter"] // gunicorn["workers"],
    "harakiri": SECONDS,
}
sys.stdout.write("[uwsgi]\n" + "".join(f"{name} = {value}\n" for name, value in shared.items()))
