"""Short ways to write quality rules and turns in tests."""

import json

from pipeline.qa.language.rule_set import Over, RuleSet, load_rules
from pipeline.qa.language.values import Facts, RuleHit, Turn

CHAT = Facts(kind="conversation")
CALL = Facts(kind="call")


def rule(when: dict, **keys) -> dict:
    usual = {"id": "r", "name": "a rule", "name_zh": "规则", "severity": "minor"}
    return {**usual, "points": 5, "speaks_of": "agent", "when": when, **keys}


def rule_file(*rules: dict) -> str:
    return json.dumps({"version": "1", "rules": list(rules)}, ensure_ascii=False, indent=1)


def rule_set(*conditions: dict) -> RuleSet:
    """Rules `r0`, `r1`, … with these conditions."""
    return load_rules(
        rule_file(*(rule(when, id=f"r{i}") for i, when in enumerate(conditions))), "rules.yaml"
    )


def turn(second: float, role: str, text: str = "", **more) -> Turn:
    """A turn at that second, whose event id is `e<second>`."""
    time_ms = round(second * 1000)
    return Turn(
        event_id=f"e{second}",
        order=(time_ms, 0, 3, b""),
        time_ms=time_ms,
        role=role,
        text=text,
        **more,
    )


def speech(start: float, end: float, role: str, text: str = "") -> Turn:
    """An utterance of a call that was answered at 0."""
    more = {"start_ms": round(start * 1000), "end_ms": round(end * 1000)}
    return turn(end, role, text, **more)


def live(rules: RuleSet, turns: list[Turn], facts: Facts = CHAT) -> list[list[RuleHit]]:
    """What each turn, and last the end, makes certain."""
    state = rules.new_state()
    return [rules.evaluate_step(state, step, facts) for step in (*turns, Over())]


def evidence(hits: list[RuleHit]) -> list[tuple[str, ...]]:
    """The event ids of each hit."""
    return [tuple(span.event_id for span in hit.spans) for hit in hits]
