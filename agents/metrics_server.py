"""Serves the metrics page from threads of its own, never from an event loop."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from agents.series import Metrics

CLIENT_LIMIT_S = 10.0
"""A reader that says nothing for so long loses its connection, and with it a thread."""


class MetricsServer:
    """Serves until `close`. Raises `OSError` where the address cannot be had."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        """Port 0 takes a free one."""
        runtime = CollectorRegistry()
        ProcessCollector(registry=runtime)
        PlatformCollector(registry=runtime)
        GCCollector(registry=runtime)

        class Handler(BaseHTTPRequestHandler):
            timeout = CLIENT_LIMIT_S

            def do_GET(self) -> None:
                """The page, whatever the path."""
                page = metrics.page() + generate_latest(runtime)
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """A scrape every few seconds is no news."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no longer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
