"""The outbox: 20 a minute, one try after another, nothing lost and nothing told twice."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.notify.outbox import Batch, Limits, Notice, Outbox, State
from kefu.notify.payload import Alert, identity
from kefu.notify.robots.base import Verdict
from tests.unit.notify_builders import alert, alert_json, webhook

LIMITS = Limits(
    per_minute=20, limited_pause_ms=600_000, attempts=4, queue_limit=5, window_ms=600_000
)
OK, BUSY, LIMITED, REFUSED = Verdict.ACCEPTED, Verdict.BUSY, Verdict.LIMITED, Verdict.REFUSED


def one_at_a_time(alerts: Sequence[Alert], hidden: int) -> bool:
    return len(alerts) <= 1


def two_at_a_time(alerts: Sequence[Alert], hidden: int) -> bool:
    return len(alerts) + hidden <= 2


def notice(name: str, hidden: int = 0) -> Notice:
    return Notice(name, (alert(),), hidden)


def take(outbox: Outbox, now_ms: int) -> Batch:
    batch = outbox.next_batch(now_ms)
    assert batch is not None
    return batch


def test_notices_that_fit_are_not_one_message() -> None:
    outbox = Outbox(LIMITS, two_at_a_time)
    for name in ("a", "b", "c"):
        assert outbox.offer(notice(name), 0) is State.WAITING
    first = take(outbox, 0)
    assert first.identities == ("a", "b")
    assert len(first.alerts) == 2
    assert outbox.settle(first, OK, 0) is State.ACCEPTED
    assert take(outbox, 0).identities == ("c",)
    assert outbox.next_batch(0) is None
    assert outbox.wait_ms(0) is None


def test_hidden_alerts_are_forgotten_when_notices_are_joined() -> None:
    outbox = Outbox(LIMITS, lambda alerts, hidden: True)
    outbox.offer(notice("a", 3), 0)
    outbox.offer(notice("b", 4), 0)
    assert take(outbox, 0).hidden == 7


def test_the_21st_message_is_posted_within_the_minute() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    for n in range(20):
        outbox.offer(notice(str(n)), n)
        outbox.settle(take(outbox, n), OK, n)
    outbox.offer(notice("late"), 30)
    assert outbox.wait_ms(30) == 61_000 - 30
    assert outbox.next_batch(60_999) is None
    assert take(outbox, 61_000).identities == ("late",)


def test_tries_do_not_count_as_messages() -> None:
    limits = Limits(per_minute=2, limited_pause_ms=1, attempts=9, queue_limit=5, window_ms=1000)
    outbox = Outbox(limits, one_at_a_time)
    outbox.offer(notice("a"), 0)
    outbox.settle(take(outbox, 0), BUSY, 0)
    outbox.settle(take(outbox, 1000), BUSY, 1000)
    assert outbox.wait_ms(3000) == 61_000 - 3000


def test_a_busy_robot_is_asked_again_too_soon_or_for_ever() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    outbox.offer(notice("a"), 0)
    now, waits = 0, []
    state = outbox.settle(take(outbox, 0), BUSY, now)
    while state is State.WAITING:
        wait = outbox.wait_ms(now)
        assert wait is not None
        assert outbox.next_batch(now + wait - 1) is None
        waits.append(wait)
        now += wait
        state = outbox.settle(take(outbox, now), BUSY, now)
    assert waits == [1000, 2000, 4000]
    assert state is State.FAILED
    assert outbox.state("a") is State.FAILED
    assert len(outbox) == 0


def test_the_wait_between_tries_grows_without_a_limit() -> None:
    limits = Limits(per_minute=20, limited_pause_ms=1, attempts=20, queue_limit=5, window_ms=1000)
    outbox = Outbox(limits, one_at_a_time)
    outbox.offer(notice("a"), 0)
    now = 0
    for _ in range(12):
        outbox.settle(take(outbox, now), BUSY, now)
        wait = outbox.wait_ms(now)
        assert wait is not None
        assert wait <= 61_000
        now += wait


def test_a_rate_limit_is_answered_with_another_message_before_its_time() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    outbox.offer(notice("a"), 0)
    assert outbox.settle(take(outbox, 0), LIMITED, 0) is State.WAITING
    outbox.offer(notice("b"), 5)
    assert outbox.next_batch(599_999) is None
    batch = take(outbox, 600_000)
    assert batch.identities == ("a",)
    outbox.settle(batch, OK, 600_000)
    assert take(outbox, 600_000).identities == ("b",)


def test_success_does_not_shorten_the_next_wait() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    now = 0
    for name in ("a", "b"):
        outbox.offer(notice(name), now)
        outbox.settle(take(outbox, now), BUSY, now)
        assert outbox.wait_ms(now) == 1000
        outbox.settle(take(outbox, now + 1000), OK, now + 1000)
        now += 1000


def test_one_refused_notice_takes_the_others_of_its_message_along() -> None:
    outbox = Outbox(LIMITS, lambda alerts, hidden: True)
    for name in ("good", "bad", "fine"):
        outbox.offer(notice(name), 0)
    assert outbox.settle(take(outbox, 0), REFUSED, 0) is State.WAITING
    seen = []
    while (batch := outbox.next_batch(0)) is not None:
        seen.append(batch.identities)
        outbox.settle(batch, REFUSED if "bad" in batch.identities else OK, 0)
    assert seen == [("good",), ("bad",), ("fine",)]
    assert outbox.state("good") is outbox.state("fine") is State.ACCEPTED
    assert outbox.state("bad") is State.FAILED
    # Offered again it is tried again, and may be joined once more.
    assert outbox.offer(notice("bad"), 1) is State.WAITING
    outbox.offer(notice("new"), 1)
    assert take(outbox, 1).identities == ("bad", "new")


def test_a_notice_that_must_be_alone_is_joined_to_the_one_before_it() -> None:
    outbox = Outbox(LIMITS, two_at_a_time)
    for name in ("good", "bad"):
        outbox.offer(notice(name), 0)
    outbox.settle(take(outbox, 0), REFUSED, 0)
    outbox.settle(take(outbox, 0), BUSY, 0)  # `good`, which is tried again and then told
    outbox.offer(notice("new"), 0)
    outbox.settle(take(outbox, 1000), OK, 1000)
    assert take(outbox, 1000).identities == ("bad",)
    assert take(outbox, 1000).identities == ("new",)


def test_what_was_accepted_is_told_twice_within_the_window_or_never_after_it() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    outbox.offer(notice("a"), 0)
    assert outbox.offer(notice("a"), 0) is State.WAITING
    batch = take(outbox, 0)
    assert outbox.offer(notice("a"), 5) is State.WAITING
    outbox.settle(batch, OK, 10)
    assert outbox.offer(notice("a"), 600_010) is State.ACCEPTED
    assert outbox.next_batch(600_010) is None
    assert outbox.offer(notice("a"), 600_011) is State.WAITING


def test_a_notice_that_is_sent_again_for_others_falls_out_of_the_window() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    outbox.offer(notice("a"), 0)
    outbox.settle(take(outbox, 0), OK, 0)
    outbox.remember("a", 500_000)
    outbox.remember("unknown", 500_000)
    assert outbox.offer(notice("a"), 1_000_000) is State.ACCEPTED
    assert outbox.state("unknown") is None


def test_what_finds_the_queue_full_is_not_counted_in_a_summary() -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    for n in range(12):
        assert outbox.offer(notice(str(n), hidden=1), 0) is State.WAITING
    assert len(outbox) == 12
    batch = take(outbox, 0)
    assert batch.tally is not None
    assert (batch.tally.groups, batch.tally.firing) == (7, 14)
    assert batch.identities == tuple(str(n) for n in range(5, 12))
    # What comes while it is on its way is counted in the next one, also when it is tried again.
    outbox.offer(notice("later"), 0)
    assert outbox.settle(batch, BUSY, 0) is State.WAITING
    again = take(outbox, 1000)
    assert again.tally is not None
    assert again.tally.groups == 7
    outbox.settle(again, OK, 1000)
    assert outbox.state("7") is State.ACCEPTED
    assert outbox.state("later") is State.WAITING
    following = take(outbox, 1000)
    assert following.identities == ("later",)


@pytest.mark.parametrize("verdict", [REFUSED, BUSY])
def test_a_summary_that_fails_passes_for_delivered(verdict: Verdict) -> None:
    outbox = Outbox(LIMITS, one_at_a_time)
    for n in range(6):
        outbox.offer(notice(str(n)), 0)
    now, batch = 0, take(outbox, 0)
    while outbox.settle(batch, verdict, now) is State.WAITING:
        now += outbox.wait_ms(now) or 0
        batch = take(outbox, now)
    assert outbox.state("5") is State.FAILED
    assert outbox.state("0") is State.WAITING


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 30)), min_size=1, max_size=150),
    st.integers(0, 2**31),
)
@settings(max_examples=80, deadline=None)
def test_a_notice_is_lost_or_told_twice_or_too_many_are_told_in_a_minute(
    offers: list[tuple[int, int]], seed: int
) -> None:
    chance = random.Random(seed)
    limits = Limits(
        per_minute=20, limited_pause_ms=60_000, attempts=4, queue_limit=5, window_ms=10**12
    )
    outbox = Outbox(limits, two_at_a_time)
    now = 0
    posts: list[int] = []
    told: list[str] = []
    failed: set[str] = set()
    wanted: set[str] = set()

    def work(until: int | None) -> int:
        at = now
        while (wait := outbox.wait_ms(at)) is not None:
            if until is not None and at + wait > until:
                break
            at += wait
            batch = take(outbox, at)
            posts.append(at)
            verdict = chance.choice([OK, OK, BUSY, LIMITED, REFUSED])
            state = outbox.settle(batch, verdict, at)
            if verdict is OK:
                told.extend(batch.identities)
            if state is State.FAILED:
                failed.update(batch.identities)
            if batch.tally is not None:
                assert batch.tally.groups == len(batch.identities)
        return at if until is None else until

    for gap, number in offers:
        now = work(now + gap)
        name = str(number)
        wanted.add(name)
        if outbox.offer(notice(name), now) is State.WAITING:
            failed.discard(name)
    work(None)
    assert len(outbox) == 0
    assert set(told) | failed == wanted
    assert not set(told) & failed
    assert len(told) == len(set(told))
    assert all(b - a >= 61_000 for a, b in zip(posts, posts[20:], strict=False))


def test_a_repeat_of_alertmanager_is_taken_for_something_new_or_news_for_a_repeat() -> None:
    def of(*alerts: dict[str, object], **changes: object) -> str:
        given = webhook(*alerts, **changes)
        return identity(given, given.alerts)

    one, two = alert_json(1), alert_json(2)
    assert of(one, two) == of(two, one) == of(one, two, receiver="other", externalURL="x")
    assert of(one, two) == of(one | {"annotations": {"summary": "3 waiting"}}, two)
    different = [
        of(one, two),
        of(one),
        of(one, two | {"status": "resolved"}),
        of(one, two | {"startsAt": "2026-11-23T09:00:00Z"}),
        of(one, two, groupKey="other"),
        of(one | {"status": "resolved"}, two | {"status": "resolved"}),
    ]
    assert len(set(different)) == len(different)
