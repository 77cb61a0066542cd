"""Which rules a turn, a tick or the end may concern, so that the others cost nothing."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.qa.language.conditions import All, AnyOf, Condition, Leaf, anchor_of, leaves
from pipeline.qa.language.ranges import First, Last, Near, View, Whole
from pipeline.qa.language.references import in_order
from pipeline.qa.language.state import Mark, QaState
from pipeline.qa.language.values import Who


class Prepared(NamedTuple):
    """A rule, ready to be evaluated. `number` is its place in the file.

    `is_quiet`: it says nothing before one of its operators has left a mark. `is_restless`: every
    turn or tick may change what it says. `is_spot`: one operator on the whole interaction, each
    mark of which is a hit.
    """

    number: int
    id: str
    when: Condition
    ordered: list[Leaf]
    labelled: dict[str, Leaf]
    is_quiet: bool
    is_restless: bool
    is_spot: bool

    def may_speak(self, view: View, marks: dict[int, list[Mark]]) -> bool:
        """Whether an evaluation can find anything."""
        return self._may(self.when, view, marks)

    def _may(self, condition: Condition, view: View, marks: dict[int, list[Mark]]) -> bool:
        match condition:
            case Leaf():
                return self._may_hit(condition, view, marks)
            case All(parts=parts):
                return all(self._may(part, view, marks) for part in parts)
            case AnyOf(parts=parts):
                return any(self._may(part, view, marks) for part in parts)
            case _:
                return True

    def _may_hit(self, leaf: Leaf, view: View, marks: dict[int, list[Mark]]) -> bool:
        if not view.ended and isinstance(leaf.where, Last):
            return False
        if leaf.is_negative:
            return True
        anchor = anchor_of(leaf)
        if anchor is not None and not self._may_hit(self.labelled[anchor], view, marks):
            return False
        operator = leaf.operator
        if not view.ended and isinstance(leaf.where, Whole) and operator.needs_the_end():
            return False
        return operator.may_hit(view, has_marks=leaf.number in marks)


def prepare(number: int, rule_id: str, when: Condition) -> Prepared:
    """What is known of a rule before there is an interaction."""
    labelled = {leaf.label: leaf for leaf in leaves(when) if leaf.label}
    return Prepared(
        number,
        rule_id,
        when,
        in_order(when),
        labelled,
        _is_quiet(when, labelled),
        any(isinstance(leaf.where, Near) or leaf.operator.wakes() for leaf in leaves(when)),
        isinstance(when, Leaf)
        and not when.is_negative
        and isinstance(when.where, Whole)
        and when.operator.is_spot(),
    )


def _is_quiet(condition: Condition, labelled: dict[str, Leaf]) -> bool:
    match condition:
        case All(parts=parts):
            return any(_is_quiet(part, labelled) for part in parts)
        case AnyOf(parts=parts):
            return all(_is_quiet(part, labelled) for part in parts)
        case Leaf():
            return not condition.is_negative and _needs_marks(condition, labelled)
        case _:
            return False


def _needs_marks(leaf: Leaf, labelled: dict[str, Leaf]) -> bool:
    anchor = anchor_of(leaf)
    if anchor is not None and _needs_marks(labelled[anchor], labelled):
        return True
    return leaf.operator.needs_marks()


class Waking:
    """The rules by what wakes them."""

    def __init__(self, rules: Iterable[Prepared]) -> None:
        self._rules: dict[int, Prepared] = {}
        self._restless: list[Prepared] = []
        self._at_turn: dict[tuple[Who, int], list[Prepared]] = defaultdict(list)
        self._loud: list[Prepared] = []
        self._rule_of: dict[int, Prepared] = {}
        for rule in rules:
            self._rules[rule.number] = rule
            if not rule.is_quiet:
                self._loud.append(rule)
                if rule.is_restless:
                    self._restless.append(rule)
            for leaf in rule.ordered:
                self._rule_of[leaf.number] = rule
                if isinstance(leaf.where, First):
                    self._at_turn[leaf.who, leaf.where.turns].append(rule)

    def rule_of(self, leaf: int) -> Prepared:
        """The rule that a condition belongs to."""
        return self._rule_of[leaf]

    def at_turn(self, state: QaState, who: Who) -> list[Prepared]:
        """The rules to look at after a turn of `who`, whatever it says."""
        rules = self.at_tick(state)
        at_turn = self._at_turn
        if at_turn:
            rules = list(rules)
            for one in (who, "any"):
                rules += at_turn.get((one, state.counts[one]), ())
        return rules

    def at_tick(self, state: QaState) -> list[Prepared]:
        """The rules that may have something to say with time, or with new facts, alone."""
        if not state.awake:
            return self._restless
        return self._restless + [self._rules[number] for number in sorted(state.awake)]

    def at_end(self, marks: dict[int, list[Mark]]) -> list[Prepared]:
        """The rules that may have something to say at the end."""
        marked = {self._rule_of[leaf].number: self._rule_of[leaf] for leaf in marks}
        return self._loud + [rule for rule in marked.values() if rule.is_quiet]
