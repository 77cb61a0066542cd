"""What is said of one queue in one stretch of time: service level, handling, response rate."""

from typing import Literal

from msgspec import Struct

from schemas.envelope import Identifier, Instant, Label

ServiceLevelFormula = Literal[1, 2, 3, 4, 5]
"""`pipeline.service_level` says what each divides by what."""


class Share(Struct, kw_only=True):
    """A share with its two sides; null where the denominator is 0."""

    numerator: int
    denominator: int
    share: float | None


class ServiceLevelShare(Share, kw_only=True):
    """The service level by one of its five definitions: by number, and by what it puts in."""

    formula: ServiceLevelFormula
    name: Label


class ResponseRate(Struct, kw_only=True):
    """Of the customers who first asked in the window, those answered in time (24 hours by default).

    A cohort: whoever asked in the window counts here, whenever the answer came. Provisional until
    `matured`: the time has passed for the last of them.
    """

    responded: int
    asked: int
    share: float | None
    matured: bool


class QueueIntervalData(Struct, kw_only=True):
    """One queue in one stretch of the tenant's local time; the highest `revision` is the newest.

    `length` is `15m`, `30m`, `1h`, `1d` (midnight to midnight: 23 or 25 hours where the clocks
    change) or `band ` and its local times. Waits and `response_rate` count where the wait began,
    everything else where it happened. Means are in seconds. Rates and means are null where nothing
    stands below the line; `occupancy` also where no presence of agents is known, `response_rate`
    but for hours and days.
    """

    window_start: Instant
    window_end: Instant
    length: Label
    tenant: str
    queue: str
    revision: int
    corrects: Identifier | None = None
    opened: int
    offered: int
    answered: int
    abandoned: int
    service_level: list[ServiceLevelShare]
    abandonment: Share
    abandonment_adjusted: Share
    asa_seconds: float | None
    handled: int
    aht_seconds: float | None
    talk_seconds_mean: float | None
    hold_seconds_mean: float | None
    wrap_up_seconds_mean: float | None
    transferred: int
    transfer_rate: float | None
    held: int
    hold_rate: float | None
    occupancy: float | None
    response_rate: ResponseRate | None
    first_responses: int
    first_response_seconds_mean: float | None
    next_responses: int
    next_response_seconds_mean: float | None
    met: int
    breached: int
    policy_version: str
