"""What each call event means for the state of its interaction."""

from typing import assert_never

from pipeline.conversation import feel, transfer
from pipeline.qa.rules import QualityRules
from pipeline.sentiment.scorer import Scorer
from pipeline.speech import enrich
from pipeline.step import Step
from pipeline.texts import read_text
from schemas.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHold,
    CallQueued,
    CallRetrieved,
    CallTransferred,
    CallUtterance,
    CallWrapUpEnded,
)


def apply_call(step: Step, event: CallEvent, rules: QualityRules, scorer: Scorer | None) -> None:
    """Move the call on by one event, whose clocks have been moved, and say what follows."""
    match event:
        case CallUtterance():
            _utterance(step, event, rules, scorer)
        case CallQueued() | CallAnswered() | CallWrapUpEnded():
            step.milestone = True
        case CallTransferred():
            transfer(step, event.data)
        case CallHold() | CallRetrieved() | CallEnded():
            pass  # what they mean, the clocks and the engine know
        case _:
            assert_never(event)


def _utterance(
    step: Step, event: CallUtterance, rules: QualityRules, scorer: Scorer | None
) -> None:
    is_customer = event.data.role == "customer"
    read = read_text(
        event.data.text, scorer=scorer if is_customer else None, is_customer=is_customer
    )
    enrich(step, event, read, None)
    match event.data.role:
        case "customer":
            feel(step, read)
            rules.on_customer(step, read.shown, is_negative=read.label == "negative")
        case "agent":
            step.interaction.agent_messages += 1
            rules.on_agent(step, read.shown)
        case "bot":
            step.interaction.bot_messages += 1
        case "system":
            pass
        case _:
            assert_never(event.data.role)
