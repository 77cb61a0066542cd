"""`config/sla.yaml`: typed, checked and compiled once, trusted afterwards."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, get_args

from msgspec import Meta, Struct

from pipeline.calendars import Calendar, CalendarError, CalendarSpec
from pipeline.policies import ALWAYS, CLOCKS, ClockTarget, Hours, Policies, Policy, When
from pipeline.windows import Band
from pipeline.yaml_reader import Document
from schemas.envelope import Label, Priority

PositiveSeconds = Annotated[float, Meta(gt=0, le=31_536_000)]
PositiveHours = Annotated[float, Meta(gt=0, le=8_760)]
Share = Annotated[float, Meta(gt=0, le=1)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]


class Pleasantries(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer says without expecting an answer."""

    version: Label
    words: frozenset[Word] = frozenset()


class ResponseRate(Struct, frozen=True, forbid_unknown_fields=True):
    """The share of conversations that get a human answer in so many hours."""

    within_hours: PositiveHours = 24.0
    target_share: Share = 0.95


class Threshold(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a queue wait may be to count as in time."""

    threshold_seconds: PositiveSeconds


class ServiceLevelTargets(Struct, frozen=True, forbid_unknown_fields=True):
    """The thresholds of the service level; who leaves within the short abandon hardly waited."""

    call: Threshold = Threshold(20.0)
    conversation: Threshold = Threshold(60.0)
    short_abandon_seconds: PositiveSeconds = 5.0
    target_share: Share = 0.8


class SlaFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as written; its comments say what each key means."""

    version: Label
    channels: Annotated[tuple[Label, ...], Meta(min_length=1)]
    policies: Annotated[tuple[Policy, ...], Meta(min_length=1)]
    timezone: str = "Asia/Shanghai"
    calendars: dict[Label, CalendarSpec] = {}
    hours: tuple[Hours, ...] = ()
    closing_pleasantries: Pleasantries = Pleasantries("none")
    response_rate: ResponseRate = ResponseRate()
    service_level: ServiceLevelTargets = ServiceLevelTargets()
    peak_bands: tuple[str, ...] = ()
    reopen_window_hours: PositiveHours = 24.0
    idle_expiry_hours: PositiveHours = 72.0
    future_tolerance_seconds: PositiveSeconds = 300.0
    allowed_lateness_seconds: PositiveSeconds = 120.0


@dataclass(frozen=True)
class SlaPolicy:
    """The compiled file. `calendars` holds the calendars as written."""

    version: str
    timezone: str
    calendars: dict[str, CalendarSpec]
    compiled_calendars: dict[str, Calendar]
    policies: Policies
    closing_pleasantries: Pleasantries
    response_rate: ResponseRate
    service_level: ServiceLevelTargets
    peak_bands: tuple[str, ...]
    reopen_window_hours: float
    idle_expiry_hours: float
    future_tolerance_seconds: float
    allowed_lateness_seconds: float

    def warnings(self, until_ms: int) -> list[str]:
        """What a person should know though nothing is wrong: overlaps, years without holidays."""
        calendars = (c.warning(until_ms) for c in self.compiled_calendars.values())
        return [*self.policies.overlaps(), *(warning for warning in calendars if warning)]

    @cached_property
    def lateness_ms(self) -> int:
        """How late an event may come and still be put in its place, in milliseconds."""
        return round(self.allowed_lateness_seconds * 1000)


def parse_sla(text: str, filename: str) -> SlaPolicy:
    """Parse `config/sla.yaml`; raises `ConfigError` naming file, line, key and what is allowed."""
    document = Document(text, filename)
    file = document.convert(SlaFile)
    calendars = _calendars(document, file)
    _check_policies(document, file)
    for index, band in enumerate(file.peak_bands):
        try:
            Band.parse(band)
        except ValueError as error:
            raise document.error(f"$.peak_bands[{index}]", str(error)) from None
        if band in file.peak_bands[:index]:
            raise document.error(f"$.peak_bands[{index}]", f"`{band}` stands twice")
    return SlaPolicy(
        version=file.version,
        timezone=file.timezone,
        calendars=dict(file.calendars),
        compiled_calendars=calendars,
        policies=Policies(file.policies, file.hours, calendars),
        closing_pleasantries=file.closing_pleasantries,
        response_rate=file.response_rate,
        service_level=file.service_level,
        peak_bands=file.peak_bands,
        reopen_window_hours=file.reopen_window_hours,
        idle_expiry_hours=file.idle_expiry_hours,
        future_tolerance_seconds=file.future_tolerance_seconds,
        allowed_lateness_seconds=file.allowed_lateness_seconds,
    )


def _calendars(document: Document, file: SlaFile) -> dict[str, Calendar]:
    calendars = {}
    try:
        # Checks the time zone also where no calendar uses it: days are counted in it.
        Calendar.of("zone", CalendarSpec({"mon-sun": ("00:00-24:00",)}), file.timezone)
        for name, spec in file.calendars.items():
            if name == ALWAYS:
                raise document.error(f"$.calendars.{name}", f"`{ALWAYS}` is the name of wall time")
            calendars[name] = Calendar.of(name, spec, file.timezone)
    except CalendarError as error:
        raise document.error(error.key_path, error.message) from None
    return calendars


def _check_policies(document: Document, file: SlaFile) -> None:
    for index, hours in enumerate(file.hours):
        _check_when(document, f"$.hours[{index}].when", hours.when, file.channels)
        _check_calendar(document, f"$.hours[{index}].calendar", hours.calendar, file)
    names: set[str] = set()
    for index, policy in enumerate(file.policies):
        path = f"$.policies[{index}]"
        if policy.name in names:
            raise document.error(f"{path}.name", f"a policy `{policy.name}` stands above")
        names.add(policy.name)
        _check_when(document, f"{path}.when", policy.when, file.channels)
        targets = [(clock, policy.clocks.of(clock)) for clock in CLOCKS]
        given = [(clock, target) for clock, target in targets if target is not None]
        if not given:
            raise document.error(f"{path}.clocks", f"no clock; there are {', '.join(CLOCKS)}")
        for clock, target in given:
            _check_target(document, f"{path}.clocks.{clock}", target, file)


def _check_target(document: Document, path: str, target: ClockTarget, file: SlaFile) -> None:
    if target.calendar is not None:
        _check_calendar(document, f"{path}.calendar", target.calendar, file)
    if target.warn_at_seconds is None:
        return
    if target.warn_share is not None:
        raise document.error(f"{path}.warn_share", "give it or `warn_at_seconds`, not both")
    latest = max(target.warn_at_seconds)
    if latest >= target.target_seconds:
        raise document.error(
            f"{path}.warn_at_seconds",
            f"{latest:g} is not before the target, {target.target_seconds:g}",
        )


def _check_calendar(document: Document, path: str, name: str, file: SlaFile) -> None:
    known = (*file.calendars, ALWAYS)
    if name not in known:
        raise document.error(path, _unknown("calendar", name, known))


def _check_when(document: Document, path: str, when: When, channels: tuple[str, ...]) -> None:
    for key, known in (("channel", channels), ("priority", get_args(Priority))):
        for value in when.values(key) or ():
            if value not in known:
                raise document.error(f"{path}.{key}", _unknown(key, value, known))


def _unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    meant = f" (did you mean `{near[0]}`?)" if near else ""
    return f"no {what} `{name}`{meant}; allowed: {', '.join(known)}"
