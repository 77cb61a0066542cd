"""The engine against crashes, repeats, an oracle that sees the whole log, and coarse ticks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import Engine
from schemas.events import AgentPresence
from schemas.outputs import Duplicate, Output, QaFacts
from tests.properties.event_logs import Step, as_bytes, logs, take
from tests.unit.builders import WordScorer, engine

STEADY = settings(deadline=None, derandomize=True, database=None)
SCORER = WordScorer()


def undisturbed(log: list[Step]) -> list[Output | str]:
    of = engine(scorer=SCORER)
    return [output for step in log for output in take(of, step)]


def with_crashes(log: list[Step], cuts: set[int]) -> list[Output | str]:
    """The outputs where a new engine takes up from a checkpoint before each step of `cuts`."""
    of = engine(scorer=SCORER)
    stored: dict[str, bytes] = {}
    out: list[Output | str] = []
    for index, step in enumerate(log):
        if index in cuts:
            for key, value in of.take_changes():
                if value is None:
                    stored.pop(key, None)
                else:
                    stored[key] = value
            partition, of = of.encode_partition(), engine(scorer=SCORER)
            of.restore(partition, dict(sorted(stored.items(), reverse=True)))
        out.extend(take(of, step))
    return out


@settings(STEADY, max_examples=120)
@given(logs(), st.data())
def test_a_crash_at_any_point_changes_no_byte_of_what_follows(
    log: list[Step], data: st.DataObject
) -> None:
    expected = as_bytes(undisturbed(log))
    every = set(range(len(log)))
    some = data.draw(st.sets(st.integers(0, len(log) - 1), max_size=4))
    for cuts in (some, every):
        assert as_bytes(with_crashes(log, cuts)) == expected
