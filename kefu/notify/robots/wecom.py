"""WeCom (企业微信) group robot: the key in the url is all the proof there is."""

from typing import Any

from kefu.notify.robots.base import Message, Robot


class WeCom(Robot):
    """Posts `markdown` (at most 4,096 bytes) or `text` (2,048 bytes, also readable in WeChat)."""

    max_bytes = 4096
    signed = False
    formats = ("markdown", "text")
    limited_codes = frozenset({45009, 45033})
    busy_codes = frozenset({-1})
    meanings = {  # noqa: RUF012 - a constant
        -1: "busy",
        45009: "too many messages",
        45033: "too many at a time",
        40058: "the message is malformed or too long",
        93000: "the key in the url is not known, or the robot was removed from the group",
    }

    def __init__(self, style: str = "markdown") -> None:
        """`style`: `markdown` or `text`."""
        super().__init__(style)
        if style == "text":
            self.max_bytes = 2048

    def size(self, message: Message) -> int:
        """WeCom counts the bytes of the content alone."""
        return len(message.text.encode())

    def payload(self, message: Message) -> dict[str, Any]:
        """The title is a robot's own in the other vendors' messages; WeCom shows the text only."""
        kind = "markdown" if self.markup.rich else "text"
        return {"msgtype": kind, kind: {"content": message.text}}


ROBOT = WeCom
