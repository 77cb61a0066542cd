"""The figures of a replay: what each channel waited, by hand."""

from __future__ import annotations

from kefu.figures import Figures, print_figures
from kefu.replay import InProcess
from schemas.events import Event
from tests.unit.builders import CONFIG, agent, answered, closed, customer, ended, ms, opened, queued

EVENTS: list[Event] = [
    opened(0, to="c1", channel="web"),
    customer(1, to="c1"),
    agent(11, to="c1"),
    customer(20, to="c1"),
    agent(420, to="c1"),
    opened(0, to="c2", channel="wechat"),
    customer(2, to="c2"),
    closed(3, to="c2"),
    queued(0, to="p1"),
    answered(12, to="p1"),
    queued(0, to="p2"),
    ended(4, "abandoned", to="p2"),
    queued(0, to="p3"),
    ended(31, "abandoned", to="p3"),
]


def figures() -> Figures:
    pipeline, found = InProcess(CONFIG, None), Figures(CONFIG.sla)
    outputs = [o for event in sorted(EVENTS, key=lambda e: e.time) for o in pipeline.feed(event)]
    for output in (*outputs, *pipeline.advance(ms(3_600))):
        found.add(output)
    return found


def test_each_channel_has_its_own_row_and_all_have_one() -> None:
    rows = {row["channel"]: row for row in figures().by_channel()}
    assert list(rows) == ["phone", "web", "wechat", "all"]
    web = rows["web"]
    assert (web["frt_n"], web["frt_p50_seconds"], web["nrt_p99_seconds"]) == (1, 10.0, 400.0)
    assert (web["first_response_breaches"], web["next_response_breaches"]) == (0, 1)
    assert rows["all"]["interactions"] == 5
    assert rows["all"]["breaches"] == 2  # the answer after 400 s, and the caller who left after 31


def test_the_service_level_of_calls_is_that_of_the_five_formulas() -> None:
    phone = figures().by_channel()[0]
    # Within 20 s: one answered, one abandoned at once; one abandoned later.
    levels = [phone[f"service_level_{n}"] for n in range(1, 6)]
    assert phone["offered"] == 3
    assert levels == [0.666667, 1.0, 0.333333, 0.5, 0.666667]


def test_a_run_without_anything_is_a_table_without_rows() -> None:
    assert Figures(CONFIG.sla).by_channel()[0]["interactions"] == 0
    print_figures(Figures(CONFIG.sla).by_channel(), CONFIG.sla)
