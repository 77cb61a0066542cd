"""The page: its numbers are the scorecards', nothing in it can become markup, both languages."""

from __future__ import annotations

import re

import pytest

from kefu.report import words
from kefu.report.build import build
from kefu.report.markup import tag, text
from kefu.report.page import page
from kefu.report.words import Language, Text
from schemas.outputs import Output, QueueInterval
from schemas.queue_intervals import QueueIntervalData
from tests.unit.report_builders import (
    CONFIG,
    Parsed,
    card,
    collected,
    issue,
    made_up,
    summary,
)

HOUR = "2026-09-22T09"
HOSTILE = "</q><script>alert('x')</script><img src=x onerror=\"alert(1)\"> & \u202eevil\x00\ud800"
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "article"),
    *("footer", "div", "span", "p", "h1", "h2", "h3", "strong", "small", "code", "q", "ul", "li"),
    *("table", "thead", "tbody", "tr", "td", "th", "details", "summary", "figure", "figcaption"),
    *("svg", "rect", "line", "polyline", "circle", "text"),
}


def parsed(*outputs: Output, language: Language = "en", hour: str | None = None) -> Parsed:
    return Parsed(page(build(collected(outputs), CONFIG, hour=hour), language))


def texts() -> list[tuple[str, Text]]:
    found = [(name, value) for name, value in vars(words).items() if isinstance(value, Text)]
    for name, value in vars(words).items():
        if isinstance(value, dict) and name.isupper():
            found += [(f"{name}[{key}]", one) for key, one in value.items()]
    return found


def test_the_numbers_on_the_page_are_those_of_the_hours_scorecard() -> None:
    found = collected(made_up())
    (hour,) = [
        c for c in found.cards() if c.group == "tenant" and c.window_start.hour == 1
    ]  # 09:00 in Shanghai
    shown = parsed(*made_up(), hour=HOUR)
    assert hour.scored > 50
    assert shown.cards["Mean score"] == f"{hour.score.mean:.1f}"
    assert shown.cards["Below the pass line"] == f"{100 * (hour.fail_rate or 0):.1f}%"
    assert shown.cards["Empathy"] == f"{100 * (hour.empathy.share or 0):.1f}%"
    assert shown.cards["CSAT, mean"] == f"{100 * (hour.rating_mean or 0):.1f}%"
    assert f"scored {hour.scored} of {hour.closed} closed" in shown.text
    assert f"revision {hour.revision}" in shown.text
    assert "provisional" in shown.text
    assert "Asia/Shanghai" in shown.text
    spread = hour.score
    assert f"one scores {spread.p10} or less, half score {spread.p50} or less" in shown.text
    negative = round((hour.negative.share or 0) * hour.negative.n)
    assert shown.row("Negative messages")[2] == f"{negative:,} / {hour.negative.n:,}"
    assert shown.row("Moods that fell")[1] == f"{hour.turned}"
    assert shown.row("First response, mean")[2] == f"n = {hour.first_responses:,}"


def test_the_issues_on_the_page_are_those_of_the_hours_scorecard() -> None:
    (hour,) = [
        c for c in collected(made_up()).cards() if c.group == "tenant" and c.window_start.hour == 1
    ]
    report = build(collected(made_up()), CONFIG, hour=HOUR)
    assert {one.rule.id: one.hits.part for one in report.rules} == {
        rule: n for rule, n in hour.issues.items() if n
    }
    shown = parsed(*made_up(), hour=HOUR).text
    for one in report.rules[:8]:
        assert one.rule.name in shown
        assert f"{one.hits.part} hits" in shown
        for quote in one.quotes:
            assert quote.interaction_id in shown


def test_the_service_level_on_the_page_is_that_of_the_queues_intervals() -> None:
    last: dict[str, QueueIntervalData] = {}
    for output in made_up():
        if isinstance(output, QueueInterval) and (data := output.data).length == "1h":
            before = last.get(data.queue)
            is_newer = before is None or before.revision < data.revision
            if data.window_start.hour == 1 and data.tenant == "demo" and is_newer:
                last[data.queue] = data
    shares = [s for data in last.values() for s in data.service_level if s.formula == 3]
    met, n = sum(s.numerator for s in shares), sum(s.denominator for s in shares)
    row = parsed(*made_up(), hour=HOUR).row("Service level 3: answered in time, of all")
    assert row == [row[0], f"{100 * met / n:.1f}%", f"{met} / {n}"]


def test_the_subjects_on_the_page_add_up_to_all_closed_interactions() -> None:
    shown = parsed(*made_up())
    closed = sum(c.closed for c in collected(made_up()).cards() if c.group == "tenant")
    assert f"{closed:,} closed interactions; shares add up to 100.0%" in shown.text
    start = next(i for i, row in enumerate(shown.cells) if row[0] == "Subject")
    groups = [
        row
        for row in shown.cells[start + 1 :]
        if row[0] in ("Product", "Service", "Process", "Other")
    ][:4]
    assert sum(int(row[2].replace(",", "")) for row in groups) == closed
    assert sum(round(10 * float(row[1][:-1])) for row in groups) == 1000


def test_hostile_text_is_shown_and_never_becomes_markup() -> None:
    outputs = [
        card(scores=(10,) * 6, issues={"evil": 1}, subjects={HOSTILE: 6}, tenant=HOSTILE),
        card(scores=(10,) * 6, group="agent", name=HOSTILE, tenant=HOSTILE),
        card(scores=(90,) * 6, group="agent", name="other", tenant=HOSTILE),
        issue(
            HOSTILE,
            to=HOSTILE,
            rule="evil",
            rule_name=HOSTILE,
            rule_name_zh=HOSTILE,
            agent_id=HOSTILE,
            tenant=HOSTILE,
        ),
        *(
            summary(f"{HOSTILE}{n}", 10, agent_id=HOSTILE, channel=f"{HOSTILE}{n % 2}",
                    tenant=HOSTILE, issues=["evil"] * (n % 2))
            for n in range(60)
        ),
    ]  # fmt: skip
    for language in ("en", "zh"):
        source = page(build(collected(outputs), CONFIG), language)
        shown = Parsed(source)
        assert shown.tags <= TAGS
        assert not {name for name in shown.attributes if name.startswith("on") or name == "src"}
        assert shown.text.count("<script>alert('x')</script>") >= 5
        assert "\x00" not in source
        source.encode("utf-8")  # no half of a surrogate pair is left


def test_a_page_needs_nothing_but_itself() -> None:
    source = page(build(collected(made_up()), CONFIG), "zh")
    assert not re.search(r"https?:|url\(|@import|<script|<link|javascript:", source)
    assert "default-src &#x27;none&#x27;" in source
    assert Parsed(source).tags <= TAGS


def test_a_string_is_escaped_wherever_it_stands_in_an_element() -> None:
    assert tag("b", "<i>", title='"&') == '<b title="&quot;&amp;">&lt;i&gt;</b>'
    assert text("a\x07b") == "a\ufffdb"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_hour_in_which_nothing_happened_says_so_instead_of_zero(language: Language) -> None:
    shown = parsed(card(), language=language)
    none = words.NO_DATA(language)
    assert shown.cards[words.SCORE(language)] == none
    assert shown.cards[words.CSAT(language)] == none
    assert shown.row(words.ON_SCRIPT(language))[1:] == [none, "0 / 0"]
    assert words.ISSUES_NONE(language) in shown.text


def test_an_issue_without_any_text_says_why_there_is_no_quote() -> None:
    shown = parsed(card(issues={"closing": 1}), issue(rule="closing", evidence=[]))
    assert "No text to quote" in shown.text
    assert "1 hit" in shown.text


def test_made_up_times_are_told() -> None:
    made = summary()
    made.synthetictime = True
    assert "made up by the importer" in parsed(card(), made).text
    assert "made up by the importer" not in parsed(card(), summary()).text


def test_rules_of_another_version_than_the_configuration_are_told() -> None:
    shown = parsed(card(rules_version="qa-old"))
    assert f"The configuration now has rules {CONFIG.qa.version}" in shown.text
    assert "Judged by rules qa-old" in shown.text


@pytest.mark.parametrize(("name", "said"), texts())
def test_every_string_exists_in_both_languages(name: str, said: Text) -> None:
    assert said.en.strip(), name
    assert said.zh.strip(), name
    slots = [sorted(re.findall(r"{(\d*)}", one)) for one in said]
    assert len(slots[0]) == len(slots[1]), f"{name}: the languages take other values"
    same = {"N", "MARGIN", "CHANNELS[app]"}
    assert name in same or re.search(r"[\u4e00-\u9fff]", said.zh), f"{name}: not Chinese"
    assert not re.search(r"[\u4e00-\u9fff]", said.en), f"{name}: not English"


def test_the_chinese_page_has_no_english_sentence_of_ours() -> None:
    shown = parsed(*made_up(), language="zh").text
    assert [
        en for _, (en, _) in texts() if len(en.split()) > 1 and "{" not in en and en in shown
    ] == []
    assert "客服质检" in shown
    for one in build(collected(made_up()), CONFIG).rules[:8]:
        assert one.rule.name_zh in shown
        assert one.rule.name not in shown


def test_every_subject_of_the_shipped_lists_has_a_word_in_both_languages() -> None:
    assert {*CONFIG.lexicons.subjects} <= words.SUBJECTS.keys()
