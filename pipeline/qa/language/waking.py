"""Which rules a turn, a tick or the end may concern, so that the others cost nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.qa.language.conditions import All, AnyOf, Condition, Leaf, anchor_of, leaves
from pipeline.qa.language.ranges import First, Last, Near, View, Whole
from pipeline.qa.language.references import in_order
from pipeline.qa.language.state import Mark, QaState
from pipeline.qa.language.values import Who


class Prepared(NamedTuple):
    """A rule, ready to be evaluated. `number` is its place in the file.

    `needed` are the conditions that must hit before it can; `needs_the_end`: one of them only can
    once the interaction has ended. `is_quiet`: it says nothing before one of its operators has left
    a mark. `is_restless`: every turn or tick may change what it says. `is_spot`: one operator on
    the whole interaction, each mark of which is a hit.
    """

    number: int
    id: str
    when: Condition
    ordered: list[Leaf]
    needed: tuple[Leaf, ...]
    needs_the_end: bool
    is_quiet: bool
    is_restless: bool
    is_spot: bool

    def may_speak(self, view: View, marks: dict[int, list[Mark]]) -> bool:
        """Whether an evaluation can find anything."""
        if self.needs_the_end and not view.ended:
            return False
        for leaf in self.needed:
            if not leaf.operator.may_hit(view, has_marks=leaf.number in marks):
                return False
        return True


def prepare(number: int, rule_id: str, when: Condition) -> Prepared:
    """What is known of a rule before there is an interaction."""
    labelled = {leaf.label: leaf for leaf in leaves(when) if leaf.label}
    needed = {leaf.number: leaf for leaf in _needed(when, labelled)}.values()
    return Prepared(
        number,
        rule_id,
        when,
        in_order(when),
        tuple(needed),
        any(_needs_the_end(leaf) for leaf in needed),
        _is_quiet(when, labelled),
        any(isinstance(leaf.where, Near) or leaf.operator.wakes() for leaf in leaves(when)),
        isinstance(when, Leaf)
        and not when.is_negative
        and isinstance(when.where, Whole)
        and when.operator.is_spot(),
    )


def _needed(condition: Condition, labelled: dict[str, Leaf]) -> Iterator[Leaf]:
    """The conditions that must all hit before the rule can, and what they lie beside."""
    match condition:
        case All(parts=parts):
            for part in parts:
                yield from _needed(part, labelled)
        case Leaf(is_negative=False):
            anchor = anchor_of(condition)
            if anchor is not None:
                yield from _needed(labelled[anchor]._replace(is_negative=False), labelled)
            yield condition
        case _:
            return


def _needs_the_end(leaf: Leaf) -> bool:
    """Whether a condition can only hit once the interaction has ended."""
    where = leaf.where
    return isinstance(where, Last) or (isinstance(where, Whole) and leaf.operator.needs_the_end())


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
                if rule.is_restless and not rule.needs_the_end:
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
