"""Posts to a robot over HTTP; says what became of it without a url, a key or content."""

import logging
import time
from collections.abc import Mapping

import orjson
import requests
from urllib3.exceptions import HTTPError

from kefu.notify.config import Endpoint
from kefu.notify.robots.base import Message, Outcome, Verdict

MAX_ANSWER_BYTES = 8192
"""The vendors answer in some 50 to 300 bytes."""
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "TLS failed"),
    (requests.exceptions.ProxyError, "the proxy failed"),
    (requests.exceptions.Timeout, "no answer in time"),
    (requests.exceptions.ConnectionError, "cannot connect, or the connection broke"),
)
# urllib3 writes paths and queries, where the keys are, into its log: at every level it has.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


class Poster:
    """One robot's connection. Not for several threads at a time."""

    def __init__(self, endpoint: Endpoint, timeout_s: float) -> None:
        """`timeout_s` holds for connecting, for each wait for bytes, and for the answer as one."""
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.auth = lambda request: request  # else a .netrc would be looked up
        self._session.headers.update({"Content-Type": "application/json; charset=utf-8"})

    def post(self, message: Message, now_ms: int) -> Outcome:
        """Post a message signed for that wall time; never raises for what the network does."""
        endpoint = self._endpoint
        url, body = endpoint.robot.request(message, endpoint.url, endpoint.secret, now_ms)
        try:
            with self._session.post(
                url, data=body, timeout=self._timeout_s, stream=True, allow_redirects=False
            ) as response:
                return self._judge(response)
        except (requests.RequestException, HTTPError, OSError) as error:
            # Their texts hold the url: only the kind of failure is passed on.
            cause = next((say for kind, say in _CAUSES if isinstance(error, kind)), None)
            return Outcome(Verdict.BUSY, cause or f"the request failed ({type(error).__name__})")

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def _judge(self, response: requests.Response) -> Outcome:
        status = response.status_code
        if status == 429:
            return Outcome(Verdict.LIMITED, "HTTP 429")
        if status >= 500:
            return Outcome(Verdict.BUSY, f"HTTP {status}")
        answer = self._answer(response)
        if answer is None:
            verdict = Verdict.BUSY if status == 200 else Verdict.REFUSED
            return Outcome(verdict, f"HTTP {status}, and the answer is not a short JSON object")
        outcome = self._endpoint.robot.judge(answer)
        if status != 200 and outcome.verdict is not Verdict.LIMITED:
            return Outcome(Verdict.REFUSED, f"HTTP {status}, {outcome.reason or 'code 0'}")
        return outcome

    def _answer(self, response: requests.Response) -> Mapping[str, object] | None:
        """The JSON object in the answer. Read byte by byte, so that drops cannot keep us long."""
        until = time.monotonic() + self._timeout_s
        data = bytearray()
        for byte in response.iter_content(1):
            data += byte
            if time.monotonic() > until:
                raise requests.exceptions.ReadTimeout
            if len(data) > MAX_ANSWER_BYTES:
                return None
        try:
            answer = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return answer if isinstance(answer, dict) else None
