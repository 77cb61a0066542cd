"""One interaction gone through event by event: what is claimed of it, and what is counted.

The result follows from the events in their order alone. Where one comes late, all remembered ones
are gone through again, with it and without it, and the difference is what changes.
"""

from collections import Counter

from msgspec.structs import replace as _replace

from pipeline.clocks import moves as m
from pipeline.clocks.fold import Move
from pipeline.config import EngineConfig
from pipeline.qa.language.rule_set import Over, Step, Tick
from pipeline.qa.language.values import End, Hold, RuleHit, Transfer, Turn
from pipeline.quality.claims import Claim, Issue, MoodClaim
from pipeline.quality.counts import Counts, Place
from pipeline.quality.notes import Said, Tone, Voice
from pipeline.quality.state import Closed, Quality, Rated, Visit
from pipeline.windows import quarter_of
from schemas.envelope import Role
from schemas.events import Node
from schemas.outputs import SentimentLabel

PURPOSES = frozenset({"complaint", "suggestion", "consultation"})
"""The intents that tell what a customer came for."""
OTHER = "other"
"""The subject or purpose of an interaction in which none was recognised."""

_ROLE: dict[Voice, Role] = {Voice.CUSTOMER: "customer", Voice.AGENT: "agent", Voice.BOT: "bot"}
_MOODS: dict[int, SentimentLabel] = {-1: "negative", 0: "neutral", 1: "positive"}
_ENDS = frozenset({m.CLOSED, m.ENDED, m.ENDED_OTHERWISE})
_TRANSFERS = frozenset({m.TO_QUEUE, m.HANDED_OVER})
_TONES = (
    (Tone.APOLOGY, "apologies"),
    (Tone.EMPATHY, "empathy"),
    (Tone.POSITIVE, "positive_language"),
    (Tone.SCRIPT, "on_script"),
    (Tone.NEGATIVE, "agent_negative"),
)


class QualityFold:
    """Moves `state` on; `claims` and `counts` are what followed."""

    def __init__(self, config: EngineConfig, state: Quality) -> None:
        self._rules = config.qa
        self._moods = config.moods
        self.state = state
        self.claims: list[Claim] = []
        self.counts: Counts = Counter()

    def apply(self, move: Move) -> None:
        """Go through one event."""
        state, note = self.state, move.note
        self._go_to(move)
        if not state.facts.opened_id:
            state.facts = _replace(state.facts, opened_id=move.event_id, opened_ms=move.time_ms)
            self._place(move)
            self._count(move.time_ms, state.place, "opened")
        if note is not None and note.said is not None:
            self._hear(move, note.said)
        elif move.move in _ENDS:
            self._end(move)
        elif move.move in _TRANSFERS:
            transfer = Transfer(move.event_id, move.time_ms)
            self._learn(move, transfers=(*state.facts.transfers, transfer))
        elif move.move == m.PICKED_UP:
            self._learn(move, answered=True)
        elif move.move == m.HELD:
            self._learn(move, holds=(*state.facts.holds, Hold(move.event_id, move.time_ms)))
        elif move.move == m.RETRIEVED:
            self._retrieve(move)
        elif move.move == m.REOPENED:
            state.ended = state.qa.ended = False
            self._learn(move, end=None)
        if note is not None and note.rating is not None:
            self._rate(move, note.rating)
        if note is not None and note.node is not None:
            self._visit(move.time_ms, note.node)

    def reach(self, now_ms: int) -> None:
        """A tick has come: what is certain by now."""
        self._judge(Tick(now_ms), now_ms)

    def expire(self, at_ms: int) -> None:
        """Nothing more will come: the interaction ends without an end."""
        if not self.state.ended:
            self._over(at_ms)

    # --- the events ------------------------------------------------------------------------------

    def _go_to(self, move: Move) -> None:
        """Take over where and by whom the interaction is handled from now on."""
        state, key, note = self.state, move.key, move.note
        here = state.place
        agent_id, agent_tier = here.agent_id, here.agent_tier
        if note is not None and note.agent_id is not None and note.agent_id != agent_id:
            agent_id, agent_tier = note.agent_id, None
        if note is not None and note.agent_tier is not None:
            agent_tier = note.agent_tier
        there = Place(
            key.tenant or here.tenant,
            key.queue or here.queue,
            key.channel or here.channel,
            agent_id,
            agent_tier,
        )
        if there != here:
            if state.spoken_at or state.happened:
                state.places.append(there)
            else:
                state.places[-1] = there

    def _hear(self, move: Move, said: Said) -> None:
        state, place = self.state, self.state.place
        match said.voice:
            case Voice.CUSTOMER:
                state.customer_messages += 1
                self._feel(move, said)
            case Voice.AGENT:
                state.mood.end_turn(self._moods)
                state.agent_messages += 1
                self._count(move.time_ms, place, "agent_messages")
                for tone, name in _TONES:
                    if said.tone & tone:
                        self._count(move.time_ms, place, name)
                self._answered(move.time_ms, said)
            case Voice.BOT:
                state.mood.end_turn(self._moods)
                state.bot_messages += 1
            case Voice.UNHEARD:
                return
        for name in said.subjects:
            state.subjects[name] = state.subjects.get(name, 0) + 1
        for name in said.intents:
            if name in PURPOSES:
                state.purposes[name] = state.purposes.get(name, 0) + 1
        before = len(state.qa.turns)
        turn = _turn(move, said)
        hits = self._rules.evaluate_step(state.qa, turn, state.facts)
        if len(state.qa.turns) > before:
            state.spoken_at.append(len(state.places) - 1)
        self._say(hits)
        if state.ended:  # said after the end: the end is still the end
            self._judge(Over(), move.time_ms)
        self._settle()

    def _feel(self, move: Move, said: Said) -> None:
        if said.permille is None or said.mood is None:
            return
        state, place = self.state, self.state.place
        state.last_permille = said.permille
        state.negative_messages += said.mood < 0
        self._count(move.time_ms, place, _MOODS[said.mood])
        self._count(move.time_ms, place, "mood_permille", said.permille)
        for told in state.mood.hear(move.event_id, said.permille / 1000, self._moods):
            self._count(move.time_ms, place, told.kind)
            self.claims.append(
                MoodClaim(told.kind, told.event_ids, move.time_ms, place, round(told.value, 3))
            )

    def _answered(self, time_ms: int, said: Said) -> None:
        if said.response:
            self._count(time_ms, self.state.place, f"{said.response}s")
            self._count(time_ms, self.state.place, f"{said.response}_ms", said.response_ms)

    def _retrieve(self, move: Move) -> None:
        holds = self.state.facts.holds
        if holds and holds[-1].end_ms is None:
            last = Hold(holds[-1].event_id, holds[-1].start_ms, move.time_ms)
            self._learn(move, holds=(*holds[:-1], last))

    def _end(self, move: Move) -> None:
        state = self.state
        ended = move.note.ended if move.note is not None else None
        by, cause = (None, None) if ended is None else (ended.by, ended.cause)
        state.facts = _replace(state.facts, end=End(move.event_id, move.time_ms, by, cause))
        self._place(move)
        self._visit(move.time_ms, None)
        self._over(move.time_ms)

    def _over(self, at_ms: int) -> None:
        state = self.state
        state.ended = True
        if state.closed is None:
            state.closed = Closed(at_ms, state.place)
            self._count(at_ms, state.place, "closed")
        self._judge(Over(), at_ms)

    def _visit(self, at_ms: int, node: Node | None) -> None:
        """The conversation is at another node, or with its end at none; naming the same node again
        changes nothing. It is reached where and when a visit begins, left where and when one ends.
        """
        state, before = self.state, self.state.visit
        if before is not None and before.node == node:
            return
        if before is not None:
            self._count(at_ms, state.place, f"node_left:{before.node}")
            self._count(at_ms, state.place, f"node_ms:{before.node}", at_ms - before.since_ms)
        state.visit = None if node is None else Visit(node, at_ms)
        if node is not None:
            self._count(at_ms, state.place, f"node:{node}")

    def _rate(self, move: Move, permille: int) -> None:
        state = self.state
        if state.rated is not None:
            self._count_rating(state.rated, -1)
        state.rated = Rated(move.time_ms, state.place, permille)
        self._count_rating(state.rated, 1)

    def _count_rating(self, rated: Rated, sign: int) -> None:
        self._count(rated.at_ms, rated.place, "rated", sign)
        self._count(rated.at_ms, rated.place, "rating_permille", sign * rated.permille)

    # --- the rules -------------------------------------------------------------------------------

    def _place(self, move: Move) -> None:
        self.state.happened[move.event_id] = (move.time_ms, len(self.state.places) - 1)

    def _learn(self, move: Move, **facts: object) -> None:
        self._place(move)
        self.state.facts = _replace(self.state.facts, **facts)
        self._judge(Tick(move.time_ms), move.time_ms)

    def _judge(self, step: Step, at_ms: int) -> None:
        self._say(self._rules.evaluate_step(self.state.qa, step, self.state.facts))
        self._settle()

    def _say(self, hits: list[RuleHit]) -> None:
        state = self.state
        for hit in hits:
            at_ms, place = self._place_of(hit)
            self.claims.append(Issue(hit, at_ms, place))
            self._count(at_ms, place, f"issue:{hit.rule_id}")
            if hit.rule_id not in state.issues:
                state.issues.append(hit.rule_id)
                state.deducted += self._rules.infos[hit.rule_id].points

    def _place_of(self, hit: RuleHit) -> tuple[int, Place]:
        """Time and place of the newest turn in the evidence, else of the newest event in it."""
        state, wanted = self.state, {span.event_id for span in hit.spans}
        for index in range(len(state.qa.turns) - 1, -1, -1):
            turn = state.qa.turns[index]
            if turn.event_id in wanted:
                return turn.time_ms, state.places[state.spoken_at[index]]
        at_ms, number = max(
            (state.happened[event_id] for event_id in wanted if event_id in state.happened),
            default=(state.facts.opened_ms or 0, 0),
        )
        return at_ms, state.places[number]

    def _settle(self) -> None:
        """Make the counts of the closed interaction hold what is true of it now."""
        state, closed = self.state, self.state.closed
        if closed is None:
            return
        score = max(0, 100 - state.deducted) if state.agent_messages else None
        if score != closed.score:
            self._count_score(closed, -1)
            closed.score = score
            self._count_score(closed, 1)
        subject, purpose = _most(state.subjects), _most(state.purposes)
        if (subject, purpose) != (closed.subject, closed.purpose):
            self._count_about(closed, -1)
            closed.subject, closed.purpose = subject, purpose
            self._count_about(closed, 1)

    def _count_score(self, closed: Closed, sign: int) -> None:
        if closed.score is not None:
            self._count(closed.at_ms, closed.place, "scored", sign)
            self._count(closed.at_ms, closed.place, f"score:{closed.score}", sign)
            if closed.score < self._rules.pass_score:
                self._count(closed.at_ms, closed.place, "failed", sign)

    def _count_about(self, closed: Closed, sign: int) -> None:
        if closed.subject:
            self._count(closed.at_ms, closed.place, f"subject:{closed.subject}", sign)
            self._count(closed.at_ms, closed.place, f"purpose:{closed.purpose}", sign)

    def _count(self, at_ms: int, place: Place, name: str, amount: int = 1) -> None:
        self.counts[quarter_of(at_ms), place, name] += amount


def _most(counts: dict[str, int]) -> str:
    """What most messages were about; of equals the one that was named first."""
    return max(counts, key=counts.__getitem__, default=OTHER)


def _turn(move: Move, said: Said) -> Turn:
    return Turn(
        event_id=move.event_id,
        order=move.order,
        time_ms=move.time_ms,
        role=_ROLE[said.voice],
        text=said.text,
        start_ms=said.start_ms,
        end_ms=said.end_ms,
        score=None if said.permille is None else said.permille / 1000,
        label=None if said.mood is None else _MOODS[said.mood],
        kinds=said.kinds,
        response_ms=said.response_ms if said.response else None,
    )
