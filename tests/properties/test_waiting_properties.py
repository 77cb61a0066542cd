"""Who waits now, against a plain list; what is past takes no room, whether anybody looks or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.waiting import SLACK, Waiting, WaitingGroup, WaitingNow

GROUPS = [WaitingGroup("conversation", "web", queue, "P1") for queue in ("sales", "tech", "vip")]
STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.one_of(st.none(), st.tuples(st.sampled_from(GROUPS), st.integers(0, 50))),
    ),
    max_size=400,
)


@given(STEPS)
def test_counts_and_the_oldest_wait_are_those_of_a_plain_list(
    steps: list[tuple[str, tuple[WaitingGroup, int] | None]],
) -> None:
    waiting = Waiting()
    plain: dict[str, tuple[WaitingGroup, int]] = {}
    for key, wait in steps:
        if wait is None:
            waiting.forget(key)
            plain.pop(key, None)
        else:
            waiting.set(key, *wait)
            plain[key] = wait
    for group, now in waiting.now(None):
        since = [at for of, at in plain.values() if of == group]
        assert now == WaitingNow(len(since), min(since, default=None))


def test_waits_that_are_over_take_no_room_though_nobody_looks() -> None:
    waiting = Waiting()
    for number in range(10_000):
        waiting.set(f"c{number}", GROUPS[0], number)
        waiting.forget(f"c{number}")
    waiting.set("last", GROUPS[0], 10_000)
    assert len(waiting._heaps[GROUPS[0]]) <= SLACK + 3
    assert dict(waiting.now(None)) == {GROUPS[0]: WaitingNow(1, 10_000)}
