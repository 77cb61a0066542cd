"""Which clocks of a call each move starts, stops and cancels: `docs/clocks.md` in code."""

from pipeline.clocks import moves as m
from pipeline.clocks.fold import Fold


def move_call(fold: Fold) -> None:
    """Apply the fold's move."""
    state, move = fold.state, fold.move.move
    if move == m.WRAPPED_UP:
        wrap_up = fold.stop("after_call_work")
        if wrap_up is not None:
            state.wrap_up_ms = wrap_up.counted_ms
    elif state.status == "closed":
        return
    elif move in (m.QUEUED, m.TO_QUEUE):
        _take_from_hold(fold)
        _stop_talking(fold)
        if "answer" not in state.running:
            fold.start("answer")
    elif move == m.PICKED_UP:
        _take_from_hold(fold)
        waited = fold.stop("answer")
        if waited is not None:
            state.queue_wait_ms = (state.queue_wait_ms or 0) + waited.counted_ms
        state.answered_ever = True
        if state.talk_since_ms is None:
            state.talk_since_ms = fold.time_ms
    elif move == m.HELD:
        if state.talk_since_ms is not None:
            _stop_talking(fold)
            state.holds += 1
            fold.start("hold")
    elif move == m.RETRIEVED:
        if _take_from_hold(fold):
            state.talk_since_ms = fold.time_ms
    elif move in (m.ENDED, m.ENDED_OTHERWISE):
        _end(fold, is_abandon=move == m.ENDED)


def _take_from_hold(fold: Fold) -> bool:
    """Whether the caller was on hold."""
    held = fold.stop("hold")
    if held is not None:
        fold.state.hold_ms += fold.time_ms - held.start_ms
    return held is not None


def _stop_talking(fold: Fold) -> None:
    state = fold.state
    if state.talk_since_ms is not None:
        state.talk_ms += fold.time_ms - state.talk_since_ms
        state.talk_since_ms = None


def _end(fold: Fold, *, is_abandon: bool) -> None:
    state = fold.state
    _take_from_hold(fold)
    _stop_talking(fold)
    waited = fold.cancel("answer", "abandoned" if is_abandon else "cancelled")
    if waited is not None and is_abandon:
        state.abandoned = True
        state.queue_wait_ms = (state.queue_wait_ms or 0) + waited.counted_ms
    state.status, state.closed_ms = "closed", fold.time_ms
    if state.answered_ever:
        fold.start("after_call_work")
