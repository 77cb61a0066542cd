"""The topic catalogue: every topic of kefu, what it carries and how it is kept."""

from typing import NamedTuple

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS


class Topic(NamedTuple):
    """One topic. `retention_ms` is None where compaction keeps the newest value of each key."""

    name: str
    key: str
    types: tuple[str, ...]
    doc: str
    retention_ms: int | None = WEEK_MS
    partitions: int | None = None
    """How many partitions it has; None: as many as the inputs."""

    @property
    def compacted(self) -> bool:
        """Whether the newest value of each key is kept for ever."""
        return self.retention_ms is None


CONVERSATIONS = Topic(
    "kefu.conversations.v1",
    "conversation id",
    (
        "kefu.conversation.opened",
        "kefu.conversation.message",
        "kefu.conversation.assigned",
        "kefu.conversation.transferred",
        "kefu.conversation.paused",
        "kefu.conversation.resumed",
        "kefu.conversation.node",
        "kefu.conversation.resolved",
        "kefu.conversation.reopened",
        "kefu.conversation.closed",
        "kefu.conversation.rated",
        "kefu.tick",
    ),
    "What happens in chats.",
)
CALLS = Topic(
    "kefu.calls.v1",
    "call id",
    (
        "kefu.call.queued",
        "kefu.call.answered",
        "kefu.call.utterance",
        "kefu.call.hold",
        "kefu.call.retrieved",
        "kefu.call.transferred",
        "kefu.call.ended",
        "kefu.call.wrap_up_ended",
        "kefu.tick",
    ),
    "What happens in phone calls.",
)
AGENTS = Topic(
    "kefu.agents.v1",
    "agent id",
    ("kefu.agent.presence", "kefu.tick"),
    "What human agents are doing.",
)
ENRICHED = Topic(
    "kefu.messages.enriched.v1",
    "interaction id",
    ("kefu.message.enriched",),
    "One per message or utterance: masked text, sentiment, response time.",
)
SLA = Topic(
    "kefu.sla.events.v1",
    "interaction id",
    ("kefu.sla.warned", "kefu.sla.breached", "kefu.sla.met", "kefu.sla.corrected"),
    "One statement of one clock.",
)
QA_ISSUES = Topic(
    "kefu.qa.issues.v1",
    "interaction id",
    (
        "kefu.qa.issue",
        "kefu.qa.withdrawn",
        "kefu.sentiment.turned",
        "kefu.sentiment.sustained_negative",
        "kefu.sentiment.withdrawn",
    ),
    "One per hit of a quality rule, and per turn of a customer's mood.",
)
SCORECARDS = Topic(
    "kefu.qa.scorecards.v1",
    "window, tenant and group",
    ("kefu.qa.scorecard", "kefu.queue.interval"),
    "One window of one queue or other group; the highest revision is the newest.",
    retention_ms=None,
)
INTERACTIONS = Topic(
    "kefu.interactions.v1",
    "interaction id",
    ("kefu.interaction.summary",),
    "The summary of one interaction, revised while it lives.",
    retention_ms=None,
)
DEAD_LETTERS = Topic(
    "kefu.dead-letters.v1",
    "original key",
    ("kefu.dead_letter",),
    "What could not be processed, and why.",
    retention_ms=2 * WEEK_MS,
    partitions=1,
)
FACTS = Topic(
    "kefu.qa.facts.v1",
    "tenant and group",
    ("kefu.qa.facts",),
    "Internal: partial sums of one input partition, regrouped for the scorecards.",
    partitions=4,
)

INPUTS = (CONVERSATIONS, CALLS, AGENTS)
OUTPUTS = (ENRICHED, SLA, QA_ISSUES, SCORECARDS, INTERACTIONS, DEAD_LETTERS)
CATALOGUE = (*INPUTS, *OUTPUTS, FACTS)

PAYLOADS = "kefu.dead-letters.payloads.v1"
"""Internal: the events of dead letters as they came, unmasked, by the letter's id. `kefu
dead-letters` reads it; a tombstone drops one."""
PAYLOADS_RETENTION_MS = 3 * DAY_MS
"""Short, because nothing in it is masked; long enough for a weekend."""

CHANGELOG_PREFIX = "kefu.changelog."
"""Internal topics that hold the engines' checkpoints, one beside each consumed topic."""


def changelog_of(topic: str) -> str:
    """The changelog topic that belongs to a consumed topic, partition by partition."""
    return CHANGELOG_PREFIX + topic.removeprefix("kefu.")


TOPIC_OF_TYPE = {
    tag: topic for topic in (*OUTPUTS, FACTS, *INPUTS) for tag in topic.types if tag != "kefu.tick"
}
"""Which topic an event or output type travels on. Ticks travel on every input."""
