"""The enriched message: one for everything that anybody said."""

from pipeline.ids import output_id
from pipeline.responses import Answer
from pipeline.step import Step
from pipeline.texts import ReadText
from schemas.codec import from_ms
from schemas.events import CallUtterance, ConversationMessage
from schemas.outputs import EnrichedData, MessageEnriched


def enrich(
    step: Step, event: ConversationMessage | CallUtterance, read: ReadText, answer: Answer | None
) -> None:
    """Say what is known of one message or utterance."""
    it = step.interaction
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
        tenant=it.tenant,
        channel=it.channel,
        queue=it.queue,
        priority=it.priority,
        segment=it.segment,
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
    step.tallies.at(step.time_ms, it).messages += 1
    step.out.append(
        MessageEnriched(
            id=output_id("enriched", it.kind, it.id, event.source, event.id),
            time=from_ms(step.time_ms),
            subject=it.id,
            data=data,
        )
    )
