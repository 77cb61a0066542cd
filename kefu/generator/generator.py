"""The generator: an endless, time-ordered stream of events from scenarios.

New interactions arrive as a Poisson process whose rate follows the hours of a service day. Only
the live ones are held, so memory is bounded by the rate. The same seed gives the same events.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random
from zoneinfo import ZoneInfo

from kefu.generator.play import play
from kefu.generator.presence import Presence
from kefu.generator.scenarios import load_scenarios
from kefu.generator.staff import AGENTS_PER_QUEUE, Staff
from schemas.events import Event

ZONE = ZoneInfo("Asia/Shanghai")
DAY_CURVE = (
    0.15, 0.1, 0.1, 0.1, 0.1, 0.15, 0.3, 0.5, 0.8, 1.3, 1.5, 1.2,
    1.3, 1.4, 1.1, 1.0, 1.0, 1.3, 1.4, 1.2, 1.1, 0.9, 0.6, 0.3,
)  # fmt: skip
"""How busy each hour of the day is; the peaks are those of service plans: 9–11, 12–14, 17–19."""
SERVICE_HOURS = range(9, 21)
CALL_SHARE = 0.25
TENANTS = ("demo",)


class Generator:
    """Iterate over it for events in the order of their times. It goes on for ever."""

    def __init__(
        self,
        seed: int,
        *,
        start_ms: int,
        rate_per_minute: float,
        call_share: float = CALL_SHARE,
        agents_per_queue: int = AGENTS_PER_QUEUE,
        tenants: Sequence[str] = TENANTS,
    ) -> None:
        """`rate_per_minute`: new interactions in a minute of event time, at the day's mean.

        `call_share` of them, 0…1, are calls; each belongs to one of the `tenants`. Raises
        `ConfigError` if a scenario file is wrong.
        """
        # Not for security: the same seed must give the same events everywhere.
        self._random = Random(seed)  # noqa: S311
        self._name = f"{seed}-{start_ms // 1000}"
        # Its numbers begin at 1 with each start, and so does a source.
        self._source = f"kefu/generator/{self._name}"
        self._start_ms = start_ms
        self._rate_per_ms = rate_per_minute / 60_000
        self._call_share = call_share
        self._tenants = tuple(tenants)
        scenarios = load_scenarios()
        self._calls = [scenario for scenario in scenarios if scenario.is_call]
        self._chats = [scenario for scenario in scenarios if not scenario.is_call]
        self._day_chats = [scenario for scenario in self._chats if not scenario.at_night]
        self._staff = Staff(self._random, agents_per_queue)
        self._count = 0
        self._interactions = 0

    def __iter__(self) -> Iterator[Event]:
        arrivals = self._staff.arrive(self._start_ms, self._tenants[0])
        presence = Presence(
            {agent.id: agent for agent in self._staff.agents},
            {arrival.subject: arrival.data.state for arrival in arrivals},
        )
        for arrival in arrivals:
            yield self._numbered(arrival)
        waiting: list[tuple[int, int, Event]] = []
        order = 0
        begin_ms = self._start_ms
        while True:
            begin_ms += self._pause_ms(begin_ms)
            while waiting and waiting[0][0] <= begin_ms:
                event = heappop(waiting)[2]
                yield self._numbered(event)
                for followed in presence.follow(event):
                    yield self._numbered(followed)
            for time_ms, event in self._interaction(begin_ms):
                heappush(waiting, (time_ms, order, event))
                order += 1

    def _pause_ms(self, now_ms: int) -> int:
        """Until the next arrival: exponential, at the rate of this hour."""
        rate = self._rate_per_ms * DAY_CURVE[_hour(now_ms)]
        return max(1, round(self._random.expovariate(rate)))

    def _interaction(self, begin_ms: int) -> Iterator[tuple[int, Event]]:
        self._interactions += 1
        is_call = self._random.random() < self._call_share
        chats = self._day_chats if _hour(begin_ms) in SERVICE_HOURS else self._chats
        scenario = self._random.choice(self._calls if is_call else chats)
        name = f"{'call' if is_call else 'conv'}-{self._name}-{self._interactions}"
        tenant = self._random.choice(self._tenants)
        return play(scenario, name, tenant, begin_ms, self._random, self._staff)

    def _numbered(self, event: Event) -> Event:
        """Give the event its id and number in the order in which it leaves."""
        self._count += 1
        event.id = f"{self._start_ms // 1000}-{self._count}"
        event.source = self._source
        event.sequence = str(self._count)
        return event


def _hour(time_ms: int) -> int:
    return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(ZONE).hour
