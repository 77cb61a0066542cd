"""`kefu sla`: which response-time target applies to an event, and why."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson

from agents.settings import default_config_dir
from kefu.errors import UserError
from kefu.options import json_option, print_json
from kefu.sla_explain import Explained, Subject, explain, subject_of
from pipeline.policies import PolicyKey
from pipeline.sla_file import SlaPolicy, parse_sla
from pipeline.yaml_reader import ConfigError
from schemas.codec import InvalidEvent, decode, from_ms, to_ms
from schemas.events import AgentPresence, InteractionEvent, Tick

SHOWN_GAPS = 5
"""So many closed times are printed; the rest is counted."""


@click.group()
def command() -> None:
    """Response-time policies."""


@command.command(name="explain")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    help="The sla.yaml to explain; else that of kefu.",
)
@click.option(
    "--event",
    "event_file",
    type=click.Path(path_type=Path),
    required=True,
    help="One event as JSON, or the events of one interaction, one a line.",
)
@json_option
def explain_(policy_file: Path | None, event_file: Path, as_json: bool) -> None:
    """Show which policies match an event, which one wins, and when it warns and breaches.

    Of several events the customer's last message is explained (or the last event, if the customer
    said nothing), with the dimensions that it and the events before it have named.
    """
    path = policy_file or default_config_dir() / "sla.yaml"
    try:
        sla = parse_sla(_text(path), str(path))
    except ConfigError as error:
        raise UserError(str(error)) from None
    subject = subject_of(_events(event_file))
    clocks = explain(sla, subject)
    if as_json:
        print_json(_as_json(sla, subject, clocks))
    else:
        click.echo("\n".join(_lines(sla, subject, clocks)))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}: the file is not UTF-8") from None


def _events(path: Path) -> list[InteractionEvent]:
    content = _bytes(path)
    try:
        orjson.loads(content)
        pieces = [(str(path), content)]  # one event, however many lines it has
    except orjson.JSONDecodeError:
        lines = enumerate(content.split(b"\n"), start=1)
        pieces = [(f"{path}:{number}", line) for number, line in lines if line.strip()]
    if not pieces:
        raise UserError(f"{path}: the file is empty; expected an event as JSON, or one a line")
    events: list[InteractionEvent] = []
    for where, piece in pieces:
        event = _event(where, piece)
        if events and _interaction(event) != _interaction(events[0]):
            raise UserError(
                f"{where}: the event is of {_interaction(event)}, the first one of "
                f"{_interaction(events[0])}; expected the events of one interaction"
            )
        events.append(event)
    return events


def _event(where: str, piece: bytes) -> InteractionEvent:
    try:
        event = decode(piece).event
    except InvalidEvent as invalid:
        raise UserError(f"{where}: not an event: {invalid.detail}") from None
    if isinstance(event, AgentPresence | Tick):
        raise UserError(f"{where}: {_type(event)} starts no clock; expected a chat or call event")
    return event


def _type(event: object) -> str:
    return str(event.__struct_config__.tag)  # type: ignore[attr-defined]


def _interaction(event: InteractionEvent) -> str:
    return f"{_type(event).split('.')[1]} {event.subject}"


def _lines(sla: SlaPolicy, subject: Subject, clocks: list[Explained]) -> list[str]:
    event, zone = subject.event, ZoneInfo(sla.timezone)
    dims = ", ".join(f"{k}={v or '-'}" for k, v in zip(PolicyKey._fields, subject.key, strict=True))
    lines = [
        f"{_type(event)} {event.id} of {_interaction(event)}",
        f"{_local(to_ms(event.time), zone)} {sla.timezone}, policies {sla.version}",
        dims,
    ]
    if not clocks:
        lines += ["", "This event starts no clock (docs/clocks.md)."]
    for one in clocks:
        lines += ["", f"{one.clock}: {one.starts}"]
        for verdict in one.verdicts:
            mark = "wins    " if verdict.wins else "matches " if verdict.matches else "no match"
            lines.append(f"  {mark}  {verdict.policy} ({verdict.when}): {verdict.why}")
        lines += [f"  {line}" for line in _when_lines(one, zone)]
    return lines


def _when_lines(one: Explained, zone: ZoneInfo) -> list[str]:
    if one.target is None:
        return ["no target: no policy that matches sets this clock"]
    lines = [f"target {_seconds(one.target.target_ms)} in {one.hours}"]
    for begin_ms, end_ms in one.closed[:SHOWN_GAPS]:
        lines.append(f"closed {_local(begin_ms, zone)} to {_local(end_ms, zone)}")
    if len(one.closed) > SHOWN_GAPS:
        lines.append(f"closed {len(one.closed) - SHOWN_GAPS} more times before the deadline")
    for amount_ms, at_ms in zip(one.target.warnings_ms, one.warnings_ms, strict=False):
        lines.append(f"warning  {_local(at_ms, zone)} after {_seconds(amount_ms)}")
    if one.deadline_ms is None:
        lines.append("no deadline: the calendar is not open long enough before 2100")
    else:
        lines.append(f"deadline {_local(one.deadline_ms, zone)}")
    if one.note:
        lines.append(f"note: {one.note}")
    if one.target.pauses:
        lines.append(f"a pause moves them: {', '.join(sorted(one.target.pauses))}")
    return lines


def _local(at_ms: int, zone: ZoneInfo) -> str:
    at = from_ms(at_ms).astimezone(zone)
    fraction = f".{at_ms % 1000:03}" if at_ms % 1000 else ""
    return at.strftime("%a %Y-%m-%d %H:%M:%S") + fraction


def _seconds(amount_ms: int) -> str:
    return f"{amount_ms / 1000:,.3f}".rstrip("0").rstrip(".") + " s"


def _as_json(sla: SlaPolicy, subject: Subject, clocks: list[Explained]) -> dict[str, object]:
    zone = ZoneInfo(sla.timezone)

    def local(at_ms: int) -> datetime:
        return from_ms(at_ms).astimezone(zone)

    return {
        "event": {"type": _type(subject.event), "id": subject.event.id},
        "at": local(to_ms(subject.event.time)),
        "version": sla.version,
        "timezone": sla.timezone,
        "dimensions": subject.key._asdict(),
        "clocks": [
            {
                "clock": one.clock,
                "starts": one.starts,
                "policies": [verdict._asdict() for verdict in one.verdicts],
                "target_ms": one.target.target_ms if one.target else None,
                "calendar": one.target.calendar.name
                if one.target and one.target.calendar
                else None,
                "hours": one.hours,
                "note": one.note,
                "pauses": sorted(one.target.pauses) if one.target else [],
                "closed": [[local(begin), local(end)] for begin, end in one.closed],
                "warnings": [local(at_ms) for at_ms in one.warnings_ms],
                "deadline": None if one.deadline_ms is None else local(one.deadline_ms),
            }
            for one in clocks
        ],
    }
