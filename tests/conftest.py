"""What several suites share: one real Kafka for the whole run, and the real conversations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kefu.kafka_jars import progress_bar
from kefu.local_kafka import LocalKafka

# How long an example takes depends on what the machine does besides; speed is for `kefu bench`.
settings.register_profile("kefu", deadline=None)
settings.load_profile("kefu")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    """One running broker for all tests; each test makes topics of its own names."""
    with progress_bar() as progress, LocalKafka(progress=progress) as broker:
        yield broker


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real conversations, which are not part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real conversations (../shared/data beside the project) are not here")
    return SHARED_DATA
