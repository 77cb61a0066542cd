"""The rules of one file, ready to judge: while an interaction goes on, or all of it at once."""

from collections.abc import Iterable
from functools import lru_cache
from typing import get_args

from msgspec import Struct

from pipeline.masking import truncate
from pipeline.qa.language.conditions import Condition, Leaf
from pipeline.qa.language.cost import cost_class
from pipeline.qa.language.evaluator import evaluate
from pipeline.qa.language.grams import grams, plain
from pipeline.qa.language.limits import (
    MAX_EVIDENCE_CHARS,
    MAX_HITS_PER_RULE,
    REPEAT_MEMORY_TURNS,
    REPEAT_TEXT_CHARS,
)
from pipeline.qa.language.operators.base import Reading, seen_span
from pipeline.qa.language.parser import Rules, parse_rules
from pipeline.qa.language.ranges import FOREVER, View
from pipeline.qa.language.scanner import Scanner
from pipeline.qa.language.spec import RuleKeys
from pipeline.qa.language.state import Mark, QaState, Seen
from pipeline.qa.language.values import Facts, RuleHit, RuleInfo, Span, Turn, Who, speaker
from pipeline.qa.language.waking import Prepared, Waking, prepare

_GRAMS_REMEMBERED = 4_096
"""Texts whose pieces are kept at hand: only for speed."""


class Tick(Struct, frozen=True):
    """No turn, but a later time (or new facts): no turn of before `now_ms` comes any more."""

    now_ms: int


class Over(Struct, frozen=True):
    """The interaction has ended: what could only be decided now is."""


Step = Turn | Tick | Over


class RuleSet:
    """Compiled rules. Holds no interaction: everything remembered is in a `QaState`."""

    def __init__(self, rules: Rules) -> None:
        """Raises `ConfigError` for a pattern that RE2 refuses."""
        self.version = rules.version
        self.fingerprint = rules.fingerprint
        self.pass_score = rules.pass_score
        self.infos = {rule.keys.id: _info(rule.keys, rule.when) for rule in rules.rules}
        self._rules = [
            prepare(number, rule.keys.id, rule.when) for number, rule in enumerate(rules.rules)
        ]
        self._waking = Waking(self._rules)
        every = [leaf for rule in self._rules for leaf in rule.ordered]
        self._leaves = {leaf.number: leaf for leaf in every}
        self._scanner = Scanner(every, rules.document)
        always = [leaf for leaf in every if leaf.operator.reads == "every turn"]
        self._always: dict[Who, list[Leaf]] = {
            who: [leaf for leaf in always if _reads(leaf, who)] for who in get_args(Who)
        }
        self._remembers = any(leaf.operator.remembers_texts for leaf in every)
        self._grams = lru_cache(_GRAMS_REMEMBERED)(grams)

    def new_state(self) -> QaState:
        """The memory of an interaction that begins."""
        return QaState(rules=self.fingerprint)

    def evaluate_step(self, state: QaState, step: Step, facts: Facts) -> list[RuleHit]:
        """One step further: the hits that are certain now and were not before.

        Turns come in their order (`Turn.order`), `facts` are what is known at this moment. `state`
        is changed in place. A turn that comes late is not for this function: see `replay`.
        """
        hits: list[RuleHit] = []
        touched: list[Prepared] = []
        match step:
            case Turn() if state.is_full and speaker(step) is not None:
                # Nothing that the rules look at has changed but facts, and those keep.
                state.unread_turns += 1
                return hits
            case Turn():
                touched = self._read(state, step, hits)
            case Tick(now_ms=now_ms):
                state.now_ms = max(now_ms, state.now_ms or now_ms)
                touched = self._waking.at_tick(state)
            case Over():
                state.ended = True
                touched = self._waking.at_end(state.marks)
        self._judge(state, facts, touched, hits)
        return hits

    def replay(
        self, turns: Iterable[Turn], facts: Facts, *, ended: bool, now_ms: int | None = None
    ) -> tuple[QaState, list[RuleHit]]:
        """All turns at once, in any order: the state and all hits, as if they had come in order.

        For a turn that came late: call this with the turns that are remembered; what is among the
        hits and was not said is new, what was said and is not among them is withdrawn.
        """
        state = self.new_state()
        hits: list[RuleHit] = []
        for turn in sorted(turns, key=lambda one: (one.order, one.event_id)):
            self._read(state, turn, hits)
        state.now_ms, state.ended = now_ms, ended
        self._judge(state, facts, self._rules, hits)
        return state, hits

    def evaluate_all(
        self, turns: Iterable[Turn], facts: Facts, *, ended: bool, now_ms: int | None = None
    ) -> set[RuleHit]:
        """The hits of a whole interaction, or of what is known of it."""
        return set(self.replay(turns, facts, ended=ended, now_ms=now_ms)[1])

    def _read(self, state: QaState, turn: Turn, hits: list[RuleHit]) -> list[Prepared]:
        """Remember a turn. Adds the hits of rules that are one look at a turn; gives the others
        that may have something to say now."""
        who = speaker(turn)
        if who is None:
            return self._waking.at_tick(state)  # time and facts may have gone on
        if state.is_full:
            state.unread_turns += 1
            return self._waking.at_tick(state)
        state.ended = False
        index = len(state.turns)
        found = self._scanner.scan(turn.text)
        touched: list[Prepared] = []
        leaves = [leaf for number in found if _reads(leaf := self._leaves[number], who)]
        text = plain(turn.text)
        for leaf in (
            *(x for x in leaves if x.operator.reads != "every turn"),
            *self._always[who],
        ):
            places = found.get(leaf.number, [])
            marks = leaf.operator.read(
                Reading(turn, who, index, places, state.turns, state.recent, self._grams, text)
            )
            if not marks:
                continue
            rule = self._waking.rule_of(leaf.number)
            if rule.is_spot:
                self._spot(state, rule, turn, marks, hits)
            else:
                state.marks.setdefault(leaf.number, []).extend(marks)
                touched.append(rule)
                if rule.is_restless and rule.is_quiet:
                    state.awake.add(rule.number)
        state.turns.append(
            Seen(
                turn.event_id,
                turn.time_ms,
                who,
                turn.start_ms,
                turn.end_ms,
                turn.score,
                turn.label,
                truncate(turn.text, MAX_EVIDENCE_CHARS),
            )
        )
        if self._remembers:
            state.recent.append((index, text[:REPEAT_TEXT_CHARS]))
            del state.recent[:-REPEAT_MEMORY_TURNS]
        counts = state.counts
        counts[who] = counts.get(who, 0) + 1
        counts["any"] = index + 1
        return touched + self._waking.at_turn(state, who)

    def _spot(
        self, state: QaState, rule: Prepared, turn: Turn, marks: list[Mark], hits: list[RuleHit]
    ) -> None:
        """The hits of a rule of which each mark is one: nothing else has to be remembered."""
        for one in marks:
            if rule.number in state.cut:
                return
            state.spots[rule.number] = said = state.spots.get(rule.number, 0) + 1
            if said > MAX_HITS_PER_RULE:
                state.cut.add(rule.number)
                return
            span = Span(turn.event_id, one.start, one.end, one.text)
            beside = (seen_span(state.turns[other]) for other in one.others)
            hits.append(RuleHit(rule.id, (*beside, span)))

    def _judge(
        self, state: QaState, facts: Facts, rules: list[Prepared], hits: list[RuleHit]
    ) -> None:
        """Add what these rules have to say and have not said."""
        view = View(state.turns, facts, state.now_ms, ended=state.ended)
        looked_at: set[int] = set()
        for rule in rules:
            number = rule.number
            if number in state.done or number in looked_at or rule.is_spot:
                continue
            looked_at.add(number)
            if not rule.may_speak(view, state.marks):
                continue
            outcome = evaluate(rule.when, rule.ordered, view, state.marks)
            if not state.ended and (outcome.truth is False or outcome.settled == FOREVER):
                state.done.add(number)
                state.awake.discard(number)
            if not outcome.truth or not outcome.hits:
                continue
            said = state.said.setdefault(number, set())
            for hit in outcome.hits:
                name = tuple(span[:3] for span in hit.spans)
                if name in said:
                    continue
                if len(said) >= MAX_HITS_PER_RULE:
                    state.cut.add(number)
                    state.done.add(number)
                    break
                said.add(name)
                hits.append(RuleHit(rule.id, hit.spans))
        state.due_ms = None if state.ended else view.due_ms


def _reads(leaf: Leaf, who: Who) -> bool:
    """Whether a condition reads the turns of `who`."""
    return leaf.operator.reads_everyone or leaf.who in ("any", who)


def load_rules(text: str, filename: str) -> RuleSet:
    """Read and compile a rule file; raises `ConfigError`."""
    return RuleSet(parse_rules(text, filename))


def _info(keys: RuleKeys, when: Condition) -> RuleInfo:
    return RuleInfo(
        keys.id,
        keys.name,
        keys.name_zh,
        keys.severity,
        keys.points,
        keys.speaks_of,
        cost_class(when),
    )
