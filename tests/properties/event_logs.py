"""Logs of events and ticks as hypothesis draws them: aimed at the limits, trouble included."""

from __future__ import annotations

from hypothesis import strategies as st

from pipeline.engine import Engine
from schemas.codec import InvalidEvent, encode
from schemas.events import Event
from schemas.outputs import Output
from tests.unit import builders as b

Step = Event | int
"""An event, or the time in milliseconds."""

_CHAT = b.TARGETS["first_response"]
_QUEUE = b.TARGETS["answer"]
_HUMAN_MS = 120_000  # the rule `asked_for_human`
_LIMITS = (*_CHAT.warnings_ms, _CHAT.target_ms, *_QUEUE.warnings_ms, _QUEUE.target_ms, _HUMAN_MS)
DELTAS_MS = st.sampled_from(
    [0, 1, 999, 1_000, 1_001, 7_300, 60_000, 290_000]
    + [limit + by for limit in _LIMITS for by in (-1, 0, 1, 1_000)]
)
"""Gaps between events: small ones, and each limit with a millisecond before and after it."""

QUESTIONS = ["我的订单呢", "转人工！电话13812345678", "你们太差了，垃圾", "好的？", None]
CLOSERS = ["好的", "谢谢", "[微笑]", "👍", "ok"]
REPLIES = ["您好，我看一下", "非常抱歉", "不知道，自己看", "单号12345678901234", None]


def chat_event(kind: str, at: float, to: str, pick: int, name: str) -> Event:
    """One event of a conversation; `pick` chooses the text, `name` is the event's id."""
    match kind:
        case "asks":
            return b.customer(at, QUESTIONS[pick % len(QUESTIONS)], to=to, id=name)
        case "thanks":
            return b.customer(at, CLOSERS[pick % len(CLOSERS)], to=to, id=name)
        case "replies":
            return b.agent(at, REPLIES[pick % len(REPLIES)], to=to, id=name)
        case "auto":
            return b.agent(at, "您好，稍后回复", auto=True, to=to, id=name)
        case "note":
            return b.agent(at, "客户很急", private=True, to=to, id=name)
        case "bot":
            return b.message(at, "bot", "请描述问题", to=to, id=name)
        case "opened":
            return b.opened(at, to=to, queue=("sales", "vip")[pick % 2])
        case "transferred":
            return b.transferred(at, to=to, to_queue=("sales", "vip")[pick % 2])
        case "resolved":
            return b.resolved(at, to=to)
        case "reopened":
            return b.reopened(at, to=to)
        case "closed":
            return b.closed(at, to=to)
        case "rated":
            return b.rated(at, 1 + pick % 5, to=to)
    raise AssertionError(kind)


def call_event(kind: str, at: float, to: str, pick: int) -> Event:
    """One event of a call."""
    match kind:
        case "queued":
            return b.queued(at, to=to, queue="hotline")
        case "answered":
            return b.answered(at, to=to)
        case "caller":
            return b.utterance(at, "customer", QUESTIONS[pick % 4] or "", to=to)
        case "agent":
            return b.utterance(at, "agent", REPLIES[pick % 4] or "", to=to)
        case "ended":
            return b.ended(at, ("normal", "dropped", "abandoned")[pick % 3], to=to)
    raise AssertionError(kind)


CHAT_KINDS = ["asks"] * 5 + ["replies"] * 4 + ["thanks", "auto", "note", "bot", "opened"]
CHAT_KINDS += ["transferred", "resolved", "reopened", "closed", "rated"]
CALL_KINDS = ["queued", "answered", "caller", "agent", "ended"]


@st.composite
def logs(draw: st.DrawFn) -> list[Step]:
    """Events of some chats, calls and agents, with ticks between; some late, some twice."""
    steps: list[Step] = []
    fed: list[Event] = []
    at = 0
    size = draw(st.integers(3, 40))
    for number in range(size):
        at += draw(DELTAS_MS)
        pick = draw(st.integers(0, 59))
        late = draw(st.sampled_from([0, 0, 0, 0, 1_000, 100_000, _CHAT.target_ms]))
        seconds = (at - late) / 1000
        what = draw(
            st.sampled_from(["chat"] * 6 + ["call"] * 2 + ["tick"] * 3 + ["again", "staff"])
        )
        if what == "chat":
            kind = draw(st.sampled_from(CHAT_KINDS))
            fed.append(chat_event(kind, seconds, f"c{pick % 3}", pick // 3, f"e{number}"))
        elif what == "call":
            fed.append(call_event(draw(st.sampled_from(CALL_KINDS)), seconds, f"p{pick % 2}", pick))
        elif what == "staff":
            fed.append(b.presence(seconds, f"a{pick % 2}", ("busy", "away")[pick % 2]))
        elif what == "again" and fed:
            fed.append(fed[pick % len(fed)])
        if what == "tick" or not fed:
            steps.append(b.START_MS + at)
        else:
            steps.append(fed[-1])
    return [*steps, b.START_MS + at + 2 * 3_600_000]


def take(of: Engine, step: Step) -> list[Output | str]:
    """What one step gives; an event that is refused gives its reason."""
    try:
        return list(of.advance(step) if isinstance(step, int) else of.feed(step))
    except InvalidEvent as invalid:
        return [f"{invalid.reason}: {invalid.detail}"]


def as_bytes(outputs: list[Output | str]) -> list[bytes]:
    """The outputs as they travel."""
    return [o.encode() if isinstance(o, str) else encode(o) for o in outputs]  # type: ignore[arg-type]
