"""Interactions that aim at the traps of docs/clocks.md: made by a seed, or by hypothesis.

`interaction` is fast and needs only a `random.Random`; the strategies draw single steps, so that
hypothesis can shrink a failure to the events that matter. Both take their events from one table.
"""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType

from schemas import events as e
from schemas.codec import from_ms, to_ms

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
DAY = 24 * HOUR
MAX_EVENTS = 40

STARTS_MS = (
    1_772_413_200_000,  # 2026-03-02T01:00Z, a Monday, 09:00 in Shanghai
    1_772_459_940_000,  # 2026-03-02T13:59Z, a minute before 22:00 in Shanghai
    1_772_495_970_000,  # 2026-03-02T23:59:30Z, half a minute before 08:00 in Shanghai
    1_772_424_000_000,  # 2026-03-02T04:00Z, noon in Shanghai
    1_772_953_200_000,  # 2026-03-08T07:00Z, New York goes from 02:00 to 03:00
    1_772_949_600_000,  # 2026-03-08T06:00Z, an hour before
    1_793_512_800_000,  # 2026-11-01T06:00Z, New York has 01:00 for the second time
    1_793_509_200_000,  # 2026-11-01T05:00Z, and for the first time
    1_771_032_600_000,  # 2026-02-14T01:30Z, a Saturday that is worked (调休)
    1_771_120_800_000,  # 2026-02-15T02:00Z, the first day of the Spring Festival's holiday
    1_771_836_600_000,  # 2026-02-23T08:50Z, its last day
    1_772_244_000_000,  # 2026-02-28T02:00Z, a Saturday that is worked
)
"""Where interactions begin, give or take."""

SECONDS = (30, 30, 30, 120, 120, 120, 210, 210, 210, 15, 60, 150, 180, 24, 96, 7200, 28800, 86400)
LIMITS_MS = tuple(seconds * SECOND for seconds in SECONDS)
"""Targets and warnings that config/sla.yaml has; those of the brief (30, 120, 210 s) most often."""
NEAR_LIMITS_MS = tuple(limit + off for limit in set(LIMITS_MS) for off in (-1, 0, 1))
GAPS_MS = (0, 1, 999, SECOND, 10 * MINUTE, 9 * HOUR, 3 * DAY, *sorted(NEAR_LIMITS_MS))

PLEASANTRIES = ("好的", "谢谢", "[微笑]", "ok", "OK！", "好的，谢谢", "嗯嗯", "收到")
QUESTIONS = ("在吗？我的订单呢", "谢谢，那运费呢？", "还没有收到", "ok?", "", None)
DIMENSIONS: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("channel", ("wechat", "phone", "hotline", "web")),
    ("queue", ("sales", "complaints", "vip")),
    ("priority", ("P1", "P2", "P3", "P4")),
    ("segment", ("vip", "under25", None)),
    ("tenant", ("acme", "globex")),
)
SEQUENCES: tuple[int | str | UnsetType | None, ...] = (
    0, 1, 2, 3, 7, 4_294_967_295, 4_294_967_296, -1, "7", "later", None, UNSET,
)  # fmt: skip


class Kind(NamedTuple):
    """One thing that can happen: its event, its data and the fields that make it this thing."""

    event: type[Any]
    data: type[Any]
    fields: dict[str, Any]
    plain: Struct
    anchors: bool


def _kind(event: type[Any], *, anchors: bool = False, **fields: Any) -> Kind:
    data = event.__annotations__["data"]
    return Kind(event, data, fields, data(**fields), anchors)


def _says(role: str, text: str | None, **fields: Any) -> Kind:
    return _kind(e.ConversationMessage, anchors=role == "customer", role=role, text=text, **fields)


CHAT: dict[str, list[Kind]] = {
    "opened": [_kind(e.ConversationOpened, anchors=True)],
    "campaign": [_kind(e.ConversationOpened, campaign=True)],
    "asks": [_says("customer", text) for text in QUESTIONS]
    + [_says("customer", None, content_type="image")],
    "thanks": [_says("customer", text) for text in PLEASANTRIES],
    "answers": [_says("agent", text) for text in ("您好，我来看一下", "已经发货", "好的", None)],
    "bot": [_says("bot", "您好，我是小助手"), _says("bot", "请稍等", auto=True)],
    "other": [
        _says("agent", "客户很急", private=True),
        _says("agent", "您的消息已收到", auto=True),
        _says("agent", "自动便签", auto=True, private=True),
        _says("customer", "内部转录", private=True),
        _says("bot", "意图：退款", private=True),
        _says("system", "坐席已加入"),
    ],
    "assigned": [
        _kind(e.ConversationAssigned, anchors=True, agent_id=agent) for agent in ("a1", "a2")
    ],
    "requeued": [_kind(e.ConversationTransferred, anchors=True, kind="queue")]
    + [
        _kind(e.ConversationTransferred, anchors=True, kind="queue", to_queue=queue)
        for queue in ("complaints", "vip")
    ],
    "handed": [
        _kind(e.ConversationTransferred, kind="warm", to_agent_id="a2"),
        _kind(e.ConversationTransferred, kind="blind", to_queue="complaints"),
        _kind(e.ConversationTransferred, kind="warm", to_queue="sales"),
    ],
    "waits customer": [_kind(e.ConversationPaused, reason="customer")],
    "waits third": [_kind(e.ConversationPaused, reason="third_party")],
    "back customer": [_kind(e.ConversationResumed, reason="customer")],
    "back third": [_kind(e.ConversationResumed, reason="third_party")],
    "node": [
        _kind(e.ConversationNode, node=node)
        for node in ("intake", "triage", "handling", "feedback", "follow_up", "follow_up")
    ],
    "resolved": [_kind(e.ConversationResolved)],
    "reopened": [_kind(e.ConversationReopened, anchors=True)],
    "closed": [
        _kind(e.ConversationClosed, anchors=True, by=by) for by in ("system", "agent", "customer")
    ],
    "rated": [_kind(e.ConversationRated, score=5), _kind(e.ConversationRated, score=1)],
}
CHAT_MOTIFS = [
    motif.split(", ")
    for motif in (
        "opened",
        "opened, assigned, asks, answers",
        "opened, bot, asks, bot, requeued, assigned, answers",
        "campaign, asks, answers",
        "asks",
        "asks, answers",
        "answers, asks",
        "asks, asks, asks, asks, asks, answers",
        "asks, answers, thanks",
        "thanks, asks",
        "asks, other, bot, answers",
        "other",
        "thanks",
        "assigned, answers",
        "assigned, assigned",
        "asks, handed, requeued, answers",
        "requeued, closed",
        "asks, waits customer, back customer, answers",
        "waits customer, waits third, back customer, back third",
        "waits customer, waits customer, asks, back customer",
        "waits third",
        "back third, back customer",
        "node",
        "resolved",
        "resolved, resolved",
        "resolved, asks, answers",
        "resolved, asks, resolved, asks",
        "resolved, reopened",
        "asks, resolved, reopened, answers",
        "resolved, closed, rated, node",
        "closed, asks, reopened, answers",
        "closed, thanks, asks, asks, reopened",
        "closed, asks, answers, asks, reopened",
        "closed, answers, rated",
        "resolved, asks, closed, asks, reopened, asks",
        "closed, reopened, assigned",
        "reopened",
        "closed",
        "rated",
        "waits customer, resolved, reopened",
        "assigned, resolved, asks, assigned, answers",
    )
]
CALL: dict[str, list[Kind]] = {
    "queued": [_kind(e.CallQueued, anchors=True)],
    "answered": [_kind(e.CallAnswered, anchors=True, agent_id=agent) for agent in ("a1", "a2")],
    "says": [
        _kind(e.CallUtterance, role=role, start_ms=0, end_ms=900, text=text)
        for role, text in (("customer", "喂"), ("agent", "您好"), ("bot", "请按一"))
    ],
    "hold": [_kind(e.CallHold, anchors=True)],
    "retrieved": [_kind(e.CallRetrieved)],
    "requeued": [
        _kind(e.CallTransferred, anchors=True, kind="queue"),
        _kind(e.CallTransferred, anchors=True, kind="queue", to_queue="vip"),
    ],
    "handed": [
        _kind(e.CallTransferred, kind="warm", to_agent_id="a2"),
        _kind(e.CallTransferred, kind="blind", to_queue="complaints"),
    ],
    "ended": [
        _kind(e.CallEnded, anchors=True, cause=cause)
        for cause in (
            "normal", "abandoned", "dropped", "timeout", "error", "voicemail", "callback",
        )
    ],
    "wrapped": [_kind(e.CallWrapUpEnded)],
}  # fmt: skip
CALL_MOTIFS = [
    motif.split(", ")
    for motif in (
        "queued, answered, says, says, ended, wrapped",
        "queued, answered",
        "queued",
        "queued, ended",
        "queued, queued",
        "answered, answered",
        "says",
        "hold, retrieved",
        "hold, hold, retrieved",
        "hold",
        "hold, answered",
        "requeued, answered",
        "hold, requeued, hold, answered",
        "handed",
        "hold, queued, answered",
        "retrieved",
        "ended",
        "ended, wrapped",
        "wrapped, ended",
        "ended, ended, queued",
        "answered, ended",
    )
]


# --- by a seed -----------------------------------------------------------------------------------


def interaction(random: Random, name: str) -> list[e.Event]:
    """A conversation or a call of 1 to 40 events, in the order of their times."""
    chance, pick = random.random, random.choice
    table, motifs = (CHAT, CHAT_MOTIFS) if chance() < 0.7 else (CALL, CALL_MOTIFS)
    wanted = 1 + int(chance() ** 2 * MAX_EVENTS)
    now = pick(STARTS_MS) + int(chance() * 3 * MINUTE)
    anchor, first = now, True
    dense = chance() < 0.2
    counts_up, odd_sequence = chance() < 0.1, chance() < 0.1
    named = 0.08 + 0.3 * (chance() < 0.3)
    found: list[e.Event] = []
    while len(found) < wanted:
        for key in pick(motifs):
            kind = pick(table[key])
            if not first:
                now = _next_time(random, now, anchor, dense)
            if kind.anchors or first:
                anchor, first = now, False
            data = kind.plain
            if chance() < named:
                data = kind.data(**kind.fields, **_some_dimensions(random))
            sequence: Any = UNSET
            if counts_up:
                sequence = len(found)
            elif odd_sequence:
                sequence = pick(SEQUENCES)
            found.append(
                kind.event(
                    id=f"{name}/{len(found)}",
                    source="s",
                    time=from_ms(now),
                    subject=name,
                    sequence=sequence,
                    data=data,
                )
            )
            if len(found) == wanted:
                break
    if len(found) > 1 and chance() < 0.05:
        # Two sources may use one id: these are two events.
        found[-1].id, found[-1].source = found[0].id, "t"
    return found


def _next_time(random: Random, now: int, anchor: int, dense: bool) -> int:
    chance = random.random()
    if dense:
        return now + (int(chance * 4) - 1 if chance > 0.5 else 0)
    if chance < 0.3:
        aimed = anchor + random.choice(LIMITS_MS) + int(chance * 10) - 1
        if aimed >= now:
            return aimed
    if chance < 0.42:
        return now
    if chance < 0.5:
        return now + 1
    if chance < 0.8:
        return now + int(random.random() * MINUTE)
    if chance < 0.93:
        return now + int(random.random() * 10) * MINUTE
    if chance < 0.98:
        return now + int(random.random() * 20 * HOUR)
    return now + int(random.random() * 5 * DAY)


def _some_dimensions(random: Random) -> dict[str, str | None]:
    return {name: random.choice(values) for name, values in DIMENSIONS if random.random() < 0.4}


def shuffled(random: Random, events: list[e.Event], lateness_ms: int) -> list[e.Event]:
    """An order of arrival: nothing arrives after an event more than `lateness_ms` newer."""
    share = random.choice((0.0, 0.1, 1.0, 1.0))
    delay = lateness_ms * share
    keyed = [(to_ms(event.time) + random.random() * delay, event) for event in events]
    return [event for _, event in sorted(keyed, key=lambda pair: pair[0])]


def duplicated(random: Random, events: list[e.Event]) -> list[e.Event]:
    """The same with four repeats for every ten events, soon after or much later."""
    found = list(events)
    for event in events:
        for _ in range(random.choice((0, 0, 0, 0, 0, 0, 0, 1, 1, 2))):
            at = found.index(event) + 1
            latest = len(found) if random.random() < 0.3 else min(len(found), at + 3)
            found.insert(random.randint(at, latest), event)
    return found


# --- by hypothesis -------------------------------------------------------------------------------

SEEDS = st.integers(0, 2**32)


@st.composite
def _interactions(draw: st.DrawFn, table: dict[str, list[Kind]], max_events: int) -> list[e.Event]:
    kinds = [kind for kinds in table.values() for kind in kinds]
    gap = st.one_of(st.sampled_from(GAPS_MS), st.integers(0, 2 * DAY))
    dimensions = st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(values) for name, values in DIMENSIONS}
    )
    step = st.tuples(
        gap,
        st.sampled_from(kinds),
        st.one_of(st.just({}), dimensions),
        st.one_of(st.just(UNSET), st.sampled_from(SEQUENCES)),
    )
    steps = draw(st.lists(step, min_size=1, max_size=max_events))
    start = draw(st.sampled_from(STARTS_MS))
    times = accumulate((gap for gap, *_ in steps), initial=start)
    return [
        kind.event(
            id=f"c1/{number}",
            source="s",
            time=from_ms(time),
            subject="c1",
            sequence=sequence,
            data=kind.data(**kind.fields, **named),
        )
        for number, (time, (_, kind, named, sequence)) in enumerate(zip(times, steps, strict=False))
    ]


def conversations(max_events: int = MAX_EVENTS) -> st.SearchStrategy[list[e.Event]]:
    """Conversations `c1` of single drawn steps, in the order of their times."""
    return _interactions(CHAT, max_events)


def calls(max_events: int = MAX_EVENTS) -> st.SearchStrategy[list[e.Event]]:
    """Calls `c1` of single drawn steps, in the order of their times."""
    return _interactions(CALL, max_events)


def interactions(max_events: int = MAX_EVENTS) -> st.SearchStrategy[list[e.Event]]:
    """Conversations, calls, and what `interaction` makes of a seed."""
    made = SEEDS.map(lambda seed: interaction(Random(seed), "c1"))
    return st.one_of(conversations(max_events), calls(max_events), made)


@st.composite
def arrivals(draw: st.DrawFn, lateness_ms: int) -> tuple[list[e.Event], list[e.Event]]:
    """An interaction in its order, and one order of its arrival with duplicates in it."""
    events = draw(interactions())
    random = Random(draw(SEEDS))
    return events, duplicated(random, shuffled(random, events, lateness_ms))
