"""The grouped stream: facts of all input partitions, regrouped by queue into hourly scorecards.

Faust brings the records, but its bookkeeping is not trusted (docs/decisions/0001-runtime.md): a
ledger says what is in the state, and a hole above it is read from Kafka before it is believed (the
markers of transactions leave one behind each commit). Each facts partition has a transactional
producer of its own, so that a worker that lost the partition cannot write.
"""

import asyncio
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from confluent_kafka import KafkaException

from agents.changelog import LEDGER_KEY, ChangelogReader, encode_ledger, packed
from agents.export import Exporter
from agents.outbox import Outbox, TransactionAbortedError
from agents.ranges import RangeReader
from agents.settings import WorkerSettings
from pipeline.config import EngineConfig
from pipeline.scorecards import Scorecards
from schemas.codec import InvalidEvent, decode_output
from schemas.outputs import Output, QaFacts
from schemas.topics import FACTS, changelog_of

log = logging.getLogger("kefu.scorecards")

OFFSETS_AT_ONCE = 20_000
"""How much of a backlog is read, and goes into one transaction, at once."""

Record = tuple[int, int, bytes]
"""Partition, offset and value of one fact."""


def _place(number: int) -> dict[str, Any]:
    """The fields of a log line on that partition."""
    return {"topic": FACTS.name, "partition": number}


class _Partition:
    """One facts partition: its scorecards, its ledger, its producer. Used on one thread."""

    def __init__(
        self, number: int, stage: "ScorecardStage", changelog: ChangelogReader, topic_id: str
    ) -> None:
        settings = stage.settings
        self.number = number
        self._outbox = Outbox(
            settings.connection, f"{settings.app_id}.scorecards.{number}", 0, stage.stopping
        )
        checkpoint = changelog.read(changelog_of(FACTS.name), [number])[number]
        self._scorecards = Scorecards(stage.config, stage.origins)
        self._scorecards.restore(checkpoint.partition, checkpoint.records)
        self._ledger = checkpoint.offset_in(topic_id)
        self._is_confirmed = True
        self._outputs: list[Output] = []
        self.topic_id = topic_id or checkpoint.topic_id

    def process(self, ranges: RangeReader, records: Iterable[tuple[int, bytes]]) -> list[Output]:
        """Feed facts in order, the ones that were skipped before them too."""
        outputs: list[Output] = []
        for offset, value in records:
            outputs += self._fill(ranges, offset)
            if offset > self._ledger:
                self._feed(offset, value)
        return outputs + self._confirm()

    def catch_up(self, ranges: RangeReader) -> list[Output]:
        """Feed what no later record would ever show to be missing."""
        return self._fill(ranges, ranges.end(FACTS.name, self.number))

    def _fill(self, ranges: RangeReader, end: int) -> list[Output]:
        """Feed everything above the ledger and below `end`, confirmed in parts."""
        outputs: list[Output] = []
        for start in range(self._ledger + 1, end, OFFSETS_AT_ONCE):
            stop = min(end, start + OFFSETS_AT_ONCE)
            for offset, value in ranges.read(FACTS.name, self.number, start, stop):
                self._feed(offset, value)
            outputs += self._confirm()
        return outputs

    def _feed(self, offset: int, value: bytes) -> None:
        self._ledger, self._is_confirmed = offset, False
        try:
            facts = decode_output(value)
        except InvalidEvent as invalid:
            reason = invalid.reason.value
            log.error(
                "a fact on %s cannot be read: %s",
                FACTS.name,
                reason,
                extra=_place(self.number) | {"offset": offset, "reason": reason},
            )
            return
        if isinstance(facts, QaFacts):
            self._outputs.extend(self._scorecards.feed(facts))

    def _confirm(self) -> list[Output]:
        """Write what follows from the facts since the last time, and the checkpoint behind them."""
        if self._is_confirmed:
            return []
        for output in self._outputs:
            self._outbox.send_output(output)
        topic = changelog_of(FACTS.name)
        for key, record in self._scorecards.take_changes():
            self._outbox.send(topic, key.encode(), packed(record), self.number)
        ledger = encode_ledger(self._ledger, self._scorecards.encode_partition(), self.topic_id)
        self._outbox.send(topic, LEDGER_KEY.encode(), ledger, self.number)
        self._outbox.commit()
        self._is_confirmed = True
        outputs, self._outputs = self._outputs, []
        return outputs


class ScorecardStage:
    """The facts partitions that Faust has assigned to this worker."""

    def __init__(
        self,
        settings: WorkerSettings,
        config: EngineConfig,
        origins: frozenset[str],
        exporter: Exporter,
        stopping: threading.Event,
    ) -> None:
        """Once the worker is `stopping`, what waits for Kafka gives up."""
        self.settings = settings
        self.stopping = stopping
        self.config = config
        self.origins = origins
        self._exporter = exporter
        self._assigned: set[int] = set()
        self._partitions: dict[int, _Partition] = {}
        self._changelog: ChangelogReader
        self._ranges: RangeReader
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scorecards")
        self._lock = asyncio.Lock()

    def assign(self, numbers: set[int]) -> None:
        """Give up what is no longer ours. What is new is opened by the next call of the others: the
        whole group waits for this one.
        """
        for number in self._assigned - numbers:
            self._exporter.facts_revoked(number)
            self._partitions.pop(number, None)
        self._assigned = numbers

    async def process(self, records: Iterable[Record]) -> None:
        """Take new records; returns when what follows from them is confirmed, or has to wait for
        `catch_up`, because Kafka is away.
        """
        by_partition: dict[int, list[tuple[int, bytes]]] = {}
        for number, offset, value in records:
            by_partition.setdefault(number, []).append((offset, value))
        async with self._lock:
            await self._open_missing()
            for number, values in by_partition.items():
                partition = self._partitions.get(number)
                if partition and not await self._run(partition, partition.process, values):
                    return

    async def catch_up(self) -> None:
        """Open what is new and what a failure of Kafka closed, and look behind each ledger for
        records that Faust never brought.
        """
        async with self._lock:
            await self._close_if_made_anew()
            await self._open_missing()
            for partition in list(self._partitions.values()):
                if not await self._run(partition, partition.catch_up):
                    return

    async def _close_if_made_anew(self) -> None:
        """Forget partitions of a topic that was deleted and made again: their ledgers mean nothing
        there.
        """
        if not self._partitions:
            return
        try:
            topic_id = await self._on_thread(self._topic_id)
        except KafkaException:
            return  # Kafka is away; whoever needs it says so
        self._partitions = {
            number: partition
            for number, partition in self._partitions.items()
            if not topic_id or not partition.topic_id or partition.topic_id == topic_id
        }

    def _topic_id(self) -> str:
        """Kafka's own id of the facts topic; empty where it has none."""
        return self._changelog.topic_ids([FACTS.name]).get(FACTS.name, "")

    async def _open_missing(self) -> None:
        missing = sorted(self._assigned - self._partitions.keys())
        if not missing:
            return
        try:
            topic_id = await self._on_thread(self._renew_readers)
            for number in missing:
                opened = await self._on_thread(_Partition, number, self, self._changelog, topic_id)
                if number in self._assigned:  # it may have gone meanwhile
                    self._partitions[number] = opened
        except KafkaException as failure:
            log.warning("partitions cannot be opened yet: %s", failure)

    def _renew_readers(self) -> str:
        """A client that saw the broker go may ask with the leader epoch of before for ever
        (FENCED_LEADER_EPOCH). Returns the id of the facts topic.
        """
        self._changelog = ChangelogReader(self.settings.connection, self.stopping)
        self._ranges = RangeReader(self.settings.connection, self.stopping)
        return self._topic_id()

    async def _run(self, partition: _Partition, call: Any, *arguments: Any) -> bool:
        """Whether Kafka took it. Where it did not, the others wait too: each of them would wait for
        Kafka as long again, and with readers that are new they need not.
        """
        number = partition.number
        try:
            outputs = await self._on_thread(call, self._ranges, *arguments)
        except (TransactionAbortedError, KafkaException) as failure:
            # Fenced by the next owner, or Kafka is away. Forgetting the partition is safe: while it
            # is still ours, the next call opens it again and reads what it missed.
            log.warning("partition %s starts over: %s", number, failure, extra=_place(number))
            if self._partitions.get(number) is partition:
                del self._partitions[number]
            return False
        if self._partitions.get(number) is partition:
            self._exporter.outputs(outputs, number)
        return True

    async def _on_thread(self, call: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
