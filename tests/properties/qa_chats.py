"""Hypothesis strategies: quality rules over all operators, and interactions to try them on."""

from hypothesis import strategies as st

from pipeline.qa.language.rule_set import Over, Tick
from pipeline.qa.language.values import End, Facts, Hold, Transfer, Turn

PIECES = [
    *(
        "您好",
        "没办法",
        "投诉",
        "抱歉",
        "稍等",
        "hi",
        "Hit",
        "ＯＫ",
        "嗯",
        "对的",
        "12315",
        "请",
        "再见",
    ),
    *(
        "[手机号]",
        "[订单号]",
        "订单号发一下",
        "手机号是多少",
        "我叫王小明",
        "您贵姓",
        "地址是北京路一号",
    ),
    *("感谢您的来电", "请问有什么可以帮您", "这边帮您查询一下", "请提供地址"),
    *("。", "！", "，", "\n", " ", "a" * 70),
]
WORDS = [
    "您好",
    "没办法",
    "投诉",
    "抱歉",
    "稍等",
    "hi",
    "ok",
    "没",
    "好",
    "12315",
    "请",
    "您",
    "再见",
]
SENTENCES = ["感谢您的来电", "请问有什么可以帮您", "这边帮您查询一下", "您好，请稍等", "没办法"]
PATTERNS = ["没.?办法", "(投诉|12315)+", "^您好", "h(i|a)", "好.{0,4}稍等", "a+$", "您|请"]
WHO = ["customer", "agent", "bot", "any"]

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True)
sentences = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3, unique=True)
small = st.integers(1, 4)
seconds = st.sampled_from([0, 0.5, 1, 2, 5, 10, 30])
share = st.sampled_from([0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0])


def settings_of(required: dict, optional: dict | None = None) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(required, optional=optional or {})


OPERATORS = {
    "keywords": st.one_of(
        settings_of({"any": words}),
        settings_of({"all": words}),
        settings_of({"none": words}),
        settings_of({"of": words, "at_least": small}),
    ),
    "must_say": settings_of({"any": words}),
    "must_not_say": settings_of({"any": words}),
    "must_speak": settings_of({}),
    "regex": settings_of(
        {"pattern": st.sampled_from(PATTERNS)}, {"exclude": st.sampled_from(PATTERNS)}
    ),
    "similarity": settings_of({"to": sentences}, {"at_least": share, "min_chars": small}),
    "off_script": settings_of({"script": sentences}, {"below": share, "min_chars": small}),
    "emptiness": settings_of({"templates": sentences}, {"at_least": share, "min_turns": small}),
    "repeat": settings_of(
        {},
        {
            "of": st.sampled_from(["own", "other"]),
            "similarity": share,
            "count": st.integers(1, 2),
            "min_chars": small,
            "exceptions": words,
        },
    ),
    "asked_again": settings_of(
        {},
        {
            "what": st.lists(
                st.sampled_from(["order_no", "phone", "name", "address"]), min_size=1, unique=True
            )
        },
    ),
    "silence": settings_of(
        {"over_seconds": seconds}, {"except_after": words, "excused_seconds": seconds}
    ),
    "speech_rate": st.one_of(
        settings_of({"above": st.integers(50, 400)}, {"min_chars": small}),
        settings_of({"below": st.integers(50, 400)}, {"min_chars": small}),
    ),
    "overtalk": settings_of(
        {}, {"after_seconds": seconds, "over_seconds": seconds, "except_words": words}
    ),
    "reply_gap": settings_of({"over_seconds": seconds}),
    "response_time": settings_of({"over_seconds": seconds}),
    "sentiment": st.one_of(
        settings_of({"below": share}),
        settings_of({"falling_by": share}),
        settings_of({"negative_turns": small}),
    ),
    "hang_up": st.one_of(
        settings_of({"by": st.just(["customer"])}),
        settings_of({"causes": st.just(["dropped", "error"])}, {"answered": st.booleans()}),
    ),
    "duration": st.one_of(
        settings_of({"over_seconds": seconds}), settings_of({"under_seconds": seconds})
    ),
    "turn_count": st.one_of(settings_of({"over": small}), settings_of({"under": small})),
    "transfers": settings_of({}, {"at_least": st.integers(1, 2)}),
    "hold": settings_of({"over_seconds": seconds}),
    "role_order": settings_of(
        {"roles": st.lists(st.sampled_from(WHO[:3]), min_size=1, max_size=3)}
    ),
    "script_steps": settings_of({"steps": st.lists(words, min_size=1, max_size=3)}),
    "personal_data": settings_of(
        {}, {"kinds": st.just(["phone"])}
    ),
}  # fmt: skip
OF_THE_WHOLE = {"reply_gap", "hang_up", "duration", "turn_count", "transfers", "hold"}


BUSY = ["keywords", "must_say", "regex", "reply_gap", "role_order", "sentiment", "transfers"]
"""Operators that hit often, so that rules made of several hit too."""


@st.composite
def operators(draw, labels: list[str], names: list[str]) -> dict:
    """One operator; its range may lie beside a hit of one of the labels, and it may get the next.

    `labels` grows with each label that is given, so that a range never refers to itself.
    """
    name = draw(st.sampled_from(names))
    leaf: dict = {name: draw(OPERATORS[name])}
    if draw(st.booleans()):
        leaf["who"] = draw(st.sampled_from(WHO))
    if name not in OF_THE_WHOLE:
        kind = draw(st.sampled_from(["none", "whole", "first", "last", "beside", "beside"]))
        if kind == "whole":
            leaf["range"] = "whole"
        elif kind in ("first", "last"):
            leaf["range"] = {kind: draw(small)}
        elif kind == "beside" and labels:
            side = draw(st.sampled_from(["before", "after", "around"]))
            how = draw(st.one_of(settings_of({"turns": small}), settings_of({"seconds": seconds})))
            leaf["range"] = {side: {"hit_of": draw(st.sampled_from(labels)), **how}}
    if draw(st.booleans()):
        labels.append(f"c{len(labels)}")
        leaf["label"] = labels[-1]
    return leaf


@st.composite
def conditions(draw, labels: list[str], names: list[str], depth: int = 3) -> dict:
    kind = draw(st.sampled_from(["leaf", "leaf", "all", "any", "not"])) if depth else "leaf"
    if kind == "leaf":
        return draw(operators(labels, names))
    if kind == "not":
        return {"not": draw(conditions(labels, names, depth - 1))}
    count = draw(st.integers(1, 3))
    return {kind: [draw(conditions(labels, names, depth - 1)) for _ in range(count)]}


@st.composite
def all_of_busy(draw, labels: list[str]) -> dict:
    """Several conditions that must all hold, each of which often does."""
    count = draw(st.integers(2, 3))
    return {"all": [draw(conditions(labels, BUSY, 1)) for _ in range(count)]}


@st.composite
def rules(draw, count: int = 3) -> list[dict]:
    return [
        {
            "id": f"r{number}",
            "name": "a rule",
            "name_zh": "规则",
            "severity": "minor",
            "points": 1,
            "speaks_of": "agent",
            "when": draw(st.one_of(conditions([], sorted(OPERATORS)), all_of_busy([]))),
        }
        for number in range(draw(st.integers(1, count)))
    ]


@st.composite
def interactions(draw) -> tuple[list[Turn], Facts]:
    """An ended interaction: turns in order, and all facts."""
    is_call = draw(st.booleans())
    turns, now = [], 10_000
    for number in range(draw(st.integers(0, 12))):
        now += draw(st.sampled_from([0, 1, 500, 1_000, 2_000, 5_001, 20_000]))
        start = end = None
        if is_call and draw(st.integers(0, 9)):
            end = now - 5_000
            start = max(0, end - draw(st.sampled_from([0, 800, 2_000, 4_500, 9_000])))
        text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=4)))
        role = draw(st.sampled_from(["customer", "customer", "agent", "agent", "bot", "system"]))
        scored = role == "customer" and draw(st.integers(0, 3))
        score = draw(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.8, 1.0])) if scored else None
        label = None if score is None else ("negative" if score < 0.4 else "neutral")
        shown = {"[手机号]": "phone", "[订单号]": "order_no"}
        kinds = {kind for place, kind in shown.items() if place in text}
        if not draw(st.integers(0, 9)):
            kinds.add(draw(st.sampled_from(["phone", "landline", "email"])))
        turns.append(
            Turn(
                event_id=f"e{number}",
                order=(now, number, 3, b""),
                time_ms=now,
                role=role,
                text=text,
                start_ms=start,
                end_ms=end,
                score=score,
                label=label,
                private=not draw(st.integers(0, 9)),
                auto=role == "agent" and not draw(st.integers(0, 5)),
                kinds=tuple(sorted(kinds)),
                response_ms=draw(st.sampled_from([None, 400, 1_000, 7_000])),
            )
        )
    times = st.integers(9_000, now + 3_000)
    transfers = sorted(draw(st.lists(times, max_size=3)))
    holds = []
    for number, start in enumerate(sorted(draw(st.lists(times, max_size=2)))):
        lasted = draw(st.sampled_from([None, 300, 3_000, 12_000]))
        holds.append(Hold(f"h{number}", start, None if lasted is None else start + lasted))
    last = max([now, *transfers, *(hold.end_ms or hold.start_ms for hold in holds)])
    end = None
    if draw(st.integers(0, 5)):
        time_ms = last + draw(st.sampled_from([0, 1, 2_000, 40_000]))
        party = draw(st.sampled_from(["customer", "agent", "system"]))
        end = End("end", time_ms, party, draw(st.sampled_from([None, "normal", "dropped"])))
    facts = Facts(
        kind="call" if is_call else "conversation",
        opened_id=draw(st.sampled_from(["", "opened"])),
        opened_ms=draw(st.sampled_from([None, 8_000])),
        transfers=tuple(Transfer(f"t{i}", time) for i, time in enumerate(transfers)),
        holds=tuple(holds),
        end=end,
    )
    return turns, facts


def facts_at(facts: Facts, time_ms: int) -> Facts:
    """What of the facts is known at that time."""
    return Facts(
        kind=facts.kind,
        opened_id=facts.opened_id,
        opened_ms=facts.opened_ms,
        transfers=tuple(one for one in facts.transfers if one.time_ms <= time_ms),
        holds=tuple(
            Hold(
                one.event_id,
                one.start_ms,
                one.end_ms if one.end_ms is not None and one.end_ms <= time_ms else None,
            )
            for one in facts.holds
            if one.start_ms <= time_ms
        ),
        end=facts.end if facts.end is not None and facts.end.time_ms <= time_ms else None,
    )


@st.composite
def live(draw, turns: list[Turn], facts: Facts) -> list[tuple[Turn | Tick | Over, Facts]]:
    """The interaction as it happens: turns, facts as they become known, and ticks anywhere."""
    moments = [(turn.time_ms, 0, turn) for turn in turns]
    changes = [one.time_ms for one in facts.transfers]
    for hold in facts.holds:
        changes += [hold.start_ms] if hold.end_ms is None else [hold.start_ms, hold.end_ms]
    moments += [(time_ms, 1, None) for time_ms in changes]
    if facts.end is not None:
        moments.append((facts.end.time_ms, 2, None))
    moments.sort(key=lambda moment: moment[:2])
    steps: list = []
    before = moments[0][0] if moments else 0
    known = before - 1
    ticked = 0
    for time_ms, _, turn in moments:
        for tick in sorted(draw(st.lists(st.integers(before, time_ms), max_size=2))):
            ticked = max(ticked, tick)
            steps.append((Tick(tick), facts_at(facts, known)))
        steps.append((turn or Tick(ticked), facts_at(facts, time_ms)))
        before = known = time_ms
    steps.append((Over(), facts))
    return steps
