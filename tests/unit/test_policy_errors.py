"""Every mistake in the policies and calendars of `sla.yaml` is one error that says what to do."""

from __future__ import annotations

import re

import pytest

from pipeline.sla_file import parse_sla
from pipeline.yaml_reader import ConfigError

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


ANSWER = "clocks: {answer: {target_seconds: 1}}"
LINE = SMALL.count("\n") + 1
"""Where the bad policy stands."""
BAD_POLICY = [
    ("a misspelt channel", f"name: a, when: {{channel: wechta}}, {ANSWER}", ".when.channel",
     "`wechta` (did you mean `wechat`?); allowed: wechat, web, app"),
    ("one in a list", f"name: a, when: {{channel: [web, wechta]}}, {ANSWER}", ".when.channel",
     "allowed: wechat, web, app"),
    ("a priority", f"name: a, when: {{priority: P9}}, {ANSWER}", ".when.priority",
     "allowed: P1, P2, P3, P4"),
    ("a condition", f"name: a, when: {{chanel: web}}, {ANSWER}", ".when",
     "unknown key `chanel`; allowed: tenant, channel, queue, priority, segment"),
    ("a condition of nothing", f"name: a, when: {{queue: }}, {ANSWER}", ".when.queue",
     "got `null`"),
    ("an empty list", f"name: a, when: {{queue: []}}, {ANSWER}", ".when.queue", "length >= 1"),
    ("a number", f"name: a, when: {{queue: 5}}, {ANSWER}", ".when.queue", "got `int`"),
    ("a name twice", f"name: all, {ANSWER}", ".name", "`all` stands above"),
    ("no clock", "name: a, clocks: {}", ".clocks", "there are first_response, next_response"),
    ("a misspelt clock", "name: a, clocks: {answr: {target_seconds: 1}}", ".clocks",
     "unknown key `answr`; allowed: first_response, next_response, joined_response, answer"),
    ("a misspelt target", "name: a, clocks: {answer: {target_secs: 1}}", ".clocks.answer",
     "unknown key `target_secs`; allowed: target_seconds, warn_share, warn_at_seconds"),
    ("no target", "name: a, clocks: {answer: {warn_share: 0.5}}", ".clocks.answer",
     "`target_seconds`"),
    ("a negative target", "name: a, clocks: {answer: {target_seconds: -1}}",
     ".clocks.answer.target_seconds", ">= 0.001"),
    ("a target of nothing", "name: a, clocks: {answer: {target_seconds: 0}}",
     ".clocks.answer.target_seconds", ">= 0.001"),
    ("a warning on the target",
     "name: a, clocks: {answer: {target_seconds: 9, warn_at_seconds: [3, 9]}}",
     ".clocks.answer.warn_at_seconds", "9 is not before the target, 9"),
    ("both kinds of warning",
     "name: a, clocks: {answer: {target_seconds: 9, warn_share: 0.5, warn_at_seconds: [3]}}",
     ".clocks.answer.warn_share", "not both"),
    ("an unknown calendar", "name: a, clocks: {answer: {target_seconds: 9, calendar: nigth}}",
     ".clocks.answer.calendar", "(did you mean `night`?); allowed: day, night, always"),
    ("an unknown pause", "name: a, clocks: {answer: {target_seconds: 9, pauses: [lunch]}}",
     ".clocks.answer.pauses[0]", "allowed: customer, third_party"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "line", "where", "says"), BAD_POLICY, ids=[bad[0] for bad in BAD_POLICY]
)
def test_a_bad_policy_is_one_error_with_line_key_and_what_is_allowed(
    name: str, line: str, where: str, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_sla(SMALL + f"  - {{{line}}}\n", "small.yaml")
    message = str(caught.value)
    assert message.startswith(f"small.yaml:{LINE}: $.policies[1]{where}: "), message
    assert says in message
    assert "\n" not in message


BAD_FILE = [
    ("an unknown zone", 'version: "small"', 'timezone: Asia/Shangai\nversion: "small"',
     "$.timezone: ", "did you mean `Asia/Shanghai`?"),
    ("a calendar that never opens", '  night: {weekly: {mon-sun: ["22:00-08:00"]}}',
     "  night: {weekly: {}}", "$.calendars.night.weekly: ", "no open time"),
    ("a misspelt key of a calendar", "  night: {weekly:", "  night: {weeky:",
     "$.calendars.night: ", "unknown key `weeky`; allowed: weekly, timezone, holidays"),
    ("unknown holidays", '  night: {', "  night: {holidays: chna, ",
     "$.calendars.night.holidays: ", "allowed: china, none"),
    ("a calendar called always", "  night: ", "  always: ", "$.calendars.always: ", "wall time"),
    ("hours of no calendar", "calendar: day}", "calendar: dya}", "$.hours[0].calendar: ",
     "allowed: day, night, always"),
    ("hours of no channel", "channel: wechat}", "channel: wx}", "$.hours[0].when.channel: ",
     "allowed: wechat, web, app"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "says"), BAD_FILE, ids=[bad[0] for bad in BAD_FILE]
)
def test_a_bad_calendar_or_zone_is_one_error_with_its_line(
    name: str, old: str, new: str, where: str, says: str
) -> None:
    assert SMALL.count(old) == 1
    text = SMALL.replace(old, new)
    line = text[: text.index(new)].count("\n") + 1
    with pytest.raises(ConfigError, match=rf"^small\.yaml:{line}: {re.escape(where)}") as caught:
        parse_sla(text, "small.yaml")
    assert says in str(caught.value)
