"""What Celery is pointed at: `celery -A app.worker worker`, and `celery -A app.worker beat`."""

from __future__ import annotations

import sys

from celery.signals import beat_embedded_init

from app import create_app
from app.config import ConfigurationError
from app.system import caretaker

try:
    celery = create_app().extensions["celery"]
except ConfigurationError as wrong:
    sys.exit(str(wrong))
celery.set_default()
caretaker.end_with_parent()
beat_embedded_init.connect(caretaker.follow_parent)
