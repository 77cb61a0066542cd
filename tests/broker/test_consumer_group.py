"""On real Kafka: no callback is left for the moment in which the client ends."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, TopicPartition

from agents.connection import KafkaConnection
from agents.consumer_group import leave
from schemas.topics import CONVERSATIONS
from tests.broker.harness import fresh_broker

pytestmark = pytest.mark.broker

HEARTBEAT_S = 0.1
LONG_ENOUGH_S = 20 * HEARTBEAT_S
"""By then a member has heard of a rebalance, or of its partitions, and its callback is waiting."""


class Member(Consumer):
    """Notes the order in which its callbacks run and it is closed."""

    def __init__(self, connection: KafkaConnection, group: str) -> None:
        super().__init__(
            {
                **connection.confluent(),
                "group.id": group,
                "enable.auto.commit": False,
                "heartbeat.interval.ms": int(HEARTBEAT_S * 1_000),
                "partition.assignment.strategy": "range",
            }
        )
        self.said: list[str] = []
        self.subscribe([CONVERSATIONS.name], on_assign=self._assigned, on_revoke=self._revoked)

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.said.append("assigned")
        self.assign(partitions)

    def _revoked(self, _: Consumer, __: list[TopicPartition]) -> None:
        self.said.append("revoked")
        self.unassign()

    def wait_until_assigned(self) -> None:
        while not self.said:
            self.consume(1, timeout=0.05)

    def close(self) -> None:
        self.said.append("closing")
        super().close()
        self.said.append("closed")


def test_callbacks_run_before_the_client_ends() -> None:
    with fresh_broker() as connection:
        at_work = Member(connection, "at-work")
        at_work.wait_until_assigned()

        to_be_revoked, other = Member(connection, "revoked"), Member(connection, "revoked")
        to_be_revoked.wait_until_assigned()
        other.consume(1, timeout=LONG_ENOUGH_S)
        assert to_be_revoked.said == ["assigned"]

        to_be_assigned = Member(connection, "assigned")
        other.consume(1, timeout=LONG_ENOUGH_S)
        assert not to_be_assigned.said

        for member in (at_work, to_be_revoked, to_be_assigned, other):
            leave(member)
            assert member.said[-2:] == ["closing", "closed"]
        assert at_work.said == to_be_revoked.said == ["assigned", "revoked", "closing", "closed"]
