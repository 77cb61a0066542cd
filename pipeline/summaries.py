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
    it, clocks, quality = step.interaction, step.interaction.clocks, step.interaction.quality
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
                customer_messages=quality.customer_messages,
                agent_messages=quality.agent_messages,
                bot_messages=quality.bot_messages,
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
                negative_messages=quality.negative_messages,
                last_mood=_thousandth(quality.last_permille),
                mood=_rounded(quality.mood.value),
                mood_lowest=_rounded(quality.mood.lowest),
                mood_fall=_rounded(quality.mood.fall),
                issues=list(quality.issues),
                score=None if quality.closed is None else quality.closed.score,
                about=None if quality.closed is None else quality.closed.subject,
                purpose=None if quality.closed is None else quality.closed.purpose,
                rating=None if quality.rated is None else quality.rated.permille,
                policy_version=step.config.sla.version,
                rules_version=step.config.qa.version,
                caused_by=[step.cause] if step.cause else [],
                **dimensions(it),
            ),
        )
    )


def _thousandth(permille: int | None) -> float | None:
    return None if permille is None else permille / 1000


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
