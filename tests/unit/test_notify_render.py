"""What the groups read: both languages, local times, links, and never more than the limit."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.notify.config import Language
from kefu.notify.payload import Alert
from kefu.notify.render import Renderer
from kefu.notify.robots import robot_class
from kefu.notify.tally import Tally
from tests.unit.notify_builders import alert

ZONE = ZoneInfo("Asia/Shanghai")
KINDS = [("wecom", "markdown"), ("wecom", "text"), ("dingtalk", "markdown"), ("feishu", "markdown")]


def renderer(kind: str = "wecom", language: Language = "zh", style: str = "markdown") -> Renderer:
    return Renderer(robot_class(kind)(style), language, ZONE)


def test_the_chinese_message_of_a_firing_alert_is_not_as_agreed() -> None:
    message = renderer().alerts([alert(3)], 0)
    assert message.text.splitlines() == [
        "🔴 1 条告警",
        "",
        "🔴 **[严重] LongWait**",
        "队列：queue-3",
        "3 位客户等待过久",
        "The oldest waits 15 minutes.",
        "开始时间：2026-11-23 16:00:00+08:00",
        (
            "[处理手册](https://runbooks.example/long-wait)"
            " · [仪表盘](https://grafana.example/d/kefu?var-queue=vip)"
        ),
    ]
    assert message.title == "🔴 1 条告警 LongWait"
    assert not message.healthy


def test_the_english_message_of_a_resolved_alert_is_not_as_agreed() -> None:
    over = alert(1, status="resolved", endsAt="2026-11-23T08:10:00Z", annotations={"summary": "S"})
    message = renderer("feishu", "en").alerts([over], 0)
    assert message.text.splitlines() == [
        "🟢 1 resolved",
        "",
        "🟢 **[critical] LongWait**",
        "Queue: queue-1",
        "S",
        "Since: 2026-11-23 16:00:00+08:00",
        "Resolved at: 2026-11-23 16:10:00+08:00",
    ]
    assert message.healthy


def test_in_both_languages_a_text_without_translation_stands_twice() -> None:
    text = renderer("feishu", "both").alerts([alert(2)], 0).text
    assert "🔴 1 条告警 / 1 firing" in text
    assert "2 位客户等待过久\n2 customers wait too long\n" in text
    assert text.count("The oldest waits") == 1
    assert "[严重/critical]" in text


def test_dingtalk_shows_all_lines_as_one() -> None:
    lines = renderer("dingtalk").alerts([alert()], 0).text.split("\n")
    assert all(line.endswith("  ") for line in lines[:-1])


def test_plain_text_for_wechat_holds_markdown() -> None:
    text = renderer("wecom", "zh", "text").alerts([alert()], 0).text
    assert "处理手册: https://runbooks.example/long-wait" in text
    assert "**" not in text
    assert "](" not in text


def test_a_label_or_an_annotation_can_call_the_whole_group() -> None:
    labels = {"alertname": "<@all>**x**", "queue": "<at id=all></at>\n# 大"}
    bad = alert(1, labels=labels, annotations={"summary": "@\n<@all>", "runbook_url": "ftp://x"})
    text = renderer().alerts([bad], 0).text
    assert "<" not in text
    assert "\n#" not in text
    assert "ftp" not in text
    assert "＊＊x＊＊" in text


def test_alerts_without_labels_have_no_name_at_all() -> None:
    text = renderer().alerts([alert(1, labels={}, annotations={})], 0).text
    assert "🔴 **?**" in text


@pytest.mark.parametrize(("kind", "style"), KINDS)
def test_alerts_that_do_not_fit_are_dropped_without_a_count(kind: str, style: str) -> None:
    maker = renderer(kind, "both", style)
    alerts = [alert(n) for n in range(200)]
    message = maker.alerts(alerts, 5)
    shown = message.text.count("queue-")
    assert 1 < shown < 200
    assert f"… 另有 {205 - shown} 条" in message.text
    assert f"… and {205 - shown} more" in message.text
    assert "200 条告警 / 200 firing" in message.text
    assert maker.robot.size(message) <= maker.robot.max_bytes
    assert not maker.fits(alerts, 5)
    # One more would not have fitted.
    assert maker.robot.size(message) > maker.robot.max_bytes - 600


def test_a_resolved_alert_pushes_out_a_firing_one() -> None:
    over = [alert(n, status="resolved") for n in range(50)]
    text = renderer().alerts([*over, alert(777)], 0).text
    assert "queue-777" in text


@pytest.mark.parametrize(("kind", "style"), KINDS)
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_one_huge_alert_is_over_the_limit_or_loses_its_name(
    kind: str, style: str, language: Language
) -> None:
    annotations = dict.fromkeys(("summary", "summary_zh", "description"), '客"\\👨‍👩‍👧' * 9000)
    annotations |= dict.fromkeys(("runbook_url", "dashboard_url"), "https://x/" + "y" * 40_000)
    maker = renderer(kind, language, style)
    message = maker.alerts([alert(1, annotations=annotations), alert(2)], 0)
    assert maker.robot.size(message) <= maker.robot.max_bytes
    assert "LongWait" in message.text
    assert "过长" in message.text or "too long" in message.text
    assert maker.robot.size(message) > maker.robot.max_bytes / 5


TEXTS = st.text(max_size=3000)
LABELS = st.dictionaries(st.sampled_from(["alertname", "severity", "queue"]), TEXTS)
NOTES = st.sampled_from(
    ["summary", "summary_zh", "description", "description_zh", "runbook_url", "dashboard_url"]
)


@given(
    st.lists(
        st.builds(
            lambda s, labels, notes: alert(1, status=s, labels=labels, annotations=notes),
            st.sampled_from(["firing", "resolved"]),
            LABELS,
            st.dictionaries(NOTES, TEXTS),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(KINDS),
    st.sampled_from(["zh", "en", "both"]),
    st.integers(0, 10**9),
)
@settings(max_examples=60, deadline=None)
def test_a_message_is_over_the_limit(
    alerts: list[Alert], kind: tuple[str, str], language: Any, hidden: int
) -> None:
    maker = renderer(kind[0], language, kind[1])
    message = maker.alerts(alerts, hidden)
    _, body = maker.robot.request(message, "https://x/?k=1", "secret", 10**12)
    assert maker.robot.size(message) <= maker.robot.max_bytes
    assert len(body) <= 20_000
    body.decode("utf-8")
    assert message.text.startswith(("🔴", "🟢"))


@pytest.mark.parametrize(("kind", "style"), KINDS)
def test_a_summary_hides_how_much_it_stands_for(kind: str, style: str) -> None:
    tally = Tally()
    for n in range(1000):
        labels = {"alertname": "客" * 300, "queue": f"q{n}"}
        tally.add([alert(n, labels=labels), alert(n, status="resolved")], 2)
    maker = renderer(kind, "both", style)
    message = maker.summary(tally)
    assert "1000 组未逐条发送，共 3000 条告警、1000 条恢复" in message.text
    assert "1000 groups are not shown one by one, 3000 firing and 1000 resolved" in message.text
    assert sum(tally.names.values()) == 2000
    assert len(tally.names) <= 201
    assert maker.robot.size(message) <= maker.robot.max_bytes
