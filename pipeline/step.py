"""One step of the engine on one interaction: what the handlers share while they work."""

from typing import Any

from pipeline.config import EngineConfig
from pipeline.policies import Policies
from pipeline.state import Interaction
from pipeline.tallies import Book
from schemas.outputs import Output


class Step:
    """The interaction at hand, the instant spoken of, its cause, and the outputs so far.

    `now_ms` is the newest tick, or the instant that a tick has reached; None before the first.
    `tallies` is where it is counted, which says whether it is told of the past.
    `milestone` asks for a revised summary at the end of the step.
    """

    __slots__ = (
        "cause",
        "config",
        "interaction",
        "milestone",
        "now_ms",
        "out",
        "policies",
        "tallies",
        "time_ms",
    )

    def __init__(
        self,
        config: EngineConfig,
        interaction: Interaction,
        tallies: Book,
        time_ms: int,
        cause: str,
        now_ms: int | None = None,
    ) -> None:
        self.config = config
        self.policies: Policies = config.sla.policies
        self.interaction = interaction
        self.tallies = tallies
        self.time_ms = time_ms
        self.cause = cause
        self.now_ms = now_ms
        self.out: list[Output] = []
        self.milestone = False


def dimensions(of: Interaction) -> dict[str, Any]:
    """The dimensions of an interaction as keyword arguments of an output's data."""
    key = of.clocks.key
    return {
        "tenant": key.tenant,
        "channel": key.channel,
        "queue": key.queue,
        "priority": key.priority,
        "segment": key.segment,
        "customer_id": of.customer_id,
        "agent_id": of.agent_id,
        "agent_tier": of.agent_tier,
    }
