"""A worker of today goes on from a checkpoint of version 1, and refuses one of a later version."""

from __future__ import annotations

import pytest

from pipeline.engine import Engine
from pipeline.state import STATE_VERSION, PartitionState, StateVersionError, encode_state
from tests.golden.make_state_v1 import TARGET, config, restored, said


def test_an_engine_goes_on_from_a_stored_checkpoint_as_the_one_that_wrote_it() -> None:
    engine, events, expected = restored(TARGET.read_bytes().splitlines())
    found = said(engine, events)
    assert found == expected
    print(f"{len(events)} events after the checkpoint, {len(found)} outputs as they were")
    assert len(found) > 200


def test_a_checkpoint_of_a_later_version_is_refused_before_anything_is_read() -> None:
    later = encode_state(PartitionState(version=STATE_VERSION + 1, pending=[]))
    engine = Engine(config(), origin="later")
    with pytest.raises(StateVersionError, match="upgrade kefu"):
        engine.restore(later, {"c:1": b"not of this version"})
