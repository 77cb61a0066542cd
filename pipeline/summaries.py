"""The summary of one interaction, revised at each milestone."""

from pipeline.ids import output_id
from pipeline.step import Step, dimensions
from schemas.codec import from_ms
from schemas.outputs import InteractionSummary, SummaryData


def summarise(step: Step, *, has_expired: bool = False) -> None:
    """Publish the state of the interaction as it is now.

    The revision grows with each summary and is never below the event time it speaks of, so that an
    interaction that comes back after it was forgotten goes on above its old revisions.
    """
    it, clocks = step.interaction, step.interaction.clocks
    it.revision = max(it.revision + 1, step.time_ms)
    step.out.append(
        InteractionSummary(
            id=output_id("summary", it.kind, it.id, str(it.revision)),
            time=from_ms(step.time_ms),
            subject=it.id,
            data=SummaryData(
                kind=it.kind,
                state="expired" if has_expired else it.status,
                opened=from_ms(it.opened_ms),
                closed=None if clocks.closed_ms is None else from_ms(clocks.closed_ms),
                revision=it.revision,
                customer_messages=it.customer_messages,
                agent_messages=it.agent_messages,
                bot_messages=it.bot_messages,
                transfers=it.transfers,
                first_response_ms=clocks.first_response_ms,
                joined_response_ms=clocks.joined_response_ms,
                next_responses=clocks.next_responses,
                next_response_ms_sum=clocks.next_response_ms_sum,
                resolution_first_ms=clocks.resolution_first_ms,
                resolution_total_ms=clocks.resolution_total_ms,
                queue_wait_ms=clocks.queue_wait_ms,
                abandoned=clocks.abandoned,
                talk_ms=clocks.talk_ms,
                hold_ms=clocks.hold_ms,
                wrap_up_ms=clocks.wrap_up_ms,
                breaches=it.breaches,
                negative_messages=it.negative_messages,
                last_sentiment=it.last_sentiment,
                issues=list(it.issues),
                score=it.score,
                rating=it.rating,
                policy_version=step.config.sla.version,
                rules_version=step.config.qa.version,
                caused_by=[step.cause] if step.cause else [],
                **dimensions(it),
            ),
        )
    )
