"""Feishu (飞书) custom group robot, v2: timestamp and signature stand in the body."""

from collections.abc import Mapping
from typing import Any

import orjson

from kefu.notify.robots.base import Message, Outcome, Robot, Verdict
from kefu.notify.signing import feishu_sign

_SIGNATURE_BYTES = 200
"""Room for `timestamp` and `sign`, which `size` does not know."""
_BAD_REQUEST = 9499
"""Stands for a malformed body and, with the words "too many request", for a rate limit."""


class Feishu(Robot):
    """Posts a card. A card may have 30 KB, the guide of the robot says 20 KB: the lower holds."""

    max_bytes = 20_000 - _SIGNATURE_BYTES
    code_key = "code"
    limited_codes = frozenset({11232})
    meanings = {  # noqa: RUF012 - a constant
        11232: "too many messages",
        9499: "the message is malformed",
        19001: "the token in the url is not known",
        19021: "wrong signature, or a clock that is off by more than an hour",
        19022: "this address is not in the robot's list",
        19024: "a keyword that the robot demands is missing",
    }

    def payload(self, message: Message) -> dict[str, Any]:
        """A card whose head is green when all is well again and red before."""
        return {
            "msg_type": "interactive",
            "card": {
                "config": {"wide_screen_mode": True},
                "header": {
                    "title": {"tag": "plain_text", "content": message.title},
                    "template": "green" if message.healthy else "red",
                },
                "elements": [
                    {"tag": "div", "text": {"tag": "lark_md", "content": message.text}},
                ],
            },
        }

    def request(self, message: Message, url: str, secret: str, now_ms: int) -> tuple[str, bytes]:
        """The body with `timestamp` (seconds, as text) and `sign`, where there is a secret."""
        if not secret:
            return super().request(message, url, secret, now_ms)
        time_s = now_ms // 1000
        signature = {"timestamp": str(time_s), "sign": feishu_sign(secret, time_s)}
        return url, orjson.dumps({**signature, **self.payload(message)})

    def judge(self, answer: Mapping[str, Any]) -> Outcome:
        """Knows the answer of the older robots, and tells a rate limit from a malformed body."""
        code = answer.get("code", answer.get("StatusCode"))
        if code == _BAD_REQUEST and "too many" in str(answer.get("msg", "")).lower():
            return Outcome(Verdict.LIMITED, f"code {code} (too many messages)")
        return super().judge({**answer, "code": code})


ROBOT = Feishu
