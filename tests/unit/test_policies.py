"""The shipped targets, who wins where several policies match, and every mistake of `sla.yaml`."""

from __future__ import annotations

import pytest

from agents.settings import load_config
from pipeline.policies import MAX_JUDGED, PolicyKey, Target
from pipeline.sla_file import SlaPolicy, parse_sla

SLA = load_config().sla
SMALL = """\
version: "small"
channels: [wechat, web, app]
calendars:
  day: {weekly: {mon-sun: ["08:00-22:00"]}}
  night: {weekly: {mon-sun: ["22:00-08:00"]}}
hours:
  - {when: {channel: wechat}, calendar: day}
policies:
  - name: all
    clocks: {answer: {target_seconds: 10}, hold: {target_seconds: 100}}
"""


def key(**dims: str) -> PolicyKey:
    return PolicyKey(*(dims.get(name) for name in PolicyKey._fields))


def small(*policies: str) -> SlaPolicy:
    """The small file with further policies, one line each."""
    return parse_sla(SMALL + "".join(f"  - {{{line}}}\n" for line in policies), "small.yaml")


def shipped(clock: str, **dims: str) -> Target:
    return SLA.policies.judge(key(**dims))[clock]


def seconds(clock: str, **dims: str) -> float:
    return shipped(clock, **dims).target_ms / 1000


@pytest.mark.parametrize("clock", ["first_response", "next_response"])
def test_an_ordinary_turn_warns_at_150_and_180_seconds_and_breaches_at_210(clock: str) -> None:
    target = shipped(clock, channel="wechat")
    assert (target.target_ms, target.warnings_ms) == (210_000, (150_000, 180_000))


@pytest.mark.parametrize(
    ("clock", "dims", "expected"),
    [
        ("joined_response", {}, 210),
        ("answer", {"channel": "phone"}, 30),
        ("answer", {"channel": "hotline"}, 30),
        ("long_wait", {}, 2 * 3600),
        ("first_response", {"segment": "under25"}, 120),
        ("first_response", {"segment": "vip"}, 210),
        ("first_response", {"priority": "P1"}, 30),
        ("first_response", {"priority": "P2"}, 210),
        ("first_response", {"priority": "P1", "segment": "under25"}, 30),
        ("resolution_total", {"queue": "complaints"}, 8 * 3600),
        ("silent_progress", {"queue": "complaints"}, 2 * 3600),
        ("follow_up", {"queue": "complaints"}, 24 * 3600),
        ("first_response", {"queue": "complaints", "priority": "P1"}, 30),
        ("first_response", {"queue": "complaints"}, 210),
    ],
)
def test_the_shipped_target_is_the_agreed_one(
    clock: str, dims: dict[str, str], expected: float
) -> None:
    assert seconds(clock, **dims) == expected


def test_a_plain_conversation_has_no_complaint_clocks() -> None:
    assert {"silent_progress", "follow_up"}.isdisjoint(SLA.policies.judge(key(channel="web")))


@pytest.mark.parametrize(
    ("channel", "calendar"),
    [("wechat", "wechat"), ("phone", "phone"), ("hotline", "hotline"), ("web", None)],
)
@pytest.mark.parametrize("others", [{}, {"priority": "P1"}, {"segment": "under25"}])
def test_the_channel_keeps_its_hours_whichever_policy_wins(
    channel: str, calendar: str | None, others: dict[str, str]
) -> None:
    found = shipped("first_response", channel=channel, **others).calendar
    assert (found.name if found else None) == calendar


def test_phone_closes_at_night_and_the_hotline_does_not() -> None:
    start_ms = 1_795_446_000_000  # 2026-11-23 23:00 in Shanghai
    phone = shipped("first_response", channel="phone").calendar
    hotline = shipped("first_response", channel="hotline").calendar
    assert phone is not None
    assert hotline is not None
    assert phone.add(start_ms, 1000) == start_ms + 10 * 3_600_000 + 1000  # 09:00:01
    assert hotline.add(start_ms, 1000) == start_ms + 1000


def test_both_pauses_stop_the_total_resolution_and_nothing_stops_a_response() -> None:
    assert shipped("resolution_total").pauses == {"customer", "third_party"}
    assert shipped("first_response").pauses == frozenset()
    assert shipped("resolution_first").pauses == frozenset()


def test_the_shipped_shares_and_thresholds_are_the_agreed_ones() -> None:
    level, rate = SLA.service_level, SLA.response_rate
    assert (level.call.threshold_seconds, level.conversation.threshold_seconds) == (20, 60)
    assert (level.short_abandon_seconds, level.target_share) == (5, 0.8)
    assert (rate.within_hours, rate.target_share) == (24, 0.95)
    assert SLA.peak_bands == ("09:00-11:00", "12:00-14:00", "17:00-19:00")
    assert (SLA.version, SLA.timezone) == ("sla-2", "Asia/Shanghai")
    assert SLA.closing_pleasantries.version == "pleasantries-1"
    assert {"好的", "谢谢", "ok"} <= SLA.closing_pleasantries.words


def test_no_two_shipped_policies_need_a_tie_break() -> None:
    assert SLA.policies.overlaps() == []


def test_more_conditions_win_wherever_they_stand_in_the_file() -> None:
    two = "name: two, when: {priority: P1, channel: web}, clocks: {answer: {target_seconds: 2}}"
    one = "name: one, when: {tenant: t}, clocks: {answer: {target_seconds: 1}}"
    for policies in (small(one, two).policies, small(two, one).policies):
        found = policies.judge(key(tenant="t", priority="P1", channel="web"))
        assert found["answer"].policy == "two"


BY_WEIGHT = ["tenant", "queue", "segment", "priority", "channel"]
VALUE = {"tenant": "t", "queue": "q", "segment": "s", "priority": "P1", "channel": "web"}


@pytest.mark.parametrize(
    ("heavy", "light"),
    [(a, b) for i, a in enumerate(BY_WEIGHT) for b in BY_WEIGHT[i + 1 :]],
)
def test_of_equally_many_conditions_the_weightier_one_wins_and_it_is_told(
    heavy: str, light: str
) -> None:
    lines = [
        f"name: on-{name}, when: {{{name}: {VALUE[name]}}}, "
        "clocks: {answer: {target_seconds: 1}}"
        for name in (light, heavy)
    ]
    policies = small(*lines).policies
    found = policies.judge(key(**{name: VALUE[name] for name in (heavy, light)}))
    assert found["answer"].policy == f"on-{heavy}"
    (told,) = policies.overlaps()
    assert f"`on-{heavy}` wins" in told
    assert f"on-{light}" in told
    assert "answer" in told


@pytest.mark.parametrize(
    "whens",
    [
        ("queue: q", "queue: q"),
        ("channel: [web, app]", "channel: [app, wechat]"),
        ("queue: q, channel: app", "channel: [app, web], queue: q"),
    ],
)
def test_of_policies_with_the_same_conditions_the_first_wins_and_it_is_told(
    whens: tuple[str, str],
) -> None:
    lines = [
        f"name: {name}, when: {{{when}}}, clocks: {{answer: {{target_seconds: 1}}}}"
        for name, when in zip(("first", "second"), whens, strict=True)
    ]
    policies = small(*lines).policies
    assert policies.judge(key(queue="q", channel="app"))["answer"].policy == "first"
    (told,) = policies.overlaps()
    assert "`first` wins" in told


def test_policies_that_cannot_meet_or_set_other_clocks_are_no_overlap() -> None:
    policies = small(
        "name: a, when: {channel: web}, clocks: {answer: {target_seconds: 1}}",
        "name: b, when: {channel: app}, clocks: {answer: {target_seconds: 2}}",
        "name: c, when: {priority: P1}, clocks: {hold: {target_seconds: 3}}",
    ).policies
    assert policies.overlaps() == []


def test_a_policy_for_both_conditions_settles_an_overlap() -> None:
    pair = [
        "name: a, when: {queue: q}, clocks: {answer: {target_seconds: 1}}",
        "name: b, when: {channel: web}, clocks: {answer: {target_seconds: 2}}",
    ]
    assert len(small(*pair).policies.overlaps()) == 1
    both = "name: c, when: {queue: q, channel: web}, clocks: {answer: {target_seconds: 3}}"
    assert small(*pair, both).policies.overlaps() == []
    other = "name: c, when: {queue: q, channel: app}, clocks: {answer: {target_seconds: 3}}"
    assert len(small(*pair, other).policies.overlaps()) == 1


def test_each_clock_falls_back_by_itself() -> None:
    policies = small("name: a, when: {queue: q}, clocks: {answer: {target_seconds: 1}}").policies
    found = policies.judge(key(queue="q"))
    assert (found["answer"].policy, found["hold"].policy) == ("a", "all")
    assert "first_response" not in found


def test_an_unknown_dimension_meets_no_condition() -> None:
    policies = small(
        "name: a, when: {queue: [q, r]}, clocks: {answer: {target_seconds: 1}}"
    ).policies
    assert policies.judge(key())["answer"].policy == "all"
    assert policies.judge(key(queue="r"))["answer"].policy == "a"


def test_a_calendar_of_the_target_goes_before_the_hours_and_always_is_wall_time() -> None:
    policies = small(
        "name: a, when: {queue: n}, clocks: {answer: {target_seconds: 1, calendar: night}}",
        "name: b, when: {queue: w}, clocks: {answer: {target_seconds: 1, calendar: always}}",
    ).policies
    names = []
    for queue in ("n", "w", "other"):
        calendar = policies.judge(key(queue=queue, channel="wechat"))["answer"].calendar
        names.append(calendar.name if calendar else None)
    assert names == ["night", None, "day"]


@pytest.mark.parametrize(
    ("given", "warnings"),
    [
        ("", (8_000,)),
        (", warn_share: 0.5", (5_000,)),
        (", warn_share: 1", ()),
        (", warn_at_seconds: [7, 2.5, 7]", (2_500, 7_000)),
        (", warn_at_seconds: [9.9999]", ()),
    ],
)
def test_warnings_come_in_order_once_each_and_before_the_target(
    given: str, warnings: tuple[int, ...]
) -> None:
    text = SMALL.replace("{target_seconds: 10}", f"{{target_seconds: 10{given}}}")
    assert parse_sla(text, "x").policies.judge(key())["answer"].warnings_ms == warnings


def test_a_judgement_is_made_once_and_remembering_them_is_bounded() -> None:
    policies = small().policies
    assert policies.judge(key(queue="q")) is policies.judge(key(queue="q"))
    for number in range(MAX_JUDGED + 500):
        policies.judge(key(queue=f"q{number}"))
    assert len(policies._judged) <= MAX_JUDGED
    with pytest.raises(TypeError):
        policies.judge(key())["answer"] = None  # type: ignore[index]


def test_the_explanation_has_one_winner_which_is_the_judgement() -> None:
    found = SLA.policies.explain(key(priority="P1", segment="under25"), "first_response")
    (winner,) = (one for one in found if one.wins)
    judged = shipped("first_response", priority="P1", segment="under25")
    assert winner.policy.name == judged.policy
    assert sum(one.matches for one in found) == 4


def test_years_without_known_holidays_are_told() -> None:
    assert SLA.warnings(1_767_225_600_000) == []  # 2026-01-01
    (told,) = SLA.warnings(2_524_608_000_000)  # 2050
    assert "`office`" in told
    assert "holidays are known up to" in told
