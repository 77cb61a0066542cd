"""What an event says of its interaction: where it belongs, who takes part, which number it has."""

from pipeline.clocks.fold import NO_KEY
from pipeline.policies import PolicyKey
from pipeline.state import Interaction
from schemas.events import (
    CallTransferred,
    ConversationTransferred,
    InteractionEvent,
    TransferredData,
)

TRANSFERS = (ConversationTransferred, CallTransferred)


def sequence_of(event: InteractionEvent) -> int:
    """The event's number where it can order events; see `docs/clocks.md`."""
    sequence = event.sequence
    if isinstance(sequence, str) and sequence.isascii() and sequence.isdecimal():
        sequence = int(sequence)
    return sequence if isinstance(sequence, int) and 0 <= sequence < 2**32 else 0


def named(event: InteractionEvent) -> PolicyKey:
    """The dimensions that the event names; a transfer's new queue is its queue."""
    data = event.data
    queue = data.queue
    if isinstance(event, TRANSFERS):
        queue = event.data.to_queue or queue
    tenant, channel, priority, segment = data.tenant, data.channel, data.priority, data.segment
    if tenant is channel is queue is priority is segment is None:
        return NO_KEY
    return PolicyKey(tenant, channel, queue, priority, segment)


def transfer(it: Interaction, data: TransferredData) -> None:
    """Hand the interaction over."""
    it.transfers += 1
    if data.to_agent_id is not None:
        it.agent_id = data.to_agent_id
        it.agent_tier = data.to_agent_tier or it.agent_tier


def merge(it: Interaction, event: InteractionEvent, time_ms: int) -> None:
    """Take over who takes part; an event older than the newest adds only what is not known."""
    data = event.data
    newest = time_ms >= it.last_ms
    if data.customer_id is not None and (newest or it.customer_id is None):
        it.customer_id = data.customer_id
    if data.agent_id is not None and (newest or it.agent_id is None):
        it.agent_id = data.agent_id
    if data.agent_tier is not None and (newest or it.agent_tier is None):
        it.agent_tier = data.agent_tier
    if newest:
        it.last_ms = time_ms
    it.opened_ms = min(it.opened_ms, time_ms)
    if event.synthetictime is True:
        it.synthetic = True
