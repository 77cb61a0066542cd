"""Looks for rules that can never hit, always hit, or contradict themselves, before they run."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from pipeline.qa.language.conditions import All, AnyOf, Condition, Leaf, leaves
from pipeline.qa.language.grams import fold
from pipeline.qa.language.operators.asked import AskedAgain
from pipeline.qa.language.operators.base import Operator
from pipeline.qa.language.operators.facts import Duration, TurnCount
from pipeline.qa.language.operators.feelings import Sentiment
from pipeline.qa.language.operators.patterns import Regex
from pipeline.qa.language.operators.responses import ReplyGap, ResponseTime
from pipeline.qa.language.operators.similar import Emptiness
from pipeline.qa.language.operators.words import Keywords, MustNotSay, MustSay
from pipeline.qa.language.parser import Rules
from pipeline.qa.language.ranges import First, Last, Near
from pipeline.qa.language.scanner import matches_nothing


class Finding(NamedTuple):
    """Something suspicious in a rule: which rule, and a message with file, line and key."""

    rule_id: str
    message: str


class _Doubt(NamedTuple):
    leaf: Leaf
    what: str


def check_rules(rules: Rules) -> list[Finding]:
    """What a careful reader would ask about; in the order of the rules."""
    findings = []
    for rule in rules.rules:
        doubts = [*_in_tree(rule.when), *(x for leaf in leaves(rule.when) for x in _alone(leaf))]
        for leaf, what in doubts:
            findings.append(Finding(rule.keys.id, str(rules.document.error(leaf.path, what))))
    return list(dict.fromkeys(findings))


def _in_tree(condition: Condition) -> Iterator[_Doubt]:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for one, other in combinations(_flat(condition, type(condition)), 2):
                yield from _pair(one, other, needs_both=isinstance(condition, All))
            for part in parts:
                yield from _in_tree(part)
        case _:
            return


def _flat(condition: Condition, kind: type[All] | type[AnyOf]) -> list[Leaf]:
    """The operators that stand together, through conditions of the same kind."""
    if isinstance(condition, Leaf):
        return [condition]
    if isinstance(condition, All | AnyOf) and isinstance(condition, kind):
        return [leaf for part in condition.parts for leaf in _flat(part, kind)]
    return []


def _pair(one: Leaf, other: Leaf, *, needs_both: bool) -> Iterator[_Doubt]:
    if (one.who, one.where) != (other.who, other.where):
        return
    if one.operator == other.operator:
        if one.is_negative == other.is_negative:
            yield _Doubt(other, "stands twice")
        elif needs_both:
            yield _Doubt(other, f"contradicts {one.path}: the rule can never hit")
        else:
            yield _Doubt(other, f"is the opposite of {one.path}: one of the two is always true")
        return
    if isinstance(one.where, Near):
        return  # each hit has its own window: one may hold here and the other there
    if needs_both and (_never_together(one, other) or _never_together(other, one)):
        yield _Doubt(other, f"contradicts {one.path}: the rule can never hit")


def _never_together(one: Leaf, other: Leaf) -> bool:
    match one.operator, other.operator:
        case TurnCount(over=int(over)), TurnCount(under=int(under)):
            return not one.is_negative and not other.is_negative and under <= over + 1
        case Duration(over_seconds=float(over)), Duration(under_seconds=float(under)):
            return not one.is_negative and not other.is_negative and under <= over
        case _:
            return bool(_said_words(one) & _unsaid_words(other)) and _needs_word(one, other)


def _words(operator: Operator) -> set[str]:
    return {fold(word) for slot in operator.words() for word in slot}


def _unsaid_words(leaf: Leaf) -> set[str]:
    """Words of which none is said where the condition is true."""
    operator = leaf.operator
    is_said = isinstance(operator, MustNotSay) or (
        isinstance(operator, Keywords) and operator.any is not None
    )
    is_unsaid = (isinstance(operator, MustSay) and not is_said) or (
        isinstance(operator, Keywords) and operator.none is not None
    )
    return _words(operator) if (is_said if leaf.is_negative else is_unsaid) else set()


def _said_words(leaf: Leaf) -> set[str]:
    """Words of which some are said where the condition is true."""
    operator = leaf.operator
    is_said = isinstance(operator, MustNotSay) or (
        isinstance(operator, Keywords) and operator.none is None
    )
    return _words(operator) if is_said and not leaf.is_negative else set()


def _needs_word(one: Leaf, other: Leaf) -> bool:
    """Whether what must be said cannot be without a word that must not."""
    said, unsaid = _said_words(one), _unsaid_words(other)
    if isinstance(one.operator, Keywords) and one.operator.all is not None:
        return bool(said & unsaid)
    return said <= unsaid


def _alone(leaf: Leaf) -> Iterator[_Doubt]:
    operator = leaf.operator
    for slot in operator.words():
        for word, count in Counter(map(fold, slot)).items():
            if count > 1:
                yield _Doubt(leaf, f"the word `{word}` stands {count} times")
    if isinstance(leaf.where, First | Last):
        needed = _turns_needed(operator)
        if needed > leaf.where.turns:
            what = f"needs {needed} turns, but looks at {leaf.where.turns}: it can never hit"
            yield _Doubt(leaf, what)
    if isinstance(leaf.where, Near) and leaf.where.side == "before" and leaf.where.seconds == 0:
        yield _Doubt(leaf, "looks at no time at all: it can never hit")
    if isinstance(operator, Regex):
        if operator.pattern == operator.exclude:
            yield _Doubt(leaf, "excludes all that it finds: it can never hit")
        elif matches_nothing(operator.pattern):
            yield _Doubt(leaf, "the pattern is found in every text, even in an empty one")
    if leaf.who == "customer" and isinstance(operator, AskedAgain | ResponseTime | ReplyGap):
        yield _Doubt(leaf, f"`{leaf.name}` speaks of who answers the customer: it can never hit")
    if leaf.who in ("agent", "bot") and isinstance(operator, Sentiment):
        yield _Doubt(leaf, "only turns of the customer are scored: it can never hit")


def _turns_needed(operator: Operator) -> int:
    match operator:
        case Sentiment(negative_turns=int(count)):
            return count
        case Sentiment(falling_by=float()):
            return 2
        case Emptiness(min_turns=count):
            return count
        case _:
            return 1
