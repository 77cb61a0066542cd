"""The engine's configuration: typed, checked once, trusted afterwards.

`parse_sla` and `parse_qa` take the text of `config/sla.yaml` and `config/qa_rules.yaml`. What is
wrong is one `ConfigError` that names file, line, key and what is allowed.
"""

from typing import Annotated

from msgspec import Meta, Struct

from pipeline.sla_file import SlaPolicy
from pipeline.yaml_reader import parse_yaml
from schemas.envelope import Label
from schemas.events import HangupCause
from schemas.outputs import Severity

PositiveSeconds = Annotated[float, Meta(gt=0, le=31_536_000)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], Meta(min_length=1, max_length=2_000)]
Points = Annotated[int, Meta(ge=0, le=100)]
Turns = Annotated[int, Meta(ge=1, le=100)]


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every quality rule says of itself."""

    name: Label
    name_zh: Label
    severity: Severity
    points: Points


class WithinTurns(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the words must be said within so many agent messages."""

    any_of: Words
    within_turns: Turns


class NeverSaid(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """None of the words may be said."""

    any_of: Words


class WithinSeconds(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """After one of the words an answer must come within so many seconds."""

    any_of: Words
    within_seconds: PositiveSeconds


class HangUp(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The causes that make a hang-up abnormal."""

    causes: Annotated[frozenset[HangupCause], Meta(min_length=1)]


class QaRules(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/qa_rules.yaml`; the comments in that file say what each key means."""

    version: Label
    greeting: WithinTurns
    forbidden_words: NeverSaid
    no_apology: WithinTurns
    asked_for_human: WithinSeconds
    abnormal_hang_up: HangUp
    pass_score: Annotated[int, Meta(ge=0, le=100)] = 60


class EngineConfig(Struct, frozen=True):
    """Everything an engine is configured with."""

    sla: SlaPolicy
    qa: QaRules


def parse_qa(text: str, filename: str) -> QaRules:
    """Parse `config/qa_rules.yaml`; raises `ConfigError`."""
    return parse_yaml(text, filename, QaRules)
