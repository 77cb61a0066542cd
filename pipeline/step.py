"""One step of the engine on one interaction: what the handlers share while they work."""

from typing import Any

from pipeline.config import EngineConfig
from pipeline.state import Interaction
from pipeline.tallies import Tallies
from schemas.outputs import Output


class Step:
    """The interaction at hand, the instant spoken of, its cause, and the outputs so far.

    `milestone` asks for a revised summary at the end of the step.
    """

    __slots__ = ("cause", "config", "interaction", "milestone", "out", "tallies", "time_ms")

    def __init__(
        self,
        config: EngineConfig,
        interaction: Interaction,
        tallies: Tallies,
        time_ms: int,
        cause: str,
    ) -> None:
        self.config = config
        self.interaction = interaction
        self.tallies = tallies
        self.time_ms = time_ms
        self.cause = cause
        self.out: list[Output] = []
        self.milestone = False


def dimensions(of: Interaction) -> dict[str, Any]:
    """The dimensions of an interaction as keyword arguments of an output's data."""
    return {
        "tenant": of.tenant,
        "channel": of.channel,
        "queue": of.queue,
        "priority": of.priority,
        "segment": of.segment,
        "customer_id": of.customer_id,
        "agent_id": of.agent_id,
        "agent_tier": of.agent_tier,
    }
