"""Stand-ins for the three vendors on loopback, each written from the vendor's own description.

They check what the vendor checks (key, signature, size) and answer as it does: HTTP 200 with a
code in the body. `script` makes the next answers something else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "k3y-0f-th3-r0b0t"
SECRET = "SECd34db33f+/="  # noqa: S105
HOUR_MS = 3_600_000


@dataclass
class Answer:
    """One scripted answer; `hang` waits until the vendor is closed, `drip` sends it slowly."""

    status: int = 200
    body: bytes = b""
    hang: bool = False
    drip: bool = False
    headers: dict[str, str] = field(default_factory=dict)


def code(key: str, number: int) -> Answer:
    """HTTP 200 with that code."""
    return Answer(body=json.dumps({key: number, "msg": "said", "errmsg": "said"}).encode())


class Vendor(ThreadingHTTPServer):
    """Keeps the bodies that it accepted."""

    daemon_threads = True

    def __init__(self, check: Callable[[Any, str, bytes], dict[str, Any]], path: str) -> None:
        self.check = check
        self.accepted: list[dict[str, Any]] = []
        self.script: list[Answer] = []
        self.requests = 0
        self.closing = threading.Event()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}{path}"

    def texts(self) -> list[str]:
        """The text of every accepted message, whatever its form."""
        found = []
        for body in self.accepted:
            if "card" in body:
                found.append(body["card"]["elements"][0]["text"]["content"])
            elif body["msgtype"] == "text":
                found.append(body["text"]["content"])
            else:
                found.append(body["markdown"].get("content") or body["markdown"]["text"])
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Vendor
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        with server.lock:
            server.requests += 1
            answer = server.script.pop(0) if server.script else None
        if answer is None:
            result = server.check(server, self.path, body)
            if 0 in (result.get("errcode"), result.get("code")):
                with server.lock:
                    server.accepted.append(json.loads(body))
            answer = Answer(body=json.dumps(result).encode())
        if answer.hang:
            server.closing.wait(10)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        for n in range(len(answer.body) if answer.drip else 0):
            self.wfile.write(answer.body[n : n + 1])
            if server.closing.wait(0.05):
                return
        if not answer.drip:
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        pass


def check_wecom(_server: Vendor, path: str, body: bytes) -> dict[str, Any]:
    """Key in the query; markdown at most 4,096 bytes, text at most 2,048."""
    if parse_qs(urlsplit(path).query).get("key") != [KEY]:
        return {"errcode": 93000, "errmsg": "invalid webhook url"}
    message = json.loads(body)
    limit = {"markdown": 4096, "text": 2048}[message["msgtype"]]
    if len(message[message["msgtype"]]["content"].encode("utf-8")) > limit:
        return {"errcode": 40058, "errmsg": "content exceed max length"}
    return {"errcode": 0, "errmsg": "ok"}


def check_dingtalk(_server: Vendor, path: str, body: bytes) -> dict[str, Any]:
    """`timestamp` (ms) and `sign` in the query, with the secret as the key."""
    query = parse_qs(urlsplit(path).query, strict_parsing=True)
    if query["access_token"] != [KEY]:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    stamp = query["timestamp"][0]
    text = bytes(f"{stamp}\n{SECRET}", "utf-8")
    expected = base64.b64encode(hmac.digest(bytes(SECRET, "utf-8"), text, "sha256")).decode()
    if query["sign"] != [expected] or abs(time.time() * 1000 - int(stamp)) > HOUR_MS:
        return {"errcode": 310000, "errmsg": "sign not match"}
    if len(body) > 20_000:
        return {"errcode": 460101, "errmsg": "message too long"}
    json.loads(body)["markdown"]["title"]
    return {"errcode": 0, "errmsg": "ok"}


def check_feishu(_server: Vendor, path: str, body: bytes) -> dict[str, Any]:
    """`timestamp` (s) and `sign` in the body; the key is made of both, and nothing is signed."""
    if path != f"/open-apis/bot/v2/hook/{KEY}":
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    message = json.loads(body)
    stamp = message["timestamp"]
    key = bytes(stamp + "\n" + SECRET, "utf-8")
    expected = str(base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()), "ascii")
    if message["sign"] != expected or abs(time.time() - int(stamp)) > HOUR_MS / 1000:
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
    if len(body) > 20_000:
        return {"code": 9499, "msg": "Bad Request"}
    return {"code": 0, "msg": "success", "data": {}}


VENDORS: dict[str, tuple[Callable[[Any, str, bytes], dict[str, Any]], str]] = {
    "wecom": (check_wecom, f"/cgi-bin/webhook/send?key={KEY}"),
    "dingtalk": (check_dingtalk, f"/robot/send?access_token={KEY}"),
    "feishu": (check_feishu, f"/open-apis/bot/v2/hook/{KEY}"),
}


@contextmanager
def vendor(kind: str) -> Iterator[Vendor]:
    """One vendor, listening."""
    server = Vendor(*VENDORS[kind])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
