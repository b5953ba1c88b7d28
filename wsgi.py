"""What a WSGI server is pointed at: `gunicorn wsgi:app`."""

import sys

from app import create_app
from app.config import ConfigurationError

try:
    app = create_app()
except ConfigurationError as wrong:
    sys.exit(str(wrong))
