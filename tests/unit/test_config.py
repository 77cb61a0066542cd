"""Every kind of bad configuration is one error that names file, line, key and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.settings import default_config_dir, load_config
from pipeline.policies import PolicyKey
from pipeline.qa.language.rule_set import load_rules
from pipeline.sla_file import parse_sla
from pipeline.yaml_reader import MAX_CONFIG_CHARS, ConfigError

SLA = (default_config_dir() / "sla.yaml").read_text(encoding="utf-8")
QA = """
version: "qa-test"
pass_score: 60
rules:
  - id: forbidden_words
    name: Forbidden words
    name_zh: 服务禁语
    severity: critical
    points: 20
    speaks_of: agent
    when:
      must_not_say: {any: [不知道, 不归我管]}
      who: agent
  - id: no_apology
    name: No apology to an upset customer
    name_zh: 客户不满未致歉
    severity: major
    points: 15
    speaks_of: agent
    when:
      all:
        - {sentiment: {below: 0.3}, who: customer, label: upset}
        - must_say: {any: [抱歉, 对不起]}
          who: agent
          range: {after: {hit_of: upset, turns: 2}}
  - id: abnormal_hang_up
    name: Abnormal hang-up
    name_zh: 异常挂断
    severity: major
    points: 10
    speaks_of: agent
    when:
      hang_up: {causes: [dropped, error, timeout]}
"""


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} is not once in the shipped file"
    return text.replace(old, new)


def line_of(text: str, what: str) -> int:
    return text[: text.index(what)].count("\n") + 1


def refusal(text: str, *, qa: bool = False) -> str:
    """The message of the error; it is one line."""
    with pytest.raises(ConfigError) as caught:
        (load_rules if qa else parse_sla)(text, "some.yaml")
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_shipped_files_are_accepted() -> None:
    config = load_config()
    anyone = PolicyKey(None, None, None, None, None)
    assert config.sla.policies.judge(anyone)["first_response"].target_ms == 210_000
    assert config.qa.pass_score == 60


HOLD = "hold: {target_seconds: 120, calendar: always}"
AT = "$.policies[0].clocks.hold"
BAD_SLA = [
    ("a typo", "reopen_window_hours: 24", "reopen_window_hour: 24", "unknown key"),
    ("a negative target", HOLD, HOLD.replace("120", "-60"), f"{AT}.target"),
    ("a target of zero", HOLD, HOLD.replace("120", "0"), ">= 0.001"),
    ("text for a number", HOLD, HOLD.replace("120", "soon"), "got `str`"),
    ("no number at all", HOLD, HOLD.replace("120", ".nan"), AT),
    ("infinity", HOLD, HOLD.replace("120", ".inf"), AT),
    ("a list for a map", HOLD, "hold: [60, 0.8]", AT),
    ("a share above one", HOLD, HOLD.replace("120", "60, warn_share: 1.5"), "warn_share"),
    ("nothing", "idle_expiry_hours: 72", "idle_expiry_hours:", "idle_expiry_hours"),
    ("a key twice", HOLD, HOLD.replace("120", "60, target_seconds: 3"), "twice"),
    ("a python tag", 'version: "sla-2"', "version: !!python/object:os.system x", "only text"),
    ("a binary", 'version: "sla-2"', "version: !!binary aGk=", "only text"),
    ("an own tag", 'version: "sla-2"', "version: !secret x", "only text"),
    ("a number as version", 'version: "sla-2"', "version: 1", "got `int`"),
    ("yes for a number", "idle_expiry_hours: 72", "idle_expiry_hours: yes", "got `bool`"),
    ("an impossible int", "idle_expiry_hours: 72", "idle_expiry_hours: !!int x", "not a valid int"),
    ("a bracket open", "bye]", "bye", "not YAML"),
    ("a tab", "idle_expiry_hours: 72", "\tidle_expiry_hours: 72", "not YAML"),
    ("a list as key", "idle_expiry_hours: 72", "? [a, b]\n: 72", "plain word"),
    ("a word of nothing", "[好的, 好,", "['', 好,", "closing_pleasantries"),
    ("a number as word", "[好的, 好,", "[5, 好,", "closing_pleasantries"),
    ("an unknown zone", "timezone: Asia/Shanghai", "timezone: Asia/Shangai", "Asia/Shanghai"),
    ("no band", '["09:00-11:00"', '["9-11"', "$.peak_bands[0]: "),
    ("a share of percent", "target_share: 0.95", "target_share: 95", "$.response_rate"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), BAD_SLA, ids=[b[0] for b in BAD_SLA])
def test_a_bad_policy_is_one_error_with_file_line_and_key(
    name: str, old: str, new: str, says: str
) -> None:
    text = changed(SLA, old, new)
    message = refusal(text)
    found = re.match(r"some\.yaml:(\d+): ", message)
    assert found, message
    assert says in message
    if says != "not YAML":
        assert int(found[1]) == line_of(SLA, old), message


BAD_QA = [
    ("a typo", "must_not_say: {any", "must_not_say: {anny", "unknown"),
    ("an unknown operator", "    when:\n      hang_up:", "    when:\n      hang_upp:", "hang_up"),
    ("an unknown severity", "severity: critical", "severity: awful", "severity"),
    ("points above 100", "points: 20", "points: 101", "points"),
    ("a fraction of points", "points: 20", "points: 2.5", "points"),
    ("a word of nothing", "[不知道, 不归我管", "['', 不归我管", "any"),
    ("an unknown cause", "[dropped, error, timeout]", "[boom]", "causes"),
    ("a label of nothing", "{hit_of: upset, turns: 2}", "{hit_of: upsat, turns: 2}", "upsat"),
    ("a pass score above 100", "pass_score: 60", "pass_score: 600", "$.pass_score"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), BAD_QA, ids=[b[0] for b in BAD_QA])
def test_a_bad_rule_is_one_error_with_file_line_and_key(
    name: str, old: str, new: str, says: str
) -> None:
    message = refusal(changed(QA, old, new), qa=True)
    found = re.match(r"some\.yaml:(\d+): ", message)
    assert found, message
    assert says in message
    assert line_of(QA, old) <= int(found[1]) <= line_of(QA, old) + old.count("\n"), message


def test_an_unknown_key_is_told_which_keys_are_allowed() -> None:
    message = refusal(changed(SLA, HOLD, HOLD.replace("seconds", "second")))
    assert "unknown key `target_second`; allowed: target_seconds, warn_share" in message


def test_a_missing_key_is_named_with_the_line_of_its_map() -> None:
    text = changed(SLA, HOLD, "hold: {warn_share: 0.8}")
    message = refusal(text)
    assert message.startswith(f"some.yaml:{line_of(text, 'hold:')}: {AT}: ")
    assert "target_seconds" in message


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n", "---\n"])
def test_an_empty_file_is_told_as_such(text: str) -> None:
    assert "empty" in refusal(text) or "null" in refusal(text)


@pytest.mark.parametrize("text", ["just words", "- a\n- b\n", "5"])
def test_a_file_that_is_no_map_is_one_error(text: str) -> None:
    assert refusal(text).startswith("some.yaml:1: $: ")


@pytest.mark.parametrize(
    "text", ["a: \x00", "a: \ud800", "%YAML 9.9\n---\na: 1", "a: 1\n---\nb: 2\n"]
)
def test_what_is_not_one_yaml_document_is_one_error(text: str) -> None:
    assert refusal(text).startswith("some.yaml")


def test_aliases_that_multiply_are_refused_before_they_are_built() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    assert refusal("\n".join(rows)).startswith("some.yaml:2: aliases")


@pytest.mark.parametrize(
    "text", ["[" * 1_000_000, "a: " + "[" * 60 + "]" * 60, "{a: " * 400 + "1" + "}" * 400]
)
def test_deep_nesting_is_refused_without_a_crash(text: str) -> None:
    assert refusal(text) == "some.yaml:1: nested deeper than 50"


def test_a_huge_file_is_refused_unread() -> None:
    assert str(MAX_CONFIG_CHARS) in refusal("#" * (MAX_CONFIG_CHARS + 1))


def test_a_file_that_is_missing_or_not_utf8_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sla\.yaml: cannot be read"):
        load_config(tmp_path)
    (tmp_path / "sla.yaml").write_bytes("version: 政策".encode("gbk"))
    with pytest.raises(ConfigError, match=r"sla\.yaml: the file is not UTF-8"):
        load_config(tmp_path)
