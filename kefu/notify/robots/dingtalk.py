"""DingTalk (钉钉) custom group robot: timestamp and signature stand in the query."""

from typing import Any

from kefu.notify.robots.base import Markup, Message, Robot
from kefu.notify.signing import dingtalk_sign


class DingTalk(Robot):
    """Posts `markdown`; a body of more than 20,000 bytes is refused."""

    max_bytes = 20_000
    limited_pause_ms = 600_000
    """Beyond 20 messages a minute DingTalk is silent for ten minutes."""
    limited_codes = frozenset({130101, 410100, 90018, 90030})
    busy_codes = frozenset({-1})
    meanings = {  # noqa: RUF012 - a constant
        -1: "busy",
        130101: "too many messages",
        410100: "too many messages",
        90018: "too many messages",
        90030: "too many messages",
        300001: "the access token in the url is not known",
        310000: "wrong signature, a clock that is off, a missing keyword or an unlisted address",
        400013: "the group was dissolved",
        400101: "the access token in the url is not known",
        400102: "the robot is switched off",
        460101: "the message is too long",
    }

    def __init__(self, style: str = "markdown") -> None:
        """`style`: `markdown`."""
        super().__init__(style)
        # A single line end is a space in DingTalk's Markdown.
        self.markup = Markup(newline="  \n")

    def payload(self, message: Message) -> dict[str, Any]:
        """`title` is what the list of chats and the phone's banner show."""
        return {"msgtype": "markdown", "markdown": {"title": message.title, "text": message.text}}

    def request(self, message: Message, url: str, secret: str, now_ms: int) -> tuple[str, bytes]:
        """The url with `timestamp` (milliseconds) and `sign`, where there is a secret."""
        url, body = super().request(message, url, secret, now_ms)
        if secret:
            mark = "&" if "?" in url else "?"
            url += f"{mark}timestamp={now_ms}&sign={dingtalk_sign(secret, now_ms)}"
        return url, body


ROBOT = DingTalk
