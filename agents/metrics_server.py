"""Serves the metrics page and the endpoints of health from threads of its own, never from an event
loop: `/metrics`, `/healthz` (alive) and `/readyz` (ready).
"""

import hmac
import logging
import sys
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

from agents.health import Health
from agents.series import Metrics

log = logging.getLogger("kefu.metrics")

CLIENT_LIMIT_S = 10.0
"""A reader that says nothing for so long loses its connection, and with it a thread."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away is no news; anything else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            log.exception("a request failed")


class MetricsServer:
    """Serves until `close`. Raises `OSError` where the address cannot be had."""

    def __init__(
        self,
        metrics: Metrics,
        host: str,
        port: int,
        *,
        health: Health | None = None,
        token: str | None = None,
    ) -> None:
        """Port 0 takes a free one. With a token, `/metrics` wants it as a bearer's; the endpoints
        of health, which say nothing of anybody, do not.
        """
        expected = None if token is None else f"Bearer {token}".encode()
        runtime = CollectorRegistry()
        ProcessCollector(registry=runtime)
        PlatformCollector(registry=runtime)
        GCCollector(registry=runtime)

        class Handler(BaseHTTPRequestHandler):
            timeout = CLIENT_LIMIT_S

            def do_GET(self) -> None:
                """One of the three pages."""
                path = self.path.partition("?")[0]
                if path == "/metrics":
                    if not self._may_read():
                        self._send(401, "text/plain", b"a bearer token is wanted\n")
                        return
                    page = metrics.page() + generate_latest(runtime)
                    self._send(200, CONTENT_TYPE_PLAIN_0_0_4, page)
                elif path in ("/healthz", "/readyz") and health is not None:
                    good, why = health.alive() if path == "/healthz" else health.ready()
                    self._send(200 if good else 503, "text/plain", f"{why}\n".encode())
                else:
                    self._send(404, "text/plain", b"/metrics, /healthz and /readyz are here\n")

            def _may_read(self) -> bool:
                given = self.headers.get("Authorization", "").encode()
                return expected is None or hmac.compare_digest(given, expected)

            def _send(self, status: int, kind: str, page: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """A scrape every few seconds is no news."""

        self._server = _Server((host, port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no longer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
