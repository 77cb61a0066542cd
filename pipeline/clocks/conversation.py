"""Which clocks of a conversation each move starts, stops and cancels: `docs/clocks.md` in code."""

from pipeline.clocks import moves as m
from pipeline.clocks.fold import CUSTOMER, THIRD_PARTY, ClockState, Fold, HeldMessage

_ENDS = frozenset({m.REOPENED, m.RESOLVED, m.CLOSED, m.RATED})
"""Moves with which no conversation begins."""
_ALL_PAUSES = CUSTOMER | THIRD_PARTY


def move_conversation(fold: Fold) -> None:
    """Apply the fold's move."""
    state, move = fold.state, fold.move.move
    if not state.started and move not in _ENDS:
        _begin(fold)
    if move in (m.ASKED, m.PLEASANTRY):
        _customer(fold, is_pleasantry=move == m.PLEASANTRY)
    elif move == m.HUMAN_ANSWER:
        _answer(fold)
    elif move == m.BOT_SPOKE:
        fold.cancel("answer")
    elif move == m.OPENED:
        if state.status == "open" and not (state.human or state.assigned):
            _queue(fold)
    elif move == m.ASSIGNED:
        _assign(fold)
    elif move == m.TO_QUEUE:
        if state.status != "closed":
            _queue(fold)
    elif move == m.RESOLVED:
        _resolve(fold)
    elif move == m.REOPENED:
        _reopen(fold)
    elif move == m.CLOSED:
        _close(fold)
    elif move == m.FOLLOWED_UP:
        fold.stop("follow_up")
    elif state.status == "open":
        _pause(fold, move)


def _begin(fold: Fold) -> None:
    fold.state.started = True
    fold.start("resolution_first")
    fold.start("silent_progress")
    fold.start("resolution_total")
    if fold.state.status != "open":
        fold.cancel("resolution_first")
        fold.cancel("silent_progress")
        _park(fold)


def _queue(fold: Fold) -> None:
    if "answer" not in fold.state.running:
        fold.start("answer")


def _customer(fold: Fold, *, is_pleasantry: bool) -> None:
    state, move = fold.state, fold.move
    if is_pleasantry and state.answered_ever:
        return
    if state.status == "closed":
        if state.held is None:
            state.held = HeldMessage(fold.time_ms, move.digest, move.event_id, state.key)
        return
    if state.response_wait() is not None:
        return
    if state.status == "resolved" and not state.renewed:
        _new_cycle(state)
        state.renewed = True
    fold.start("next_response" if state.responded else "first_response")
    fold.start("long_wait")


def _answer(fold: Fold) -> None:
    state = fold.state
    state.answered_ever = True
    if state.status == "closed":
        state.held = None
        fold.stop("follow_up")
        return
    state.human = True
    first = fold.stop("first_response")
    if first is not None:
        state.responded = True
        state.first_response_ms = first.counted_ms
    else:
        following = fold.stop("next_response")
        if following is not None:
            state.next_responses += 1
            state.next_response_ms_sum += following.counted_ms
    fold.stop("long_wait")
    joined = fold.stop("joined_response")
    if joined is not None:
        state.joined_response_ms = joined.counted_ms
    _taken(fold)
    if state.status == "open":
        fold.stop("silent_progress")
        fold.start("silent_progress")


def _taken(fold: Fold) -> None:
    """A human took the customer out of the queue."""
    waited = fold.stop("answer")
    if waited is not None:
        fold.state.queue_wait_ms = (fold.state.queue_wait_ms or 0) + waited.counted_ms


def _assign(fold: Fold) -> None:
    state = fold.state
    if state.status == "closed":
        return
    _taken(fold)
    state.assigned = True
    if not state.joined and not state.human:
        state.joined = True
        if "joined_response" not in state.running:
            fold.start("joined_response")


def _resolve(fold: Fold) -> None:
    state = fold.state
    state.renewed = False
    if state.status != "open":
        return
    fold.resume(_ALL_PAUSES)
    state.status = "resolved"
    first = fold.stop("resolution_first")
    if first is not None:
        state.resolution_first_ms = first.counted_ms
    fold.cancel("silent_progress")
    total = fold.stop("resolution_total")
    if total is not None:
        state.parked = total
        state.resolution_total_ms = total.counted_ms


def _park(fold: Fold) -> None:
    """Keep the total resolution aside: a reopening lets it go on."""
    total = fold.state.running.get("resolution_total")
    if total is not None:
        fold.cancel("resolution_total")
        fold.state.parked = total


def _reopen(fold: Fold) -> None:
    state = fold.state
    if state.status == "open":
        return
    was_renewed = state.renewed
    state.status, state.closed_ms, state.renewed = "open", None, False
    fold.cancel("follow_up")
    total = state.parked
    if total is not None:
        state.parked = None
        total.revive(fold.time_ms, fold.target(total))
        state.running["resolution_total"] = total
        state.resolution_total_ms = None
        fold.changed.append(total)
    if not was_renewed:
        _new_cycle(state)
        if state.held is not None:
            fold.start("first_response", state.held)
            fold.start("long_wait", state.held)
    state.held = None
    if state.started:
        fold.start("silent_progress")


def _close(fold: Fold) -> None:
    state = fold.state
    if state.status == "closed":
        return
    fold.resume(_ALL_PAUSES)
    abandoned = fold.cancel("answer", "abandoned")
    if abandoned is not None:
        state.abandoned = True
        state.queue_wait_ms = (state.queue_wait_ms or 0) + abandoned.counted_ms
    if "resolution_total" in state.running:
        _park(fold)
    for clock in list(state.running):
        fold.cancel(clock)
    state.status, state.closed_ms = "closed", fold.time_ms
    state.renewed = False
    state.held = None
    fold.start("follow_up")


def _pause(fold: Fold, move: int) -> None:
    if move == m.PAUSED_CUSTOMER:
        fold.pause(CUSTOMER)
    elif move == m.PAUSED_THIRD_PARTY:
        fold.pause(THIRD_PARTY)
    elif move == m.RESUMED_CUSTOMER:
        fold.resume(CUSTOMER)
    elif move == m.RESUMED_THIRD_PARTY:
        fold.resume(THIRD_PARTY)


def _new_cycle(state: ClockState) -> None:
    state.responded = state.assigned = state.joined = state.human = False
    state.first_response_ms = None
