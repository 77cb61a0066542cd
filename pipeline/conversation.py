"""What each conversation event means for the state of its interaction."""

from typing import assert_never

from pipeline.qa.rules import QualityRules
from pipeline.responses import answer, cancel, is_closing_pleasantry, open_wait
from pipeline.sentiment.scorer import Scorer
from pipeline.speech import enrich
from pipeline.step import Step
from pipeline.texts import ReadText, read_text
from schemas.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationEvent,
    ConversationMessage,
    ConversationNode,
    ConversationOpened,
    ConversationPaused,
    ConversationRated,
    ConversationReopened,
    ConversationResolved,
    ConversationResumed,
    ConversationTransferred,
    MessageData,
    TransferredData,
)


def apply_conversation(
    step: Step, event: ConversationEvent, rules: QualityRules, scorer: Scorer | None
) -> None:
    """Move the interaction on by one event and say what follows."""
    it = step.interaction
    match event:
        case ConversationMessage():
            _message(step, event, rules, scorer)
        case ConversationOpened():
            it.opened_ms = min(it.opened_ms, step.time_ms)
            step.milestone = True
        case ConversationTransferred():
            transfer(step, event.data)
        case ConversationResolved():
            if it.status == "open":
                it.status = "resolved"
            step.milestone = True
        case ConversationReopened():
            it.status, it.closed_ms = "open", None
            it.first_response_ms = None
            step.milestone = True
        case ConversationClosed():
            close(step, rules)
        case ConversationRated():
            rate(step, event.data.score, event.data.scale)
        case (
            ConversationAssigned()
            | ConversationPaused()
            | ConversationResumed()
            | ConversationNode()
        ):
            pass  # their dimensions are already merged; their clocks come with the SLA engine
        case _:
            assert_never(event)


def transfer(step: Step, data: TransferredData) -> None:
    """Hand the interaction over."""
    it = step.interaction
    it.transfers += 1
    if data.to_agent_id is not None:
        it.agent_id = data.to_agent_id
        it.agent_tier = data.to_agent_tier or it.agent_tier
    if data.to_queue is not None:
        it.queue = data.to_queue


def close(step: Step, rules: QualityRules) -> None:
    """End the interaction: stop its clocks, decide what can only be known now, score it."""
    it = step.interaction
    if it.status == "closed":
        return
    cancel(step)
    rules.on_close(step)
    it.status, it.closed_ms = "closed", step.time_ms
    tally = step.tallies.at(step.time_ms, it)
    tally.closed += 1
    step.milestone = True
    if it.agent_messages and not it.scored:
        it.scored = True
        it.score = max(0, 100 - it.deducted)
        tally.scored += 1
        tally.score_sum += it.score
        tally.failed += it.score < step.config.qa.pass_score


def rate(step: Step, score: int, scale: int) -> None:
    """Note the customer's rating; the newest one counts."""
    it = step.interaction
    permille = min(1000, score * 1000 // scale)
    tally = step.tallies.at(step.time_ms, it)
    if it.rating is None:
        tally.rated += 1
        tally.rating_permille_sum += permille
    else:
        tally.rating_permille_sum += permille - it.rating
    it.rating = permille
    step.milestone = True


def _message(
    step: Step, event: ConversationMessage, rules: QualityRules, scorer: Scorer | None
) -> None:
    data = event.data
    if data.private or data.role == "system":
        enrich(step, event, read_text(data.text, scorer=None, is_customer=False), None)
    elif data.role == "customer":
        _customer(step, event, rules, scorer)
    elif data.role == "bot" or data.auto:
        step.interaction.bot_messages += 1
        enrich(step, event, read_text(data.text, scorer=None, is_customer=False), None)
    else:
        read = read_text(data.text, scorer=None, is_customer=False)
        step.interaction.agent_messages += 1
        enrich(step, event, read, answer(step))
        rules.on_agent(step, read.shown)


def _customer(
    step: Step, event: ConversationMessage, rules: QualityRules, scorer: Scorer | None
) -> None:
    read = read_text(event.data.text, scorer=scorer, is_customer=True)
    enrich(step, event, read, None)
    feel(step, read)
    rules.on_customer(step, read.shown, is_negative=read.label == "negative")
    it = step.interaction
    if it.first_response_ms is None:
        open_wait(step, "first_response")
    elif not _expects_no_answer(step, event.data):
        open_wait(step, "next_response")


def _expects_no_answer(step: Step, data: MessageData) -> bool:
    pleasantries = step.config.sla.closing_pleasantries
    return data.text is not None and is_closing_pleasantry(data.text, pleasantries)


def feel(step: Step, read: ReadText) -> None:
    """Count the mood of one customer text."""
    it = step.interaction
    it.customer_messages += 1
    if read.sentiment is None:
        return
    it.last_sentiment = read.sentiment.score
    tally = step.tallies.at(step.time_ms, it)
    match read.sentiment.label:
        case "negative":
            it.negative_messages += 1
            tally.negative += 1
        case "neutral":
            tally.neutral += 1
        case "positive":
            tally.positive += 1
