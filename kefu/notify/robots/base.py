"""What every group robot must be able to say about itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import orjson


class Verdict(Enum):
    """What became of a message."""

    ACCEPTED = "accepted"
    LIMITED = "limited"
    """Too many messages: the robot must be left alone for `limited_pause_ms`."""
    BUSY = "busy"
    """No answer or a passing failure: worth another try soon."""
    REFUSED = "refused"
    """The same message would be refused again."""


@dataclass(frozen=True)
class Outcome:
    """A verdict and its cause: our own words and the vendor's code, never a url or content."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class Markup:
    """How a robot writes line ends, bold and links; without markup, text only."""

    newline: str = "\n"
    rich: bool = True

    def bold(self, text: str) -> str:
        """The text in bold; a `*` inside would end it early."""
        return f"**{text.replace('*', '＊')}**" if self.rich else text

    def link(self, label: str, url: str) -> str:
        """A link."""
        return f"[{label}]({url})" if self.rich else f"{label}: {url}"


@dataclass(frozen=True)
class Message:
    """A message for one robot; `healthy` where nothing in it is firing."""

    title: str
    text: str
    healthy: bool = False


class Robot(ABC):
    """One vendor's group robot: limits, request and answer. Holds no secret and no clock."""

    max_bytes: int
    """At most so large may `size` be."""
    per_minute: ClassVar[int] = 20
    """WeCom and DingTalk document 20 a minute; Feishu allows 100, and 20 is enough for people."""
    limited_pause_ms: ClassVar[int] = 60_000
    signed: ClassVar[bool] = True
    """Whether the vendor knows a secret beside the url."""
    formats: ClassVar[tuple[str, ...]] = ("markdown",)
    code_key: ClassVar[str] = "errcode"
    limited_codes: ClassVar[frozenset[int]] = frozenset()
    busy_codes: ClassVar[frozenset[int]] = frozenset()
    meanings: ClassVar[Mapping[int, str]] = {}
    """Our words for codes that a user can mend."""

    def __init__(self, style: str = "markdown") -> None:
        """`style`: one of `formats`."""
        self.markup = Markup(rich=style != "text")

    @abstractmethod
    def payload(self, message: Message) -> dict[str, Any]:
        """The JSON body without its signature."""

    def size(self, message: Message) -> int:
        """What the vendor's limit counts, in bytes."""
        return len(orjson.dumps(self.payload(message)))

    def request(self, message: Message, url: str, secret: str, now_ms: int) -> tuple[str, bytes]:
        """The signed url and body for a post at that wall time."""
        return url, orjson.dumps(self.payload(message))

    def judge(self, answer: Mapping[str, Any]) -> Outcome:
        """What an answer with HTTP 200 means: only code 0 is success."""
        code = answer.get(self.code_key)
        if not isinstance(code, int) or isinstance(code, bool):
            return Outcome(Verdict.BUSY, f"the answer has no `{self.code_key}`")
        if code == 0:
            return Outcome(Verdict.ACCEPTED)
        meaning = self.meanings.get(code)
        reason = f"{self.code_key} {code}" + (f" ({meaning})" if meaning else "")
        if code in self.limited_codes:
            return Outcome(Verdict.LIMITED, reason)
        return Outcome(Verdict.BUSY if code in self.busy_codes else Verdict.REFUSED, reason)
