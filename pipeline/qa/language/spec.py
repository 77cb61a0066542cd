"""How a rule file is written: the keys of a rule and of its examples."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from pipeline.qa.language.limits import MAX_NAME_CHARS, MAX_RULES, MAX_SECONDS
from schemas.envelope import Label, Role, Severity, Speaker
from schemas.events import HangupCause, Party
from schemas.outputs import SentimentLabel

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One turn of an example, where a line of text does not say enough. Times in seconds.

    `at` counts from the opening; by default each turn comes 10 seconds after the one before.
    """

    who: Role
    text: str = ""
    at: Seconds | None = None
    start: Seconds | None = None
    end: Seconds | None = None
    score: Annotated[float, Meta(ge=0, le=1)] | None = None
    label: SentimentLabel | None = None
    waited: Seconds | None = None
    auto: bool = False


class Ended(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an example ends: by whom and why."""

    by: Party = "customer"
    cause: HangupCause = "normal"
    at: Seconds | None = None


class Held(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold in an example, in seconds from the opening."""

    at: Seconds
    until: Seconds


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A short interaction: turns, written as `agent: 您好` or in full, and what else happened."""

    turns: list[str | Said] = []
    transfers: list[Seconds] = []
    holds: list[Held] = []
    end: Ended = Ended()


class Examples(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Interactions that the rule must hit, and such that it must miss.

    A text stands for one turn, a list of texts for several.
    """

    hit: list[str | list[str | Said] | Example] = []
    miss: list[str | list[str | Said] | Example] = []


class RuleKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as it is written; `when` is read by `pipeline.qa.language.parser`."""

    id: Label
    name: Name
    name_zh: Name
    severity: Severity
    points: Annotated[int, Meta(ge=0, le=100)]
    speaks_of: Speaker
    when: dict[str, Any]
    examples: Examples = Examples()


class RuleFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule file: its version, which every issue names, and the rules.

    Points are taken from 100; an interaction below `pass_score` has failed.
    """

    version: Label
    pass_score: Annotated[int, Meta(ge=0, le=100)] = 60
    rules: Annotated[list[dict[str, Any]], Meta(max_length=MAX_RULES)]
