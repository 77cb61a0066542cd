"""The HTTP side: Alertmanager posts to /alertmanager; /healthz and /metrics can be read."""

import hmac
import logging
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import ClassVar

from kefu.notify.outbox import State
from kefu.notify.payload import PayloadError, decode
from kefu.notify.service import NotifyService

LOG = logging.getLogger("kefu.notify")
PATH = "/alertmanager"
MAX_BODY_BYTES = 1_000_000
"""Alertmanager sends about 1 KB for each alert."""
MAX_REQUESTS = 64
"""At a time; Alertmanager has one open for each group."""
IDLE_S = 10.0
"""For so long a client may send nothing."""


class NotifyServer(ThreadingHTTPServer):
    """Serves until `stop`."""

    daemon_threads = True
    block_on_close = False  # idle connections would hold up the stop; `stop` waits for requests

    def __init__(self, address: tuple[str, int], service: NotifyService, token: str) -> None:
        """Binds the address; raises `OSError`. An empty `token` lets everybody post."""
        self.service = service
        self.expected = f"Bearer {token}".encode() if token else None
        self._places = threading.BoundedSemaphore(MAX_REQUESTS)
        self._none_left = threading.Condition()
        self._requests = 0
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without the look-up of this machine's name that `HTTPServer` makes."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def enter(self) -> bool:
        """Take one of the places for requests, if one is free."""
        if not self._places.acquire(blocking=False):
            return False
        with self._none_left:
            self._requests += 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()
        with self._none_left:
            self._requests -= 1
            self._none_left.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is the client's matter; anything else is a fault of ours."""
        error = sys.exception()
        if not isinstance(error, OSError):
            LOG.error("a request failed: %s", type(error).__name__, exc_info=error)

    def stop(self, timeout_s: float) -> None:
        """Take no more connections, stop delivering, and let requests have their answer."""
        self.shutdown()
        self.service.stop()
        with self._none_left:
            self._none_left.wait_for(lambda: self._requests == 0, timeout_s)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: NotifyServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server_version = "kefu-notify"
    sys_version = ""
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"
    _waiting_words: ClassVar[dict[State, str]] = {
        State.WAITING: "has not accepted yet",
        State.FAILED: "refused or could not be reached",
    }

    def do_GET(self) -> None:
        """`/healthz` and `/metrics`; neither needs the token."""
        if self.path == "/metrics":
            kind = "text/plain; version=0.0.4; charset=utf-8"
            self._answer(200, self.server.service.metrics.exposition(), kind)
        elif self.path == "/healthz":
            dead = self.server.service.dead()
            if dead:
                self._say(503, f"no longer delivering to: {', '.join(dead)}")
            else:
                self._say(200, "ok")
        else:
            self._say(*(_WRONG_METHOD if self.path == PATH else _NOT_FOUND))

    def do_POST(self) -> None:
        """`/alertmanager`: 200 once every robot has accepted, else 503, so that it comes again."""
        if not self.server.enter():
            self._refuse(503, "too many requests at a time")
            return
        try:
            self._post()
        finally:
            self.server.leave()

    def _post(self) -> None:
        if self.path != PATH:
            self._refuse(*_NOT_FOUND)
        elif not self._is_allowed():
            self._refuse(401, "a bearer token is needed")
        elif (length := self._length()) is None:
            self._refuse(411, "a Content-Length is needed")
        elif length > MAX_BODY_BYTES:
            self._refuse(413, f"at most {MAX_BODY_BYTES} bytes")
        else:
            body = self.rfile.read(length)
            if len(body) < length:
                self._refuse(400, "the body ended early")
            else:
                self._deliver(body)

    def _deliver(self, body: bytes) -> None:
        try:
            webhook = decode(body)
        except PayloadError as error:
            LOG.warning("a request was refused: %s", error)
            self._say(400, str(error))
            return
        missing = self.server.service.deliver(webhook)
        if missing:
            told = "; ".join(f"{n} {self._waiting_words[s]}" for n, s in missing.items())
            self._say(503, told)
        else:
            self._say(200, "ok")

    def _is_allowed(self) -> bool:
        if self.server.expected is None:
            return True
        given = self.headers.get("Authorization", "").encode(errors="replace")
        return hmac.compare_digest(given, self.server.expected)

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (text.isascii() and text.isdigit()):
            return None
        return int(text[:20])

    def _refuse(self, status: int, text: str) -> None:
        """Answer without reading the body, which leaves the connection of no more use."""
        self.close_connection = True
        self._say(status, text)

    def _say(self, status: int, text: str) -> None:
        self._answer(status, f"{text}\n".encode(), "text/plain; charset=utf-8")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        if self.command == "POST":
            self.server.service.metrics.requests.labels(str(status)).inc()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a request line may hold what must not be in a log."""


_NOT_FOUND = (404, f"post to {PATH}")
_WRONG_METHOD = (405, "POST is expected")
