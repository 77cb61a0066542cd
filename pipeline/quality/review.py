"""Quality checking inside the engine: an event is heard, and what follows is said and counted.

An event in order moves the state on. For one that comes late all remembered events are gone
through twice, without it and with it: claims that no longer hold are withdrawn, new ones are said,
and the counts change by the difference.
"""

import msgspec

from pipeline.clocks.clocks import Taken
from pipeline.clocks.fold import Move
from pipeline.config import EngineConfig
from pipeline.quality.counts import changes
from pipeline.quality.fold import QualityFold
from pipeline.quality.state import Quality
from pipeline.quality.statements import say, withdraw
from pipeline.speech import answers_of
from pipeline.state import Interaction
from pipeline.step import Step

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Quality).decode


def hear(step: Step, move: Move, taken: Taken) -> None:
    """Take an event whose clocks have been moved."""
    it = step.interaction
    reached_ms = it.quality.qa.now_ms
    # An event that is the newest of its interaction comes late all the same where a tick has told
    # the rules of a later time: what they said of the silence until then may be wrong.
    if taken.is_in_order and (reached_ms is None or move.time_ms >= reached_ms):
        fold = QualityFold(step.config, it.quality)
        fold.apply(move)
        due_ms = it.quality.qa.due_ms
        if due_ms is not None and step.now_ms is not None and due_ms <= step.now_ms:
            fold.reach(step.now_ms)  # the tick that would have told it has been
        _tell(step, fold)
    else:
        _go_through_again(step, move, taken)
    if taken.forgotten:
        it.quality_base = _gone_through(it, step.config, taken.forgotten).state


def reach(step: Step, until_ms: int) -> None:
    """A tick has reached `until_ms`: say what is certain by then."""
    fold = QualityFold(step.config, step.interaction.quality)
    fold.reach(until_ms)
    step.milestone |= bool(fold.claims)
    _tell(step, fold)


def expire(step: Step) -> None:
    """The interaction is left to itself: what could only be known at its end is decided."""
    fold = QualityFold(step.config, step.interaction.quality)
    fold.expire(step.interaction.last_ms)
    _tell(step, fold)


def next_due_ms(it: Interaction) -> int | None:
    """When a rule next has something to say, if nothing happens until then."""
    return it.quality.qa.due_ms


def adopt_rules(it: Interaction, config: EngineConfig, now_ms: int | None) -> None:
    """Go on with rules that are not those of the stored state.

    What has been said and counted stays. What the new rules see in the remembered events counts as
    said: they speak of what comes from now on, and where a late event changes what they see.
    """
    if it.quality.qa.rules == config.qa.fingerprint:
        return
    if it.quality_base is not None:
        it.quality_base.qa, it.quality_base.spoken_at = config.qa.new_state(), []
    seen = _gone_through(it, config, it.history.in_order(), now_ms).state
    it.quality.qa = seen.qa
    it.quality.places, it.quality.spoken_at = seen.places, seen.spoken_at
    it.quality.happened = seen.happened


def _tell(step: Step, fold: QualityFold) -> None:
    for claim in fold.claims:
        say(step, claim)
    step.tallies.add(fold.counts)


def _go_through_again(step: Step, late: Move, taken: Taken) -> None:
    it, config = step.interaction, step.config
    moves = it.history.in_order()
    without = [move for move in moves if move.digest != late.digest]
    before = _gone_through(it, config, without, step.now_ms)
    if not taken.is_in_order:  # then all waits that may have changed are among the changed ones
        answers = answers_of(taken.changed)
        for move in moves:
            if move.note is not None and move.note.said is not None:
                move.note.said.answer(answers.get(move.event_id))
    after = _gone_through(it, config, moves, step.now_ms)
    was_scored = it.quality.closed
    it.quality = after.state
    old, new = dict.fromkeys(before.claims), dict.fromkeys(after.claims)
    for claim in old:
        if claim not in new:
            withdraw(step, claim, late.event_id)
    for claim in new:
        if claim not in old:
            say(step, claim)
    step.tallies.add(changes(before.counts, after.counts))
    step.milestone |= old.keys() != new.keys() or it.quality.closed != was_scored


def _gone_through(
    it: Interaction, config: EngineConfig, moves: list[Move], now_ms: int | None = None
) -> QualityFold:
    """Go through events from the base, which stays as it is."""
    base, kind = it.quality_base, it.kind
    state = Quality.new(config.qa, kind) if base is None else _decode(_encode(base))
    fold = QualityFold(config, state)
    for move in moves:
        fold.apply(move)
    if now_ms is not None:
        fold.reach(now_ms)
    return fold
