"""Which response-time targets apply to whom: for each clock the most specific policy wins.

`config/sla.yaml` explains the keys. A policy is chosen once, by the dimensions at the event that
starts a clock.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from pipeline.calendars import Calendar
from schemas.envelope import Label
from schemas.events import PauseReason
from schemas.outputs import Clock

ALWAYS = "always"
"""The calendar that is never closed: wall time."""
MAX_JUDGED = 10_000
"""So many combinations of dimensions are remembered with their targets; then they are worked out
again, because names of queues and tenants are an open set."""

PositiveSeconds = Annotated[float, Meta(ge=0.001, le=31_536_000)]
"""From a millisecond, the engine's smallest unit, to a year."""
Share = Annotated[float, Meta(gt=0, le=1)]
OneOrMore = Label | Annotated[tuple[Label, ...], Meta(min_length=1)]


class PolicyKey(NamedTuple):
    """The dimensions that decide, in the order of their weight where two policies tie."""

    tenant: str | None
    channel: str | None
    queue: str | None
    priority: str | None
    segment: str | None


WEIGHT = ("tenant", "queue", "segment", "priority", "channel")
"""Among equally many conditions the one on the earlier dimension is the more specific."""


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """Conditions of a policy: a value or a list of values for each; a key not given means any.

    A key without a value is refused: it would turn a narrow policy into one for everyone.
    """

    tenant: OneOrMore | UnsetType = UNSET
    channel: OneOrMore | UnsetType = UNSET
    queue: OneOrMore | UnsetType = UNSET
    priority: OneOrMore | UnsetType = UNSET
    segment: OneOrMore | UnsetType = UNSET

    def values(self, name: str) -> tuple[str, ...] | None:
        """The values that one dimension may have; None for any."""
        wanted: str | tuple[str, ...] | UnsetType = getattr(self, name)
        if isinstance(wanted, UnsetType):
            return None
        return (wanted,) if isinstance(wanted, str) else wanted

    def matches(self, key: PolicyKey) -> bool:
        """Whether the dimensions meet every condition."""
        return all(
            (wanted := self.values(name)) is None or value in wanted
            for name, value in zip(PolicyKey._fields, key, strict=True)
        )

    def and_also(self, other: "When") -> "When | None":
        """What meets both, or None where nothing can."""
        both: dict[str, tuple[str, ...]] = {}
        for name in PolicyKey._fields:
            mine, theirs = self.values(name), other.values(name)
            if mine is None or theirs is None:
                values = mine or theirs
            else:
                values = tuple(value for value in mine if value in theirs)
                if not values:
                    return None
            if values is not None:
                both[name] = values
        return When(**both)

    def covers(self, other: "When") -> bool:
        """Whether everything that meets `other` meets this."""
        for name in PolicyKey._fields:
            mine, theirs = self.values(name), other.values(name)
            if mine is not None and (theirs is None or not set(theirs) <= set(mine)):
                return False
        return True

    @property
    def specificity(self) -> tuple[int, tuple[bool, ...]]:
        """More conditions first, then their weight."""
        given = tuple(self.values(name) is not None for name in WEIGHT)
        return sum(given), given

    def __str__(self) -> str:
        given = [
            f"{name}={'|'.join(values)}"
            for name in PolicyKey._fields
            if (values := self.values(name)) is not None
        ]
        return ", ".join(given) or "everything"


class ClockTarget(Struct, frozen=True, forbid_unknown_fields=True):
    """The target of one clock; `config/sla.yaml` says what each key means."""

    target_seconds: PositiveSeconds
    warn_share: Share | None = None
    warn_at_seconds: (
        Annotated[tuple[PositiveSeconds, ...], Meta(min_length=1, max_length=9)] | None
    ) = None
    calendar: Label | None = None
    pauses: frozenset[PauseReason] | None = None

    @property
    def warnings_ms(self) -> tuple[int, ...]:
        """How long a wait has lasted at each warning, in milliseconds."""
        if self.warn_at_seconds is not None:
            found = {round(s * 1000) for s in self.warn_at_seconds}
            # Less than half a millisecond before the target is on it.
            return tuple(sorted(ms for ms in found if ms < round(self.target_seconds * 1000)))
        share = DEFAULT_WARN_SHARE if self.warn_share is None else self.warn_share
        warn_ms = round(self.target_seconds * share * 1000)
        return (warn_ms,) if warn_ms < round(self.target_seconds * 1000) else ()


DEFAULT_WARN_SHARE = 0.8


class ClockTargets(Struct, frozen=True, forbid_unknown_fields=True):
    """The clocks that a policy sets; `docs/clocks.md` says what each measures."""

    first_response: ClockTarget | UnsetType = UNSET
    next_response: ClockTarget | UnsetType = UNSET
    joined_response: ClockTarget | UnsetType = UNSET
    answer: ClockTarget | UnsetType = UNSET
    long_wait: ClockTarget | UnsetType = UNSET
    resolution_first: ClockTarget | UnsetType = UNSET
    resolution_total: ClockTarget | UnsetType = UNSET
    hold: ClockTarget | UnsetType = UNSET
    after_call_work: ClockTarget | UnsetType = UNSET
    follow_up: ClockTarget | UnsetType = UNSET
    silent_progress: ClockTarget | UnsetType = UNSET

    def of(self, clock: Clock) -> ClockTarget | None:
        """What is set for one clock, if anything."""
        target: ClockTarget | UnsetType = getattr(self, clock)
        return None if target is UNSET else target


CLOCKS: tuple[Clock, ...] = tuple(field.name for field in structs.fields(ClockTargets))  # type: ignore[misc]


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """Targets for everything that meets the conditions."""

    name: Label
    clocks: ClockTargets
    when: When = When()


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """The calendar of everything that meets the conditions."""

    calendar: Label
    when: When = When()


class Target(NamedTuple):
    """What one clock is held to; without a calendar in wall time."""

    policy: str
    target_ms: int
    warnings_ms: tuple[int, ...]
    calendar: Calendar | None
    pauses: frozenset[str]

    @property
    def first_due_ms(self) -> int:
        """After how much counted time there is something to say: the first warning, or the end."""
        return self.warnings_ms[0] if self.warnings_ms else self.target_ms


class Candidate(NamedTuple):
    """A policy that sets a clock, whether it matches, and whether it is the one that counts."""

    policy: Policy
    matches: bool
    wins: bool


class Policies:
    """The policies of one file, compiled. Remembers what it has judged."""

    def __init__(
        self,
        policies: tuple[Policy, ...],
        hours: tuple[Hours, ...],
        calendars: Mapping[str, Calendar],
    ) -> None:
        self._policies = policies
        self._hours = hours
        self._calendars = calendars
        self._judged: dict[PolicyKey, Mapping[str, Target]] = {}

    def judge(self, key: PolicyKey) -> Mapping[str, Target]:
        """The targets by clock; a clock that no policy speaks of is absent."""
        found = self._judged.get(key)
        if found is None:
            if len(self._judged) >= MAX_JUDGED:
                self._judged.clear()
            found = self._judged[key] = MappingProxyType(self._work_out(key))
        return found

    def explain(self, key: PolicyKey, clock: Clock) -> list[Candidate]:
        """Every policy that sets the clock, in the order of the file."""
        winner = self._winner(key, clock)
        return [
            Candidate(policy, policy.when.matches(key), policy is winner)
            for policy in self._policies
            if policy.clocks.of(clock) is not None
        ]

    def hours_of(self, key: PolicyKey) -> Hours | None:
        """The line of `hours` that applies, or None for wall time."""
        return _most_specific(self._hours, key)

    def overlaps(self) -> list[str]:
        """Pairs of policies of which only a tie-break says which one wins, and where."""
        found = []
        for index, first in enumerate(self._policies):
            for second in self._policies[index + 1 :]:
                if first.when.specificity[0] != second.when.specificity[0]:
                    continue
                both = first.when.and_also(second.when)
                if both is None:
                    continue
                clocks = [c for c in CLOCKS if _sets(first, c) and _sets(second, c)]
                count = first.when.specificity[0]
                open_clocks = [c for c in clocks if not self._is_settled(both, count, c)]
                if open_clocks:
                    found.append(_overlap(first, second, open_clocks))
        return found

    def _is_settled(self, both: When, count: int, clock: Clock) -> bool:
        """Whether a policy with more than `count` conditions covers all that two others share."""
        return any(
            _sets(policy, clock) and policy.when.covers(both) and policy.when.specificity[0] > count
            for policy in self._policies
        )

    def _winner(self, key: PolicyKey, clock: Clock) -> Policy | None:
        return _most_specific(tuple(p for p in self._policies if _sets(p, clock)), key)

    def _work_out(self, key: PolicyKey) -> dict[str, Target]:
        hours = self.hours_of(key)
        targets: dict[str, Target] = {}
        for clock in CLOCKS:
            policy = self._winner(key, clock)
            if policy is None:
                continue
            given = policy.clocks.of(clock)
            assert given is not None  # noqa: S101 - the winner sets the clock
            calendar = given.calendar or (hours.calendar if hours else ALWAYS)
            pauses = given.pauses
            if pauses is None:
                pauses = DEFAULT_PAUSES if clock == "resolution_total" else frozenset()
            targets[clock] = Target(
                policy.name,
                round(given.target_seconds * 1000),
                given.warnings_ms,
                None if calendar == ALWAYS else self._calendars[calendar],
                frozenset(pauses),
            )
        return targets


T = TypeVar("T", Policy, Hours)

DEFAULT_PAUSES: frozenset[PauseReason] = frozenset({"customer", "third_party"})
"""What stops the total resolution where a policy does not say otherwise."""


def _sets(policy: Policy, clock: Clock) -> bool:
    return policy.clocks.of(clock) is not None


def _most_specific(lines: tuple[T, ...], key: PolicyKey) -> T | None:
    matching = [line for line in lines if line.when.matches(key)]
    return max(matching, key=lambda line: line.when.specificity, default=None)


def _overlap(first: Policy, second: Policy, clocks: list[Clock]) -> str:
    winner, loser = first, second
    if second.when.specificity > first.when.specificity:
        winner, loser = second, first
    return (
        f"policies `{winner.name}` ({winner.when}) and `{loser.name}` ({loser.when}) can both "
        f"match and are equally specific for {', '.join(clocks)}: `{winner.name}` wins; give one "
        "of them a further condition if that is not meant"
    )
