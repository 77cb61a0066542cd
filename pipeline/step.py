"""One step of the engine on one interaction: what the handlers share while they work."""

from typing import Any

from pipeline.config import EngineConfig
from pipeline.policies import Policies
from pipeline.state import Interaction
from pipeline.tallies import Tallies
from schemas.outputs import Output, Tally


class Step:
    """The interaction at hand, the instant spoken of, its cause, and the outputs so far.

    `now_ms` is the newest tick, or the instant that a tick has reached; None before the first.
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
        tallies: Tallies,
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

    def tally(self) -> Tally:
        """The counts of the instant for the interaction's queue, to be added to in place."""
        key = self.interaction.clocks.key
        return self.tallies.at(self.time_ms, key.tenant, key.queue)


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
