"""Cases of docs/clocks.md, each a trap, computed by hand: what the clocks of these events must say.

Times are seconds from `START_MS`, 09:00 on a Monday in Shanghai. A case lists its events as
`SECONDS WHAT [FIELD=VALUE ...]` (`id`, `source`, `sequence`, or a field of the data); the id is
`WHAT@SECONDS` unless it is given. What is expected is one line for every instance of each clock
that `rules` names:

    CLOCK START END END_SECONDS ELAPSED OUTCOME DEADLINE [of TARGET] [abandoned]

with `-` for what there is not. `of` is needed only where several rules judge one clock. Clocks that
no rule names may do what they like. The words are those of `tests.oracle_clocks.Truth`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from schemas import events as e
from schemas.codec import from_ms, to_ms
from tests.oracle_clocks import Target, Truth

START_MS = 1_772_413_200_000
"""2026-03-02T01:00:00Z."""
SOURCE = "s"
PLEASANTRIES = ("好的", "谢谢", "[微笑]", "ok")

CALENDARS: dict[str, dict[str, Any]] = {
    "office": {"weekly": {"mon-fri": ["09:00-12:00", "13:30-18:00"]}, "holidays": "china"},
    "night": {"weekly": {"mon-sun": ["01:00-04:00"]}, "timezone": "America/New_York"},
}
"""The calendars that cases name, as config/sla.yaml writes them; their zone is Asia/Shanghai."""
OPEN_SECONDS: dict[str, tuple[tuple[int, int], ...]] = {
    "office": (
        (-1_382_400, -1_371_600),  # Sat 2026-02-14, worked for the Spring Festival: morning
        (-1_366_200, -1_350_000),  # and afternoon; then closed from the 15th to the 23rd
        (-518_400, -507_600),  # Tue 2026-02-24
        (-502_200, -486_000),
        (0, 10_800),  # Mon 2026-03-02
        (16_200, 32_400),
    ),
    "night": (
        (536_400, 543_600),  # Sun 2026-03-08: an hour is missing, 06:00Z to 08:00Z
        (21_096_000, 21_110_400),  # Sun 2026-11-01: an hour comes twice, 05:00Z to 09:00Z
    ),
}
"""When those are open, worked out by hand, on the days that cases touch."""


class Rule(NamedTuple):
    """A policy of one clock; the first rule of the clock whose dimensions agree is the one."""

    clock: str
    target: Target | None
    when: dict[str, str]


class Case(NamedTuple):
    """One trap: events in their order of arrival, and what must be true in the end."""

    name: str
    trap: str
    events: tuple[e.Event, ...]
    rules: tuple[Rule, ...]
    truths: tuple[Truth, ...]
    tick_ms: int
    warned: tuple[tuple[str, str, int, int], ...] | None
    """(clock, id of the start, warning in counted ms, instant in ms); None: not looked at."""
    talk_ms: int | None

    def target_of(self, clock: str, dims: dict[str, str | None]) -> Target | None:
        """The target of the first rule that agrees; None where nothing is said."""
        for rule in self.rules:
            if rule.clock == clock and all(dims[k] == v for k, v in rule.when.items()):
                return rule.target
        return None

    @property
    def clocks(self) -> frozenset[str]:
        """The clocks that this case speaks of."""
        return frozenset(rule.clock for rule in self.rules)


def open_intervals(calendar: str, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """When a calendar of `CALENDARS` is open within [start, end), on the days of the cases."""
    spans = ((ms(opens), ms(closes)) for opens, closes in OPEN_SECONDS[calendar])
    clipped = ((max(opens, start_ms), min(closes, end_ms)) for opens, closes in spans)
    return [(opens, closes) for opens, closes in clipped if opens < closes]


def is_pleasantry(text: str | None) -> bool:
    """Whether this is one of the words that cases use."""
    return text in PLEASANTRIES


def ms(seconds: float | str) -> int:
    """The instant so many seconds after the start, in milliseconds since 1970."""
    return START_MS + round(float(seconds) * 1000)


# --- how a case is written -----------------------------------------------------------------------

WHAT: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "opened": (e.ConversationOpened, {}),
    "campaign": (e.ConversationOpened, {"campaign": True}),
    "asks": (e.ConversationMessage, {"role": "customer", "text": "在吗？我的订单呢"}),
    "image": (e.ConversationMessage, {"role": "customer", "content_type": "image"}),
    "thanks": (e.ConversationMessage, {"role": "customer", "text": "好的"}),
    "smiles": (e.ConversationMessage, {"role": "customer", "text": "[微笑]"}),
    "ok": (e.ConversationMessage, {"role": "customer", "text": "ok"}),
    "answers": (e.ConversationMessage, {"role": "agent", "text": "您好，我来看一下"}),
    "note": (e.ConversationMessage, {"role": "agent", "text": "客户很急", "private": True}),
    "auto": (e.ConversationMessage, {"role": "agent", "text": "消息已收到", "auto": True}),
    "bot": (e.ConversationMessage, {"role": "bot", "text": "我是小助手"}),
    "bot-note": (e.ConversationMessage, {"role": "bot", "text": "意图：退款", "private": True}),
    "system": (e.ConversationMessage, {"role": "system", "text": "坐席已加入"}),
    "assigned": (e.ConversationAssigned, {"agent_id": "a1"}),
    "warm": (e.ConversationTransferred, {"kind": "warm"}),
    "requeued": (e.ConversationTransferred, {"kind": "queue"}),
    "waits-customer": (e.ConversationPaused, {"reason": "customer"}),
    "waits-third": (e.ConversationPaused, {"reason": "third_party"}),
    "back-customer": (e.ConversationResumed, {"reason": "customer"}),
    "back-third": (e.ConversationResumed, {"reason": "third_party"}),
    "triage": (e.ConversationNode, {"node": "triage"}),
    "follow-up": (e.ConversationNode, {"node": "follow_up"}),
    "resolved": (e.ConversationResolved, {}),
    "reopened": (e.ConversationReopened, {}),
    "closed": (e.ConversationClosed, {}),
    "rated": (e.ConversationRated, {"score": 5}),
    "queued": (e.CallQueued, {}),
    "answered": (e.CallAnswered, {"agent_id": "a1"}),
    "says": (
        e.CallUtterance,
        {"role": "customer", "start_ms": 0, "end_ms": 900, "text": "喂"},
    ),
    "hold": (e.CallHold, {}),
    "retrieved": (e.CallRetrieved, {}),
    "call-requeued": (e.CallTransferred, {"kind": "queue"}),
    "call-warm": (e.CallTransferred, {"kind": "warm"}),
    "ended": (e.CallEnded, {}),
    "wrapped": (e.CallWrapUpEnded, {}),
}
ENVELOPE = ("id", "source", "sequence")


def T(  # noqa: N802 - a target, short because every case has some
    seconds: float, *, warn: tuple[int, ...] = (), calendar: str | None = None, pauses: str = ""
) -> Target:
    """A target and its warnings, in seconds; `pauses` are reasons with spaces between."""
    warnings = tuple(second * 1000 for second in warn)
    return Target(round(seconds * 1000), warnings, calendar, frozenset(pauses.split()))


def case(
    name: str,
    trap: str,
    events: str,
    expected: Iterable[str],
    *,
    tick: float = 100_000_000,
    warned: Iterable[str] | None = None,
    talk: float | None = None,
    rules: Iterable[tuple[str, Target | None, dict[str, str]]] = (),
    **targets: Target | None,
) -> Case:
    """Read a case: events by `;`, rules with dimensions first, then one target for a clock."""
    made = tuple(_event(text) for text in events.split(";"))
    starts = {(event.source, event.id): to_ms(event.time) for event in made}
    every = (
        *(Rule(*rule) for rule in rules),
        *(Rule(clock, target, {}) for clock, target in targets.items()),
    )
    return Case(
        name,
        trap,
        made,
        every,
        tuple(_truth(line, starts, every) for line in expected),
        ms(tick),
        None if warned is None else tuple(_warning(line) for line in warned),
        None if talk is None else round(talk * 1000),
    )


def _event(text: str) -> e.Event:
    seconds, what, *pairs = text.split()
    fields: dict[str, Any] = dict(pair.split("=") for pair in pairs)
    cls, data = WHAT[what]
    envelope = {key: fields.pop(key) for key in ENVELOPE if key in fields}
    if "sequence" in envelope:
        envelope["sequence"] = int(envelope["sequence"])
    event: e.Event = cls(
        **{"id": f"{what}@{seconds}", "source": SOURCE, **envelope},
        time=from_ms(ms(seconds)),
        subject="c1",
        data=cls.__annotations__["data"](**{**data, **fields}),
    )
    return event


def _truth(line: str, starts: dict[tuple[str, str], int], rules: tuple[Rule, ...]) -> Truth:
    clock, start, end, end_s, elapsed_s, outcome, deadline_s, *rest = line.split()
    source, _, event_id = start.rpartition(":")
    key = (source or SOURCE, event_id)
    target: float | None
    if "of" in rest:
        target = float(rest[rest.index("of") + 1]) * 1000
    else:
        (found,) = {rule.target for rule in rules if rule.clock == clock}
        target = None if found is None else found.target_ms
    return Truth(
        clock,
        *key,
        starts[key],
        end,
        None if end_s == "-" else ms(end_s),
        round(float(elapsed_s) * 1000),
        outcome,
        None if target is None else round(target),
        None if deadline_s == "-" else ms(deadline_s),
        "abandoned" in rest,
    )


def _warning(line: str) -> tuple[str, str, int, int]:
    clock, start, warning_s, at_s = line.split()
    return clock, start, round(float(warning_s) * 1000), ms(at_s)


# --- the cases: waiting for a response -----------------------------------------------------------

RESPONSES = [
    case(
        "a second customer message does not reset the wait",
        "measuring from the newest question makes 111 s of 211 s",
        "0 asks; 100 asks; 211 answers",
        ["first_response asks@0 stopped 211 211 breached 210"],
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "five customer messages in a row are one wait",
        "a wait for every message",
        "0 asks; 1 asks; 2 asks; 3 asks; 4 asks; 210 answers",
        [
            "first_response asks@0 stopped 210 210 met 210",
            "long_wait asks@0 stopped 210 210 met -",
        ],
        first_response=T(210),
        next_response=T(210),
        long_wait=T(7200),
    ),
    case(
        "exactly on the limit is on time",
        "comparing with at least instead of more than",
        "0 asks; 30 answers",
        ["first_response asks@0 stopped 30 30 met 30"],
        first_response=T(30),
    ),
    case(
        "a millisecond over the limit is late",
        "rounding to seconds",
        "0 asks; 30.001 answers",
        ["first_response asks@0 stopped 30.001 30.001 breached 30"],
        first_response=T(30),
    ),
    case(
        "a millisecond under the limit is on time",
        "rounding up",
        "0 asks; 29.999 answers",
        ["first_response asks@0 stopped 29.999 29.999 met -"],
        first_response=T(30),
    ),
    case(
        "a late answer before the next tick is still a breach",
        "judging only when a tick comes",
        "0 asks; 31 answers",
        ["first_response asks@0 stopped 31 31 breached 30"],
        tick=20,
        first_response=T(30),
    ),
    case(
        "a wait whose deadline is the newest tick is late",
        "comparing the deadline with before instead of at or before",
        "0 asks",
        ["first_response asks@0 running - 30 breached 30"],
        tick=30,
        first_response=T(30),
    ),
    case(
        "a wait whose deadline is a millisecond after the newest tick is running",
        "the same, from the other side",
        "0 asks",
        ["first_response asks@0 running - 29.999 running 30"],
        tick=29.999,
        first_response=T(30),
    ),
    case(
        "a bot is not a response",
        "any message that is not the customer's stops the wait",
        "0 asks; 1 bot; 31 answers",
        ["first_response asks@0 stopped 31 31 breached 30"],
        first_response=T(30),
    ),
    case(
        "a private note is not a response",
        "a message of role agent stops the wait",
        "0 asks; 5 note",
        ["first_response asks@0 running - 31 breached 30"],
        tick=31,
        first_response=T(30),
    ),
    case(
        "an automatic reply is not a response",
        "a message of role agent stops the wait",
        "0 asks; 1 auto; 20 answers",
        ["first_response asks@0 stopped 20 20 met -"],
        first_response=T(30),
    ),
    case(
        "a notice of the system is not a response",
        "anything said by our side stops the wait",
        "0 asks; 1 system; 40 answers",
        ["first_response asks@0 stopped 40 40 breached 30"],
        first_response=T(30),
    ),
    case(
        "a closing pleasantry after an answer opens no wait",
        "the conversation breaches after the customer's thanks",
        "0 asks; 10 answers; 20 thanks; 21 smiles; 22 ok",
        ["first_response asks@0 stopped 10 10 met -"],
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "a pleasantry before any answer is a question",
        "dropping a customer's first word 好的",
        "0 thanks",
        ["first_response thanks@0 running - 100 running 210"],
        tick=100,
        first_response=T(210),
    ),
    case(
        "a pleasantry with a question opens a wait",
        "looking for a pleasantry inside a text",
        "0 asks; 10 answers; 20 asks text=谢谢，运费呢",
        [
            "first_response asks@0 stopped 10 10 met -",
            "next_response asks@20 running - 80 running 230",
        ],
        tick=100,
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "an image without text is no pleasantry",
        "taking no words for no question",
        "0 asks; 10 answers; 20 image; 25 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "next_response image@20 stopped 25 5 met -",
        ],
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "a pleasantry after an answer of an earlier cycle is one still",
        "the memory of the human ends with the cycle, and a late thank you begins another",
        "0 asks; 10 answers; 20 resolved; 3600 thanks",
        ["first_response asks@0 stopped 10 10 met -"],
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "a pleasantry in the millisecond of the first answer comes before it",
        "order of arrival decides what is a pleasantry",
        "10 answers; 10 thanks",
        ["first_response thanks@10 stopped 10 0 met -"],
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "an answer before the question does not answer it",
        "the first human message of the conversation ends the wait, with a negative time",
        "0 answers; 10 asks",
        ["first_response asks@10 running - 90 running 220"],
        tick=100,
        first_response=T(210),
        next_response=T(210),
    ),
]

# --- order, identity, dimensions -----------------------------------------------------------------

ORDER = [
    case(
        "a question and its answer in one millisecond are in that order",
        "order of arrival at equal times",
        "5 answers; 5 asks",
        ["first_response asks@5 stopped 5 0 met -"],
        first_response=T(210),
        next_response=T(210),
    ),
    case(
        "a sequence goes before the rank of the type",
        "the rank turns round what the source has numbered",
        "5 answers sequence=1; 5 asks sequence=2",
        ["first_response asks@5 running - 5 running 215"],
        tick=10,
        first_response=T(210),
    ),
    case(
        "a sequence beyond 32 bits counts as none",
        "any number is a sequence",
        "5 answers sequence=1; 5 asks sequence=4294967296",
        ["first_response asks@5 stopped 5 0 met -"],
        first_response=T(210),
    ),
    case(
        "an answer that arrives before its question answers it",
        "order of arrival",
        "40 answers; 0 asks; 20 asks",
        ["first_response asks@0 stopped 40 40 breached 30"],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "a question that is delivered again after its answer opens no wait",
        "at-least-once delivery",
        "0 asks; 10 answers; 0 asks; 10 answers",
        ["first_response asks@0 stopped 10 10 met -"],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "the same id from another source is another event",
        "forgetting the source when repeats are recognised",
        "0 asks id=m; 10 answers; 20 asks id=m source=t; 25 answers",
        [
            "first_response m stopped 10 10 met -",
            "next_response t:m stopped 25 5 met -",
        ],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "a resume in the millisecond of its pause comes before it, so that the pause stands",
        "taking the two as they arrive",
        "0 asks; 10 waits-customer; 10 back-customer; 100 answers",
        ["first_response asks@0 stopped 100 10 met -"],
        first_response=T(30, pauses="customer"),
    ),
    case(
        "the policy of the start stays when the priority changes",
        "judging by the newest dimensions",
        "0 asks priority=P3; 10 triage priority=P1; 40 answers",
        ["first_response asks@0 stopped 40 40 met - of 210"],
        rules=[("first_response", T(30), {"priority": "P1"})],
        first_response=T(210),
    ),
    case(
        "a dimension that the starting event names chooses its policy",
        "judging by the dimensions before the event",
        "0 opened priority=P3; 5 asks priority=P1; 36 answers",
        ["first_response asks@5 stopped 36 31 breached 35 of 30"],
        rules=[("first_response", T(30), {"priority": "P1"})],
        first_response=T(210),
    ),
    case(
        "a dimension is remembered from whatever event named it",
        "an event without dimensions resets them",
        "0 rated segment=under25; 1 bot; 5 asks; 36 answers",
        ["first_response asks@5 stopped 36 31 breached 35 of 30"],
        rules=[("first_response", T(30), {"segment": "under25"})],
        first_response=T(210),
    ),
    case(
        "a transfer's to_queue is the queue of the wait that it starts",
        "queue, which is where the transfer comes from, wins",
        "0 opened queue=sales; 5 assigned; 10 requeued queue=sales to_queue=vip; 35 assigned",
        [
            "answer opened@0 stopped 5 5 met - of 60",
            "answer requeued@10 stopped 35 25 breached 30 of 20",
        ],
        rules=[("answer", T(20), {"queue": "vip"})],
        answer=T(60),
    ),
    case(
        "a warm transfer's to_queue counts too",
        "only a transfer of kind queue changes the queue",
        "0 warm to_queue=vip; 5 asks; 40 answers",
        ["first_response asks@5 stopped 40 35 breached 35 of 30"],
        rules=[("first_response", T(30), {"queue": "vip"})],
        first_response=T(210),
    ),
    case(
        "without a policy a wait is measured and nothing is said",
        "a default target",
        "0 asks; 5000 answers",
        ["first_response asks@0 stopped 5000 5000 measured -"],
        first_response=None,
    ),
    case(
        "a warm transfer does not reset a wait",
        "a new agent gets a new clock",
        "0 opened; 0 asks; 100 warm; 211 answers",
        [
            "answer opened@0 stopped 211 211 breached 60",
            "first_response asks@0 stopped 211 211 breached 210",
        ],
        answer=T(60),
        first_response=T(210),
    ),
    case(
        "a transfer to a queue starts a wait for an agent and does not reset the response",
        "a new queue gets a new response clock",
        "0 asks; 100 requeued; 150 assigned; 211 answers",
        [
            "first_response asks@0 stopped 211 211 breached 210",
            "answer requeued@100 stopped 150 50 met -",
        ],
        answer=T(60),
        first_response=T(210),
    ),
]

# --- pauses --------------------------------------------------------------------------------------

PAUSES = [
    case(
        "two pauses inside one minute are taken off to the second",
        "counting pauses in whole minutes",
        "0 opened; 10 waits-customer; 20 back-customer; 30 waits-third; 45 back-third;125 resolved",
        ["resolution_total opened@0 stopped 125 100 met 125"],
        resolution_total=T(100, pauses="customer third_party"),
    ),
    case(
        "two pauses that overlap count once",
        "adding up the pauses, so that time is taken off twice",
        "0 opened; 10 waits-customer; 20 waits-third; 30 back-customer; 40 back-third;131 resolved",
        ["resolution_total opened@0 stopped 131 101 breached 130"],
        resolution_total=T(100, pauses="customer third_party"),
    ),
    case(
        "a reason that the policy does not name stops nothing",
        "any pause stops every clock",
        "0 asks; 10 waits-third; 31 answers",
        ["first_response asks@0 stopped 31 31 breached 30"],
        first_response=T(30, pauses="customer"),
    ),
    case(
        "a pause that stood before the wait began is taken off",
        "only pauses that begin within the wait",
        "0 opened; 5 waits-customer; 10 asks; 50 back-customer; 80 answers",
        ["first_response asks@10 stopped 80 30 met 80"],
        first_response=T(30, pauses="customer"),
    ),
    case(
        "a wait in pause has no deadline",
        "the deadline of before the pause",
        "0 asks; 10 waits-customer",
        ["first_response asks@0 running - 10 running -"],
        tick=10000,
        first_response=T(30, pauses="customer"),
    ),
    case(
        "a pause on a deadline comes too late to save it",
        "counting 30 s but calling it paused",
        "0 asks; 30 waits-customer",
        ["first_response asks@0 running - 30 breached 30"],
        tick=10000,
        first_response=T(30, pauses="customer"),
    ),
    case(
        "a pause that is said twice is ended by one resume",
        "counting how often a reason was given",
        "0 asks; 10 waits-customer; 12 waits-customer; 20 back-customer; 40 answers",
        ["first_response asks@0 stopped 40 30 met 40"],
        first_response=T(30, pauses="customer"),
    ),
    case(
        "a resume of one reason leaves the other standing",
        "any resume ends every pause",
        "0 asks; 10 waits-customer; 12 waits-third; 20 back-third; 100 back-customer; 110 answers",
        ["first_response asks@0 stopped 110 20 met -"],
        first_response=T(30, pauses="customer"),
    ),
    case(
        "resolving takes the pauses away",
        "a pause that is never resumed stops a clock for ever",
        "0 asks; 10 waits-customer; 20 resolved; 40 answers",
        ["first_response asks@0 stopped 40 30 met 40"],
        first_response=T(30, pauses="customer"),
    ),
    case(
        "a pause of what is resolved is none",
        "pauses count whatever the status",
        "0 asks; 10 resolved; 12 waits-customer; 31 answers",
        ["first_response asks@0 stopped 31 31 breached 30"],
        first_response=T(30, pauses="customer"),
    ),
]

# --- cycles --------------------------------------------------------------------------------------

CYCLES = [
    case(
        "who asks again after the resolve gets a first response again, and then next ones",
        "a conversation has one first response in its life",
        "0 asks; 10 answers; 20 resolved; 30 asks; 50 answers; 60 asks; 65 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@30 stopped 50 20 met -",
            "next_response asks@60 stopped 65 5 met -",
        ],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "a second resolve ends the renewal",
        "only the first resolve of a conversation begins anything",
        "0 asks; 10 answers; 20 resolved; 30 asks; 40 answers; 50 resolved; 60 asks; 70 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@30 stopped 40 10 met -",
            "first_response asks@60 stopped 70 10 met -",
        ],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "an unanswered wait runs on through a resolve",
        "resolving without an answer makes a breach disappear",
        "0 asks; 20 resolved; 30 asks; 250 answers",
        [
            "first_response asks@0 stopped 250 250 breached 210",
            "long_wait asks@0 stopped 250 250 met -",
        ],
        first_response=T(210),
        next_response=T(210),
        long_wait=T(7200),
    ),
    case(
        "a reopening after a renewal does not begin another cycle",
        "every reopening begins a cycle",
        "0 asks; 10 answers; 20 resolved; 30 asks; 40 answers; 50 reopened; 60 asks; 70 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@30 stopped 40 10 met -",
            "next_response asks@60 stopped 70 10 met -",
        ],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "a reopened conversation has its own first response",
        "the wait after a reopening is a next response",
        "0 asks; 10 answers; 20 resolved; 30 reopened; 40 asks; 45 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@40 stopped 45 5 met -",
        ],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "a message after the close waits from its own time once it is reopened",
        "a wait from the reopening, or from the newest message",
        "0 asks; 10 answers; 20 closed; 100 asks; 110 asks; 200 reopened; 250 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@100 stopped 250 150 met -",
            "long_wait asks@0 stopped 10 10 met -",
            "long_wait asks@100 stopped 250 150 breached 220",
        ],
        first_response=T(210),
        next_response=T(210),
        long_wait=T(120),
    ),
    case(
        "a message after the close that is not reopened waits for nothing",
        "a clock on a closed conversation",
        "0 asks; 10 answers; 20 closed; 100 asks",
        ["first_response asks@0 stopped 10 10 met -"],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "thanks after the close are not held",
        "a reopening long after the customer's thanks breaches at once",
        "0 asks; 10 answers; 20 closed; 30 thanks; 5000 reopened",
        ["first_response asks@0 stopped 10 10 met -"],
        first_response=T(30),
        next_response=T(30),
    ),
    case(
        "a message after the close that was answered there is not held any more",
        "a reopening brings back a question that was answered",
        "0 asks; 10 answers; 20 closed; 100 asks; 150 answers; 200 reopened",
        [
            "first_response asks@0 stopped 10 10 met -",
            "follow_up closed@20 stopped 150 130 met -",
        ],
        first_response=T(30),
        next_response=T(30),
        follow_up=T(86400),
    ),
    case(
        "a held message is judged by its own dimensions",
        "the dimensions at the reopening",
        "0 asks; 10 answers; 20 closed; 100 asks priority=P1; 101 reopened priority=P3;140 answers",
        [
            "first_response asks@0 stopped 10 10 met - of 210",
            "first_response asks@100 stopped 140 40 breached 130 of 30",
        ],
        rules=[("first_response", T(30), {"priority": "P1"})],
        first_response=T(210),
    ),
    case(
        "closing cancels a wait that was in time",
        "a closed conversation breaches for ever, or is met",
        "0 asks; 100 closed",
        [
            "first_response asks@0 cancelled 100 100 cancelled -",
            "long_wait asks@0 cancelled 100 100 cancelled -",
        ],
        first_response=T(210),
        long_wait=T(7200),
    ),
    case(
        "closing a wait exactly on its limit says nothing",
        "at least instead of more than",
        "0 asks; 210 closed",
        ["first_response asks@0 cancelled 210 210 cancelled 210"],
        first_response=T(210),
    ),
    case(
        "closing does not excuse a wait that was late",
        "closing unanswered conversations to look good",
        "0 asks; 300 closed",
        ["first_response asks@0 cancelled 300 300 breached 210"],
        first_response=T(210),
    ),
    case(
        "a joined response runs from the first assignment to the first human word",
        "a second assignment resets it, or a bot stops it",
        "0 opened; 10 assigned; 20 assigned; 30 bot; 75 answers; 80 assigned",
        ["joined_response assigned@10 stopped 75 65 breached 70"],
        joined_response=T(60),
    ),
    case(
        "who answers before the assignment needs no joined response",
        "an assignment after the answer breaches",
        "0 opened; 5 answers; 10 assigned",
        ["answer opened@0 stopped 5 5 met -"],
        joined_response=T(60),
        answer=T(60),
    ),
]

# --- the whole matter, silence and following up --------------------------------------------------

MATTERS = [
    case(
        "reopening an old thread does not breach at once",
        "the days between resolve and reopening count",
        "0 opened; 100 resolved; 864000 reopened; 864050 resolved",
        [
            "resolution_first opened@0 stopped 100 100 met -",
            "resolution_total opened@0 stopped 864050 150 met -",
        ],
        resolution_first=T(86400),
        resolution_total=T(86400),
    ),
    case(
        "a reopened matter goes on where it stood",
        "a new instance, or one from the reopening",
        "0 opened; 100 resolved; 1000 reopened",
        ["resolution_total opened@0 running - 150 running 1100"],
        tick=1050,
        resolution_total=T(200),
    ),
    case(
        "a matter that was closed unresolved goes on when it is reopened",
        "the close ends it for ever",
        "0 opened; 50 closed; 500 reopened; 600 resolved",
        [
            "resolution_first opened@0 cancelled 50 50 cancelled -",
            "resolution_total opened@0 stopped 600 150 breached 570",
        ],
        resolution_first=T(120),
        resolution_total=T(120),
    ),
    case(
        "resolving twice is resolving once",
        "the newest resolve counts",
        "0 opened; 60 resolved; 90 resolved",
        [
            "resolution_first opened@0 stopped 60 60 met -",
            "resolution_total opened@0 stopped 60 60 met -",
        ],
        resolution_first=T(80),
        resolution_total=T(80),
    ),
    case(
        "closing what is resolved leaves it resolved in time",
        "the close cancels what has stopped",
        "0 opened; 60 resolved; 90 closed",
        [
            "resolution_first opened@0 stopped 60 60 met -",
            "resolution_total opened@0 stopped 60 60 met -",
        ],
        resolution_first=T(80),
        resolution_total=T(80),
    ),
    case(
        "a rating does not begin the matter",
        "the first event of whatever kind begins it",
        "0 rated; 10 asks",
        ["resolution_first asks@10 running - 30 running 110"],
        tick=40,
        resolution_first=T(100),
    ),
    case(
        "a bot's word begins the matter",
        "only the customer or the opening begins it",
        "0 bot; 10 asks; 101 resolved",
        ["resolution_first bot@0 stopped 101 101 breached 100"],
        resolution_first=T(100),
    ),
    case(
        "every human word begins a new silence while the matter is open",
        "silence from the opening only",
        "0 opened; 100 answers; 250 answers; 300 resolved",
        [
            "silent_progress opened@0 stopped 100 100 met -",
            "silent_progress answers@100 stopped 250 150 breached 220",
            "silent_progress answers@250 cancelled 300 50 cancelled -",
        ],
        silent_progress=T(120),
    ),
    case(
        "a bot, a note and the customer do not break the silence",
        "any message is progress",
        "0 opened; 50 bot; 60 note; 70 asks",
        ["silent_progress opened@0 running - 130 breached 120"],
        tick=130,
        silent_progress=T(120),
    ),
    case(
        "a human word after the resolve begins no silence, and a reopening does",
        "goodbyes of the agent start a clock that nobody stops",
        "0 opened; 10 resolved; 20 answers; 500 reopened; 550 closed",
        [
            "silent_progress opened@0 cancelled 10 10 cancelled -",
            "silent_progress reopened@500 cancelled 550 50 cancelled -",
        ],
        silent_progress=T(120),
    ),
    case(
        "a customer without an answer for two hours is a long wait",
        "a pleasantry or a bot in between begins the two hours anew",
        "0 asks; 3600 bot; 5000 asks",
        ["long_wait asks@0 running - 7200 breached 7200"],
        tick=7200,
        long_wait=T(7200),
    ),
    case(
        "a follow-up node stops the follow-up, and closing twice is closing once",
        "the newest close starts it",
        "0 asks; 10 answers; 20 closed; 30 closed; 40 triage; 100 follow-up",
        ["follow_up closed@20 stopped 100 80 met -"],
        follow_up=T(86400),
    ),
    case(
        "a rating does not stop the follow-up",
        "any event after the close is a follow-up",
        "0 asks; 10 closed; 30 rated; 40 asks",
        ["follow_up closed@10 running - 50 running 86410"],
        tick=60,
        follow_up=T(86400),
    ),
    case(
        "a reopening cancels the follow-up and the next close starts another",
        "one follow-up for every conversation",
        "0 asks; 10 closed; 110 reopened; 120 closed",
        [
            "follow_up closed@10 cancelled 110 100 breached 100",
            "follow_up closed@120 running - 30 running 210",
        ],
        tick=150,
        follow_up=T(90),
    ),
]

# --- waiting for an agent ------------------------------------------------------------------------

ANSWERS = [
    case(
        "a bot that takes over ends the wait for an agent, and nobody gave up",
        "the wait runs until the close and counts as abandoned",
        "0 opened; 5 bot; 60 closed",
        ["answer opened@0 cancelled 5 5 cancelled -"],
        answer=T(30),
    ),
    case(
        "what a bot writes to itself does not take over",
        "any message of role bot",
        "0 opened; 5 bot-note; 12 assigned",
        ["answer opened@0 stopped 12 12 met -"],
        answer=T(30),
    ),
    case(
        "a bot that hands over to the queue starts the wait for an agent again",
        "one wait for every conversation",
        "0 opened; 2 bot; 30 requeued; 45 requeued; 65 assigned",
        [
            "answer opened@0 cancelled 2 2 cancelled -",
            "answer requeued@30 stopped 65 35 breached 60",
        ],
        answer=T(30),
    ),
    case(
        "a conversation that closes in the queue was abandoned",
        "only calls are abandoned",
        "0 opened; 12 closed",
        ["answer opened@0 cancelled 12 12 cancelled - abandoned"],
        answer=T(30),
    ),
    case(
        "a conversation that the company began waits for no agent",
        "every opening is an offered conversation",
        "0 campaign; 60 closed",
        [],
        answer=T(30),
    ),
    case(
        "an opening that comes after the assignment starts no wait",
        "a late opening breaches",
        "0 assigned; 5 opened; 6 answers; 7 opened",
        [],
        answer=T(30),
    ),
]

# --- calls ---------------------------------------------------------------------------------------

CALLS = [
    case(
        "a caller who gives up was abandoned",
        "a cancelled wait is no wait",
        "0 queued; 12 ended cause=abandoned",
        ["answer queued@0 cancelled 12 12 cancelled - abandoned"],
        answer=T(30),
        after_call_work=T(180),
        talk=0,
    ),
    case(
        "who gives up late was abandoned and late",
        "an abandoned call is not judged",
        "0 queued; 40 ended cause=normal",
        ["answer queued@0 cancelled 40 40 breached 30 abandoned"],
        answer=T(30),
    ),
    case(
        "a callback is not an abandon",
        "whoever hangs up without an agent gave up",
        "0 queued; 40 ended cause=callback",
        ["answer queued@0 cancelled 40 40 breached 30"],
        answer=T(30),
    ),
    case(
        "a voicemail is not an abandon",
        "whoever hangs up without an agent gave up",
        "0 queued; 12 ended cause=voicemail",
        ["answer queued@0 cancelled 12 12 cancelled -"],
        answer=T(30),
    ),
    case(
        "a hold without a retrieve ends with the call",
        "a hold that runs for ever",
        "0 queued; 5 answered; 10 hold; 130 ended; 310 wrapped",
        [
            "answer queued@0 stopped 5 5 met -",
            "hold hold@10 stopped 130 120 met 130",
            "after_call_work ended@130 stopped 310 180 met 310",
        ],
        answer=T(30),
        hold=T(120),
        after_call_work=T(180),
        talk=5,
    ),
    case(
        "a wrap-up that ends before the call does not count",
        "after-call work of negative length, or none",
        "0 queued; 5 answered; 10 wrapped; 20 ended",
        ["after_call_work ended@20 running - 30 running 200"],
        tick=50,
        after_call_work=T(180),
        talk=15,
    ),
    case(
        "a wrap-up that ends with the call took no time",
        "the wrap-up is taken before the end",
        "0 answered; 20 wrapped; 20 ended",
        ["after_call_work ended@20 stopped 20 0 met -"],
        after_call_work=T(180),
        talk=20,
    ),
    case(
        "who goes back to the queue waits again and does not talk meanwhile",
        "one wait for every call; talk from the first answer to the end",
        "0 queued; 10 answered; 40 hold; 60 call-requeued; 62 hold; 100 answered; 160 ended",
        [
            "answer queued@0 stopped 10 10 met -",
            "hold hold@40 stopped 60 20 met -",
            "answer call-requeued@60 stopped 100 40 breached 90",
        ],
        answer=T(30),
        hold=T(120),
        talk=90,
    ),
    case(
        "a warm transfer of a call moves no clock",
        "any transfer is a new wait",
        "0 queued; 10 answered; 20 hold; 30 call-warm; 50 retrieved; 60 ended",
        [
            "answer queued@0 stopped 10 10 met -",
            "hold hold@20 stopped 50 30 met -",
        ],
        answer=T(30),
        hold=T(120),
        talk=20,
    ),
    case(
        "a call ends once",
        "the newest end starts the after-call work, and what is queued after the end waits",
        "0 queued; 5 answered; 20 ended; 30 ended; 35 queued; 40 wrapped",
        [
            "answer queued@0 stopped 5 5 met -",
            "after_call_work ended@20 stopped 40 20 met -",
        ],
        answer=T(30),
        after_call_work=T(180),
        talk=15,
    ),
    case(
        "a hold that is said twice is one hold, and two holds are two",
        "a new hold resets the first",
        "0 answered; 10 hold; 20 hold; 135 retrieved; 140 hold; 150 retrieved; 200 ended",
        [
            "hold hold@10 stopped 135 125 breached 130",
            "hold hold@140 stopped 150 10 met -",
        ],
        hold=T(120),
        talk=65,
    ),
    case(
        "a hold before the answer is none",
        "waiting music is hold",
        "0 queued; 5 hold; 10 answered; 20 says; 30 ended",
        ["answer queued@0 stopped 10 10 met -"],
        answer=T(30),
        hold=T(120),
        talk=20,
    ),
    case(
        "an answer after the end is none",
        "a call that was given up has after-call work",
        "0 queued; 10 ended cause=dropped; 20 answered; 25 hold; 30 wrapped",
        ["answer queued@0 cancelled 10 10 cancelled - abandoned"],
        answer=T(30),
        hold=T(120),
        after_call_work=T(180),
        talk=0,
    ),
    case(
        "an end in the millisecond of the answer comes after it",
        "order of arrival makes an abandon of an answered call",
        "0 queued; 30 ended; 30 answered",
        [
            "answer queued@0 stopped 30 30 met 30",
            "after_call_work ended@30 running - 20 running 210",
        ],
        tick=50,
        answer=T(30),
        after_call_work=T(180),
        talk=0,
    ),
]

# --- hours ---------------------------------------------------------------------------------------

HOURS = [
    case(
        "a lunch break does not count",
        "wall time where the policy says business time",
        "10740 asks; 16260 answers",  # 11:59 to 13:31
        ["first_response asks@10740 stopped 16260 120 met -"],
        first_response=T(210, calendar="office"),
    ),
    case(
        "a deadline is carried over the lunch break to the second",
        "a deadline within the break",
        "10740 asks; 16351 answers",  # a minute before the break, 2:31 after it
        ["first_response asks@10740 stopped 16351 211 breached 16350"],
        first_response=T(210, calendar="office"),
    ),
    case(
        "a target that is reached as the office closes is met by the first word after it",
        "the deadline slips to the opening, or the break makes it late",
        "10590 asks; 16200 answers",
        ["first_response asks@10590 stopped 16200 210 met 10800"],
        first_response=T(210, calendar="office"),
    ),
    case(
        "a question after hours waits from the opening",
        "the night counts",
        "11000 asks",  # 12:03:20, in the break
        ["first_response asks@11000 running - 100 running 16410"],
        tick=16300,
        first_response=T(210, calendar="office"),
    ),
    case(
        "a worked Saturday counts and the Spring Festival does not",
        "weekdays instead of the holidays of China",
        "-1350060 asks; -518340 answers",  # Sat 14 February 17:59 to Tue 24 February 09:01
        ["first_response asks@-1350060 stopped -518340 120 met -"],
        first_response=T(210, calendar="office"),
    ),
    case(
        "an hour that the clocks leave out does not count",
        "hours of the local clock instead of elapsed time",
        "536400 asks; 545400 answers",  # 01:00 EST to 04:30 EDT
        ["first_response asks@536400 stopped 545400 7200 met 543600"],
        first_response=T(7200, calendar="night"),
    ),
    case(
        "an hour that comes twice counts twice",
        "hours of the local clock instead of elapsed time",
        "21096000 asks; 21110400 answers",  # 01:00 EDT to 04:00 EST
        ["first_response asks@21096000 stopped 21110400 14400 breached 21106800"],
        first_response=T(10800, calendar="night"),
    ),
    case(
        "a pause in the lunch break is not taken off twice",
        "subtracting the pause and the break",
        "10740 asks; 10770 waits-customer; 16230 back-customer; 16380 answers",
        ["first_response asks@10740 stopped 16380 180 met -"],
        first_response=T(210, calendar="office", pauses="customer"),
    ),
]

# --- warnings ------------------------------------------------------------------------------------

WARNINGS = [
    case(
        "a wait that ends between its warnings was warned of once",
        "all warnings at the first, or none where it was met",
        "0 asks; 170 answers",
        ["first_response asks@0 stopped 170 170 met -"],
        first_response=T(210, warn=(150, 180)),
        warned=["first_response asks@0 150 150"],
    ),
    case(
        "a wait that ends before its warning was not warned of",
        "a warning for what is over",
        "0 asks; 149 answers",
        ["first_response asks@0 stopped 149 149 met -"],
        first_response=T(210, warn=(150, 180)),
        warned=[],
    ),
    case(
        "a pause moves the warnings",
        "warnings in wall time",
        "0 asks; 100 waits-customer; 200 back-customer; 300 answers",
        ["first_response asks@0 stopped 300 200 met -"],
        first_response=T(210, warn=(150, 180), pauses="customer"),
        warned=["first_response asks@0 150 250", "first_response asks@0 180 280"],
    ),
    case(
        "a held message that is late when it is known is not warned of",
        "warnings after the breach",
        "0 asks; 10 answers; 20 closed; 100 asks; 400 reopened; 500 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@100 stopped 500 400 breached 310",
        ],
        first_response=T(210, warn=(150, 180)),
        warned=[],
    ),
    case(
        "a held message in its last minute is warned of when it is known",
        "a warning instant that passed unseen is lost",
        "0 asks; 10 answers; 20 closed; 100 asks; 260 reopened; 290 answers",
        [
            "first_response asks@0 stopped 10 10 met -",
            "first_response asks@100 stopped 290 190 met -",
        ],
        first_response=T(210, warn=(150, 180)),
        warned=["first_response asks@100 150 260", "first_response asks@100 180 280"],
    ),
]

CASES = (
    *RESPONSES,
    *ORDER,
    *PAUSES,
    *CYCLES,
    *MATTERS,
    *ANSWERS,
    *CALLS,
    *HOURS,
    *WARNINGS,
)
