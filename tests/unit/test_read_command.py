"""`kefu read` and the example of a reader: what they say of bad input and of odd records."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kefu.cli import kefu
from schemas.codec import InvalidEvent, encode
from schemas.view import Verdict
from tests.unit.report_builders import card, issue

ROOT = Path(__file__).parents[2]
NOBODY = "127.0.0.1:1"
LATER_TYPE = b'{"specversion": "1.0", "type": "kefu.qa.later", "data": {}}'


def failed(*arguments: str) -> tuple[int, str]:
    """The exit code and the message of a command that must fail."""
    done = CliRunner().invoke(kefu, ["read", *arguments], standalone_mode=False)
    assert done.exception is not None
    return getattr(done.exception, "exit_code", -1), str(done.exception)


def test_a_topic_that_is_none_is_answered_with_those_that_there_are() -> None:
    for topic in ("scorecards", "kefu.conversations.v1", "kefu.qa.facts.v1"):
        code, said = failed(topic)
        assert code == 2
        assert "'kefu.qa.scorecards.v1', 'kefu.interactions.v1'" in said


@pytest.mark.parametrize("since", ["yesterday", "1970-01-01", "2999-01-01"])
def test_a_bad_since_is_named_before_kafka_is_asked(since: str) -> None:
    code, said = failed("kefu.sla.events.v1", "--since", since, "--bootstrap-servers", NOBODY)
    assert code == 2
    assert said.startswith(f"--since {since}: expected a ")


def test_no_kafka_is_exit_code_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kefu.topic_reader.LIMIT_S", 1.0)
    code, said = failed("kefu.sla.events.v1", "--bootstrap-servers", NOBODY)
    assert code == 3
    assert said.startswith("kefu.sla.events.v1: ")


def example() -> Any:
    """`examples/read_scorecards.py`."""
    spec = importlib.util.spec_from_file_location("example", ROOT / "examples/read_scorecards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_tells_each_card_once_and_its_revisions_and_skips_types_it_does_not_know() -> (
    None
):
    first, second, other = card(scores=(50,)), card(scores=(50, 90), revision=2), card(hour=1)
    log = [encode(one) for one in (first, first, second, issue(), other, first)]
    log.insert(1, LATER_TYPE)
    found = [(verdict, one.id) for verdict, one in example().changes(log)]
    assert found == [
        (Verdict.NEW, first.id),
        (Verdict.REVISION, second.id),
        (Verdict.NEW, other.id),
    ]


def test_the_example_forgets_as_it_goes_and_still_knows_the_newest_cards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = example()
    monkeypatch.setattr(module, "FORGET_EVERY", 10)
    cards = [card(hour=hour, scores=(80,)) for hour in range(24 * 20)]
    log = [encode(one) for one in (*cards, cards[-1], cards[-24 * 13], cards[0])]
    *_, last = found = [one.id for _, one in module.changes(log)]
    assert found[:-1] == [one.id for one in cards]
    assert last == cards[0].id, "of a time that was forgotten: new again"


def test_the_example_stops_at_a_value_that_is_broken() -> None:
    with pytest.raises(InvalidEvent, match="not JSON"):
        list(example().changes([b"{"]))
