"""What the scorecards of one interaction add up to, recounted from its events in order.

It reads the sorted events and the claims that stand in the end, and counts with plain loops. It
shares no code with `pipeline.quality` but the word lists. Response times have an oracle of their
own: `tests.oracle_clocks`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from pipeline.config import EngineConfig
from pipeline.quality.notes import Tone
from schemas.codec import to_ms
from schemas.events import CallEnded, CallUtterance, ConversationClosed, ConversationMessage, Event
from tests.quality_truth import Standing
from tests.unit.builders import WordScorer

QUARTER_MS = 900_000
Count = tuple[int, str, str, str]
"""Start of the quarter, group, its name, what is counted."""


class Where(NamedTuple):
    """Who handled the interaction at some moment, and in which queue and channel."""

    at_ms: int
    queue: str
    channel: str | None
    agent: str | None
    tier: str | None


def places(events: list[Event]) -> list[Where]:
    """For each event where and by whom the interaction was handled once it had happened."""
    queue, channel, agent, tier = "", None, None, None
    found = []
    for event in events:
        data: Any = event.data
        queue = getattr(data, "to_queue", None) or data.queue or queue
        channel = data.channel or channel
        named = getattr(data, "to_agent_id", None) or data.agent_id
        if named is not None and named != agent:
            agent, tier = named, None
        tier = getattr(data, "to_agent_tier", None) or data.agent_tier or tier
        found.append(Where(to_ms(event.time), queue, channel, agent, tier))
    return found


def recount(events: list[Event], config: EngineConfig, standing: set[Standing]) -> Counter[Count]:
    """The counts of one interaction. `events` in the order of docs/clocks.md."""
    counts: Counter[Count] = Counter()

    def add(where: Where, name: str, amount: int = 1) -> None:
        quarter = where.at_ms - where.at_ms % QUARTER_MS
        groups = [("queue", where.queue), ("tenant", "")]
        groups += [("agent", where.agent)] if where.agent else []
        groups += [("tier", where.tier)] if where.tier else []
        groups += [("channel", where.channel)] if where.channel else []
        for group, group_name in groups:
            counts[quarter, group, str(group_name), name] += amount

    scorer, where = WordScorer(), places(events)
    number = {event.id: index for index, event in enumerate(events)}
    add(where[0], "opened")
    agents, subjects, closed, rated = 0, Counter[str](), None, None
    for event, place in zip(events, where, strict=True):
        data: Any = event.data
        if isinstance(event, ConversationMessage | CallUtterance):
            heard = not getattr(data, "private", False) and data.role != "system"
            has_text = bool(data.text and data.text.strip())
            if heard and data.role == "customer" and has_text:
                reading = scorer.read(data.text, "customer")
                add(place, reading.label)
                add(place, "mood_permille", round(1000 * (reading.positive + reading.neutral / 2)))
                subjects.update(dict.fromkeys(config.lexicons.subjects_of(data.text), 1))
            if heard and data.role == "agent" and not getattr(data, "auto", False):
                agents += 1
                add(place, "agent_messages")
                tone = config.lexicons.tone_of(data.text) if has_text else Tone.NONE
                bad = has_text and scorer.read(data.text, "agent").label == "negative"
                for flag, name in (
                    (tone & Tone.APOLOGY, "apologies"),
                    (tone & Tone.EMPATHY, "empathy"),
                    (tone & Tone.POSITIVE, "positive_language"),
                    (tone & Tone.SCRIPT, "on_script"),
                    (bad, "agent_negative"),
                ):
                    if flag:
                        add(place, name)
        if isinstance(event, ConversationClosed | CallEnded) and closed is None:
            closed = place
        if event.__struct_config__.tag == "kefu.conversation.rated":
            rated = (place, data.score * 1000 // data.scale)
    visited: tuple[str, int] | None = None
    for event, place in zip(events, where, strict=True):
        is_node = event.__struct_config__.tag == "kefu.conversation.node"
        if not is_node and not isinstance(event, ConversationClosed | CallEnded):
            continue
        node = event.data.node if is_node else None
        if visited is not None and visited[0] != node:
            add(place, f"node_left:{visited[0]}")
            add(place, f"node_ms:{visited[0]}", place.at_ms - visited[1])
        if visited is None or visited[0] != node:
            visited = (node, place.at_ms) if node else None
            if node:
                add(place, f"node:{node}")
    if rated is not None:
        add(rated[0], "rated")
        add(rated[0], "rating_permille", rated[1])
    lost = {rule for rule, _, _ in standing if rule in config.qa.infos}
    if closed is not None:
        add(closed, "closed")
        add(closed, f"subject:{max(subjects, key=subjects.__getitem__, default='other')}")
        add(closed, "purpose:other")
        if agents:
            score = max(0, 100 - sum(config.qa.infos[rule].points for rule in lost))
            add(closed, "scored")
            add(closed, f"score:{score}")
            if score < config.qa.pass_score:
                add(closed, "failed")
    for rule, spans, _ in standing:
        found = [number[event_id] for event_id, _, _ in spans]
        spoken = [i for i in found if isinstance(events[i], ConversationMessage | CallUtterance)]
        newest = where[max(spoken or found)]
        if rule in config.qa.infos:
            add(newest, f"issue:{rule}")
        else:
            add(newest, rule.removeprefix("kefu.sentiment."))
    return +counts
