"""Rebuilds the states of partitions from the changelog, in steps of a fraction of a second.

A million open interactions take minutes. Between the steps the stage answers Kafka, which would
else give its partitions to others, who would begin anew; gives up what is revoked; and hears that
it is to stop.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterable

from agents.changelog import ChangelogReader, Checkpoint
from agents.task import Task
from pipeline.engine import Engine
from schemas.topics import changelog_of

log = logging.getLogger("kefu.stage")

Place = tuple[str, int]
"""An input topic and one of its partitions."""
EngineFactory = Callable[[str], Engine]
"""Makes the engine of the partition with that name."""
RESTORED_AT_ONCE = 1_000
"""Interactions: a tenth of a second."""


class Recovery:
    """Becomes the tasks of some partitions."""

    def __init__(
        self, changelog: ChangelogReader, make_engine: EngineFactory, places: Iterable[Place]
    ) -> None:
        self._changelog = changelog
        self._make_engine = make_engine
        self._steps = self._run(sorted(places))
        self._started = time.monotonic()
        self.tasks: dict[Place, Task] = {}

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._started

    def step(self) -> bool:
        """Go on for a moment; True when `tasks` is complete. Raises as `ChangelogReader` does, and
        `StateVersionError` for the state of a newer version.
        """
        try:
            next(self._steps)
        except StopIteration:
            return True
        return False

    def close(self) -> None:
        """Give up."""
        self._steps.close()

    def _run(self, places: list[Place]) -> Generator[None, None, None]:
        by_topic: dict[str, list[int]] = {}
        for topic, partition in places:
            by_topic.setdefault(topic, []).append(partition)
        topic_ids = self._changelog.topic_ids(by_topic)
        for topic, numbers in by_topic.items():
            topic_id = topic_ids.get(topic, "")
            checkpoints = {number: Checkpoint() for number in numbers}
            yield from self._changelog.reading(changelog_of(topic), checkpoints)
            for partition, checkpoint in checkpoints.items():
                yield from self._restore(topic, partition, checkpoint, topic_id)

    def _restore(
        self, topic: str, partition: int, checkpoint: Checkpoint, topic_id: str
    ) -> Generator[None, None, None]:
        engine = self._make_engine(f"{topic}/{partition}")
        engine.restore(checkpoint.partition, {})
        records = checkpoint.records
        keys = list(records)
        for start in range(0, len(keys), RESTORED_AT_ONCE):
            # Taken out: what is restored need not be held twice.
            part = {key: records.pop(key) for key in keys[start : start + RESTORED_AT_ONCE]}
            engine.restore(None, part)
            yield
        task = Task(topic, partition, engine, checkpoint, topic_id)
        if task.ledger < checkpoint.offset:
            log.warning(
                "%s/%s was made anew: read from its beginning, its state is kept",
                topic,
                partition,
                extra={"topic": topic, "partition": partition},
            )
        self.tasks[topic, partition] = task
