"""The adapter, listening on loopback, and a client for it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kefu.notify.server import NotifyServer
from kefu.notify.service import NotifyService
from tests.unit.notify_builders import config

PATIENT = "delivery: {answer_within_seconds: 5, timeout_seconds: 2}"


@contextmanager
def running(folder: Path, urls: dict[str, str], more: str = PATIENT) -> Iterator[NotifyServer]:
    """The adapter, listening."""
    loaded = config(folder, urls, more)
    service = NotifyService(loaded)
    server = NotifyServer(("127.0.0.1", 0), service, loaded.token)
    service.start()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.stop(5)
        thread.join()


def call(
    server: NotifyServer,
    data: bytes | None = None,
    path: str = "/alertmanager",
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, data, headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
