"""The enriched message: one for everything that anybody said."""

from pipeline.clocks.instance import Instance
from pipeline.ids import output_id
from pipeline.quality.notes import Answer
from pipeline.step import Step
from pipeline.texts import ReadText
from schemas.codec import from_ms
from schemas.events import CallUtterance, ConversationMessage
from schemas.outputs import EnrichedData, MessageEnriched


def answers_of(changed: list[Instance]) -> dict[str, Answer]:
    """The response waits that ended, by the event that ended them."""
    return {
        instance.end_id: Answer(instance.clock, instance.counted_ms)
        for instance in changed
        if (instance.clock == "first_response" or instance.clock == "next_response")
        and instance.end == "stopped"
    }


def enrich(
    step: Step, event: ConversationMessage | CallUtterance, read: ReadText, answer: Answer | None
) -> None:
    """Say what is known of one message or utterance."""
    it, key = step.interaction, step.interaction.clocks.key
    data = EnrichedData(
        kind=it.kind,
        event_id=event.id,
        event_source=event.source,
        role=event.data.role,
        text=read.shown,
        masked=read.masked,
        content_type="voice",
        flags=read.flags,
        sentiment=read.sentiment,
        intents=read.intents,
        risk_words=read.risk_words,
        caused_by=[event.id],
        tenant=key.tenant,
        channel=key.channel,
        queue=key.queue,
        priority=it.priority,
        segment=key.segment,
        customer_id=it.customer_id,
        agent_id=it.agent_id,
        agent_tier=it.agent_tier,
    )
    if isinstance(event, ConversationMessage):
        data.content_type = event.data.content_type
        if event.data.private:
            data.flags.append("private")
        if event.data.auto:
            data.flags.append("auto")
    else:
        data.start_ms, data.end_ms = event.data.start_ms, event.data.end_ms
    if answer is not None:
        data.response, data.response_ms = answer.clock, answer.elapsed_ms
    step.out.append(
        MessageEnriched(
            id=output_id("enriched", it.kind, it.id, event.source, event.id),
            time=from_ms(step.time_ms),
            subject=it.id,
            data=data,
        )
    )
