"""What a WSGI server is pointed at: `gunicorn wsgi:app`."""

from app import create_app

app = create_app()
