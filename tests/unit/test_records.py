"""Quiet interactions are kept as bytes, and come back as they were."""

from __future__ import annotations

import pytest

from pipeline import records as records_module
from pipeline.quality.state import Quality
from pipeline.records import Records
from pipeline.state import Interaction, encode_state
from schemas.outputs import SlaBreached
from tests.unit.builders import CONFIG, agent, customer, engine, only, run, sla


def interaction(name: str) -> Interaction:
    return Interaction(name, "conversation", 1, 2, 3, Quality.new(CONFIG.qa, "conversation"))


@pytest.fixture
def few_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "MAX_BUSY", 2)


@pytest.mark.usefixtures("few_busy")
def test_what_was_touched_longest_ago_becomes_bytes_and_comes_back_equal() -> None:
    records = Records()
    for name in ("a", "b", "c"):
        records.add(name, interaction(name))
    assert len(records) == 3
    assert records.get("a") == interaction("a")
    assert records.encoded("b") == encode_state(interaction("b"))
    assert records.get("nobody") is None
    assert records.encoded("nobody") is None


@pytest.mark.usefixtures("few_busy")
def test_busy_and_quiet_ones_can_be_removed() -> None:
    records = Records()
    for name in ("a", "b", "c"):
        records.add(name, interaction(name))
    for name in ("a", "c"):
        records.remove(name)
    assert len(records) == 1
    assert records.get("a") is None
    assert records.get("b") == interaction("b")


@pytest.mark.usefixtures("few_busy")
def test_many_quiet_conversations_are_answered_and_breached_as_busy_ones() -> None:
    of = engine()
    run(of, *[customer(number, to=f"c{number}") for number in range(20)])
    answers = run(of, *[agent(100, to=f"c{number}") for number in range(0, 20, 2)])
    assert len(sla(answers)) == 10
    breaches = only(run(of, 600), SlaBreached)
    assert [b.subject for b in breaches] == [f"c{number}" for number in range(1, 20, 2)]
    changes = dict(of.take_changes())
    assert len(changes) == 20
    assert None not in changes.values()
