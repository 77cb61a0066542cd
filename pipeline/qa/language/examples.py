"""Runs the examples that stand inside the rules: each must hit, or must not."""

from pipeline.masking import mask
from pipeline.qa.language.checks import Finding
from pipeline.qa.language.conditions import leaves
from pipeline.qa.language.parser import Rule, Rules
from pipeline.qa.language.rule_set import RuleSet
from pipeline.qa.language.spec import Example, Said
from pipeline.qa.language.values import End, Facts, Hold, Transfer, Turn
from pipeline.yaml_reader import ConfigError
from schemas.envelope import Role

_SPEAKERS: dict[str, Role] = {
    "customer": "customer",
    "agent": "agent",
    "bot": "bot",
    "system": "system",
    "客户": "customer",
    "客服": "agent",
    "坐席": "agent",
    "机器人": "bot",
    "系统": "system",
}
_PAUSE_MS = 10_000
"""Time between two turns of an example that says nothing of time."""


def example_failures(rules: Rules, rule_set: RuleSet) -> list[Finding]:
    """The examples that do not do what they stand for; `rule_set` is compiled from `rules`.

    Raises `ConfigError` for an example that cannot be read.
    """
    failures = []
    for rule in rules.rules:
        for key, wanted in (("hit", True), ("miss", False)):
            for index, raw in enumerate(getattr(rule.keys.examples, key)):
                path = f"{rule.path}.examples.{key}[{index}]"
                turns, facts = read_example(rules, rule, raw, path)
                hits = rule_set.evaluate_all(turns, facts, ended=True)
                if any(hit.rule_id == rule.keys.id for hit in hits) != wanted:
                    what = "should hit, and does not" if wanted else "should miss, and hits"
                    failures.append(Finding(rule.keys.id, str(rules.document.error(path, what))))
    return failures


def read_example(
    rules: Rules, rule: Rule, raw: str | list[str | Said] | Example, path: str
) -> tuple[list[Turn], Facts]:
    """An example as turns and facts; its texts are masked here. Raises `ConfigError`."""
    if not isinstance(raw, Example):
        raw = Example(turns=[raw] if isinstance(raw, str) else raw)
    spoken = [_said(rules, rule, one, path) for one in raw.turns]
    is_call = bool(raw.holds) or any(one.start is not None for one in spoken)
    turns: list[Turn] = []
    now_ms = 0
    for number, one in enumerate(spoken):
        begin, end = _ms(one.start), _ms(one.end)
        if (begin is None) != (end is None):
            raise rules.document.error(path, "a turn with a start has an end, and the reverse")
        at_ms = _ms(one.at)
        if at_ms is None:
            at_ms = end if end is not None else now_ms + _PAUSE_MS
        now_ms = max(now_ms, at_ms)
        masked = mask(one.text)
        turns.append(
            Turn(
                event_id=f"turn-{number + 1}",
                order=(at_ms, number, 0, b""),
                time_ms=at_ms,
                role=one.who,
                text=masked.text,
                start_ms=begin,
                end_ms=end,
                score=one.score,
                label=one.label,
                auto=one.auto,
                kinds=tuple(sorted(set(masked.kinds))),
                response_ms=_ms(one.waited),
            )
        )
    end_ms = _ms(raw.end.at)
    facts = Facts(
        kind="call" if is_call else "conversation",
        opened_id="opened",
        opened_ms=0,
        transfers=tuple(
            Transfer(f"transfer-{number + 1}", round(at * 1000))
            for number, at in enumerate(sorted(raw.transfers))
        ),
        holds=tuple(
            Hold(f"hold-{number + 1}", round(hold.at * 1000), round(hold.until * 1000))
            for number, hold in enumerate(raw.holds)
        ),
        end=End("end", now_ms if end_ms is None else end_ms, raw.end.by, raw.end.cause),
    )
    return turns, facts


def _said(rules: Rules, rule: Rule, raw: str | Said, path: str) -> Said:
    """A line of text as a turn: `role: text`, or only text, said by whom the rule looks at."""
    if isinstance(raw, Said):
        return raw
    name, separator, text = raw.replace("：", ":", 1).partition(":")
    role = _SPEAKERS.get(name.strip().lower()) if separator else None
    if role is not None:
        return Said(who=role, text=text.strip())
    who = next(leaves(rule.when)).who
    if who == "any":
        raise _needs_role(rules, path)
    return Said(who=who, text=raw)


def _needs_role(rules: Rules, path: str) -> ConfigError:
    return rules.document.error(path, "say who speaks: `agent: …`, `customer: …` or `bot: …`")


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
