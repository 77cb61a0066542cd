"""What each conversation event means for the state of its interaction."""

from typing import assert_never

from pipeline.qa.rules import QualityRules
from pipeline.sentiment.scorer import Scorer
from pipeline.speech import Answer, enrich
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
    TransferredData,
)


def apply_conversation(
    step: Step,
    event: ConversationEvent,
    rules: QualityRules,
    scorer: Scorer | None,
    answer: Answer | None,
) -> None:
    """Move the interaction on by one event, whose clocks have been moved, and say what follows."""
    match event:
        case ConversationMessage():
            _message(step, event, rules, scorer, answer)
        case ConversationTransferred():
            transfer(step, event.data)
        case ConversationOpened() | ConversationResolved() | ConversationReopened():
            step.milestone = True
        case ConversationRated():
            rate(step, event.data.score, event.data.scale)
        case (
            ConversationAssigned()
            | ConversationPaused()
            | ConversationResumed()
            | ConversationNode()
            | ConversationClosed()
        ):
            pass  # what they mean, the clocks and the engine know
        case _:
            assert_never(event)


def transfer(step: Step, data: TransferredData) -> None:
    """Hand the interaction over."""
    it = step.interaction
    it.transfers += 1
    if data.to_agent_id is not None:
        it.agent_id = data.to_agent_id
        it.agent_tier = data.to_agent_tier or it.agent_tier


def close(step: Step, rules: QualityRules) -> None:
    """The interaction has just ended: decide what can only be known now, score it."""
    it = step.interaction
    rules.on_close(step)
    tally = step.tally()
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
    tally = step.tally()
    if it.rating is None:
        tally.rated += 1
        tally.rating_permille_sum += permille
    else:
        tally.rating_permille_sum += permille - it.rating
    it.rating = permille
    step.milestone = True


def _message(
    step: Step,
    event: ConversationMessage,
    rules: QualityRules,
    scorer: Scorer | None,
    answer: Answer | None,
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
        enrich(step, event, read, answer)
        rules.on_agent(step, read.shown)


def _customer(
    step: Step, event: ConversationMessage, rules: QualityRules, scorer: Scorer | None
) -> None:
    read = read_text(event.data.text, scorer=scorer, is_customer=True)
    enrich(step, event, read, None)
    feel(step, read)
    rules.on_customer(step, read.shown, is_negative=read.label == "negative")


def feel(step: Step, read: ReadText) -> None:
    """Count the mood of one customer text."""
    it = step.interaction
    it.customer_messages += 1
    if read.sentiment is None:
        return
    it.last_sentiment = read.sentiment.score
    tally = step.tally()
    match read.sentiment.label:
        case "negative":
            it.negative_messages += 1
            tally.negative += 1
        case "neutral":
            tally.neutral += 1
        case "positive":
            tally.positive += 1
