"""A collector of traces and a Sentry, as far as tests need them: they keep what they get."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

from tests.brokers import need

EXTRAS = 'This needs the extras: pipenv sync --categories "packages extras dev-packages"'


class Collector:
    """An HTTP server that takes everything. `bodies` holds (path, body)."""

    def __init__(self, package):
        need(find_spec(package), EXTRAS)
        self.bodies = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.bodies.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def text(self):
        """All that came, as far as it is text."""
        return b"\n".join(body for _, body in self.bodies).decode("latin-1")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Traces(Collector):
    """A collector of OpenTelemetry's traces."""

    def __init__(self):
        super().__init__("opentelemetry.exporter.otlp.proto.http" if find_spec("opentelemetry") else "opentelemetry")
        self.settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}"}

    @property
    def spans(self):
        """The spans so far."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415  # of the extras

        found = []
        for path, body in list(self.bodies):
            assert path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found.extend(span for scope in resource.scope_spans for span in scope.spans)
        return found


class Sentry(Collector):
    """A Sentry."""

    def __init__(self):
        super().__init__("sentry_sdk")
        self.settings = {"SENTRY_DSN": f"http://public@127.0.0.1:{self.port}/7"}
