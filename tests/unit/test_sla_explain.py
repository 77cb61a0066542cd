"""`kefu sla explain` on real event files: the right event, its policies, and local instants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from agents.settings import default_config_dir
from kefu.commands.sla import command
from kefu.errors import UserError

POLICY = default_config_dir() / "sla.yaml"


def event(time: str, kind: str = "conversation.message", /, **data: Any) -> dict[str, Any]:
    """An event of one conversation; a message is the customer's if nothing else is said."""
    if kind == "conversation.message":
        data = {"role": "customer", "text": "在吗？", **data}
    fixed = {"specversion": "1.0", "source": "test", "subject": "c1", "id": f"{kind}/{time}"}
    return {**fixed, "type": f"kefu.{kind}", "time": time, "data": data}


def write(folder: Path, *events: dict[str, Any]) -> Path:
    path = folder / "events.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(one) for one in events))
    return path


def run(path: Path, *options: str, policy: Path = POLICY) -> str:
    arguments = ["explain", "--policy", str(policy), "--event", str(path), *options]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def clocks(path: Path) -> dict[str, dict[str, Any]]:
    found = orjson.loads(run(path, "--json"))
    return {one["clock"]: one for one in found["clocks"]}


AT_NIGHT = "2026-11-23T15:00:00Z"
"""Monday 23:00 in Shanghai: the wechat service is closed from 22:00 to 08:00."""


def test_a_message_at_eleven_at_night_is_due_after_the_service_opens(tmp_path: Path) -> None:
    said = run(write(tmp_path, event(AT_NIGHT, channel="wechat")))
    first = said[said.index("first_response:") : said.index("next_response:")]
    assert "Mon 2026-11-23 23:00:00 Asia/Shanghai, policies sla-2" in said
    assert "target 210 s in calendar `wechat`: `hours` for channel=wechat" in first
    assert "closed Mon 2026-11-23 23:00:00 to Tue 2026-11-24 08:00:00" in first
    assert "warning  Tue 2026-11-24 08:02:30 after 150 s" in first
    assert "warning  Tue 2026-11-24 08:03:00 after 180 s" in first
    assert "deadline Tue 2026-11-24 08:03:30" in first


def test_a_wait_that_begins_before_closing_goes_on_in_the_morning(tmp_path: Path) -> None:
    path = write(tmp_path, event("2026-11-23T13:58:00.250Z", channel="wechat"))
    first = clocks(path)["first_response"]
    assert first["closed"] == [["2026-11-23T22:00:00+08:00", "2026-11-24T08:00:00+08:00"]]
    assert first["deadline"] == "2026-11-24T08:01:30.250000+08:00"
    assert "deadline Tue 2026-11-24 08:01:30.250" in run(path)


def test_a_p1_message_on_wechat_has_the_fast_target_and_the_hours_of_wechat(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, event(AT_NIGHT, channel="wechat", priority="P1", segment="under25"))
    first = clocks(path)["first_response"]
    assert (first["target_ms"], first["calendar"]) == (30_000, "wechat")
    reasons = {one["policy"]: (one["wins"], one["why"]) for one in first["policies"]}
    assert reasons["p1-lane-under-25"][0]
    assert reasons["p1-lane"] == (False, "`p1-lane-under-25` has more conditions: 2, not 1")


def test_wall_time_has_no_closed_hours(tmp_path: Path) -> None:
    first = clocks(write(tmp_path, event(AT_NIGHT, channel="web")))["first_response"]
    assert (first["calendar"], first["closed"]) == (None, [])
    assert first["deadline"] == "2026-11-23T23:03:30+08:00"


def test_a_deadline_beyond_the_known_holidays_is_told_and_a_near_one_is_not(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "sla.yaml"
    text = POLICY.read_text(encoding="utf-8")
    policy.write_text(text.replace("calendar: wechat}", "calendar: office}"), encoding="utf-8")
    near = write(tmp_path, event("2026-03-02T01:00:00Z", channel="wechat"))
    assert "note:" not in run(near, policy=policy)
    far = write(tmp_path, event("2050-03-02T01:00:00Z", channel="wechat"))
    assert "note: calendar `office`: China's public holidays are known" in run(far, policy=policy)


def test_a_calendar_that_never_opens_again_gives_no_deadline(tmp_path: Path) -> None:
    last = clocks(write(tmp_path, event("2099-12-31T15:59:00Z", channel="wechat")))
    assert last["first_response"]["deadline"] is None


def test_a_clock_that_no_policy_sets_says_why(tmp_path: Path) -> None:
    said = run(write(tmp_path, event(AT_NIGHT, queue="sales")))
    silent = said[said.index("silent_progress:") :]
    assert "no match  complaints (queue=complaints): queue is sales, not complaints" in silent
    assert "no target" in silent


ORDERED = [
    event("2026-11-23T01:00:00Z", "conversation.opened", channel="web", queue="sales"),
    event("2026-11-23T01:00:05Z", segment="under25"),
    event("2026-11-23T01:00:09Z", "conversation.transferred", kind="queue", to_queue="complaints"),
    event("2026-11-23T01:00:20Z", priority="P1"),
    event("2026-11-23T01:00:50Z", private=True, segment="vip"),
    event("2026-11-23T01:01:00Z", role="agent", channel="app", queue="vip"),
]


@pytest.mark.parametrize("events", [ORDERED, ORDERED[::-1]], ids=["in order", "backwards"])
def test_of_several_events_the_last_question_is_explained_with_what_was_known_then(
    tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    found = orjson.loads(run(write(tmp_path, *events), "--json"))
    assert found["event"]["id"] == "conversation.message/2026-11-23T01:00:20Z"
    assert found["dimensions"] == {
        "tenant": None,
        "channel": "web",
        "queue": "complaints",
        "priority": "P1",
        "segment": "under25",
    }


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("conversation.closed", {}, {"follow_up"}),
        ("conversation.reopened", {}, {"silent_progress"}),
        ("conversation.resolved", {}, set()),
        ("conversation.rated", {"score": 5}, set()),
        ("call.queued", {}, {"answer"}),
        ("call.hold", {}, {"hold"}),
        ("call.ended", {}, {"after_call_work"}),
        ("call.utterance", {"role": "customer", "start_ms": 0, "end_ms": 9}, set()),
        ("call.transferred", {"kind": "queue"}, {"answer"}),
        ("call.transferred", {"kind": "warm"}, set()),
    ],
)
def test_each_event_starts_the_clocks_of_its_page(
    tmp_path: Path, kind: str, data: dict[str, Any], expected: set[str]
) -> None:
    path = write(tmp_path, event(AT_NIGHT, kind, **data))
    assert set(clocks(path)) == expected
    assert ("starts no clock" in run(path)) == (not expected)


FIRST = {"resolution_first", "resolution_total", "silent_progress"}


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("conversation.opened", {}, {"answer"}),
        ("conversation.opened", {"campaign": True}, set()),
        ("conversation.assigned", {"agent_id": "a"}, {"joined_response"}),
        ("conversation.message", {}, {"first_response", "next_response", "long_wait"}),
        ("conversation.message", {"text": "谢谢"}, {"first_response", "long_wait"}),
        ("conversation.message", {"role": "bot"}, set()),
        ("conversation.message", {"private": True}, set()),
        ("conversation.paused", {"reason": "customer"}, set()),
    ],
)
def test_what_can_begin_a_conversation_starts_its_resolution_too(
    tmp_path: Path, kind: str, data: dict[str, Any], expected: set[str]
) -> None:
    assert set(clocks(write(tmp_path, event(AT_NIGHT, kind, **data)))) == expected | FIRST


def test_one_event_over_many_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(orjson.dumps(event(AT_NIGHT), option=orjson.OPT_INDENT_2))
    assert "first_response" in clocks(path)


PRESENCE = event(AT_NIGHT, "agent.presence", state="busy")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "events: the file is empty; expected an event as JSON"),
        (b"not json", "events:1: not an event: not JSON"),
        (b"[1, 2]", "events: not an event: expected a JSON object"),
        (b'{"type": "kefu.nothing"}', "events: not an event: not a type of this contract"),
        (b"\xff\xfe", "events:1: not an event: "),
        (orjson.dumps(ORDERED[0]) + b"\n{", "events:2: not an event: not JSON"),
        (orjson.dumps(PRESENCE), "events: kefu.agent.presence starts no clock"),
        (
            orjson.dumps(ORDERED[0]) + b"\n" + orjson.dumps({**ORDERED[1], "subject": "c2"}),
            "events:2: the event is of conversation c2, the first one of conversation c1",
        ),
    ],
)
def test_a_file_that_holds_no_event_is_one_line_and_exit_2(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "events"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        run(path)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("missing", ["event", "policy"])
def test_a_missing_file_is_one_line_and_exit_2(tmp_path: Path, missing: str) -> None:
    nowhere, there = tmp_path / "nowhere", write(tmp_path, event(AT_NIGHT))
    path, policy = (nowhere, POLICY) if missing == "event" else (there, nowhere)
    with pytest.raises(UserError, match=r"nowhere: cannot be read: No such file") as caught:
        run(path, policy=policy)
    assert caught.value.exit_code == 2


def test_a_bad_policy_file_is_one_line_with_its_key(tmp_path: Path) -> None:
    policy = tmp_path / "sla.yaml"
    policy.write_text(POLICY.read_text(encoding="utf-8").replace("P1}", "P9}", 1), encoding="utf-8")
    with pytest.raises(UserError, match=r"sla\.yaml:[0-9]+: \$.*allowed: P1, P2, P3, P4"):
        run(write(tmp_path, event(AT_NIGHT)), policy=policy)
