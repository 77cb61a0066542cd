"""What Alertmanager posts to a webhook (version 4), checked once."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

VERSION = "4"
"""The only version of the webhook format that Alertmanager 0.12 to 0.34 sends."""


class PayloadError(ValueError):
    """A body that is not an Alertmanager webhook; the text names the place and holds no content."""


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert of a group. `ends_at` means something only where the status is `resolved`."""

    status: str
    labels: dict[str, str]
    starts_at: datetime
    fingerprint: str
    annotations: dict[str, str] = {}
    ends_at: datetime | None = None

    @property
    def resolved(self) -> bool:
        """Whether it is over."""
        return self.status == "resolved"


class Webhook(msgspec.Struct, frozen=True, rename="camel"):
    """One notification: the alerts of one group."""

    version: str
    group_key: str
    status: str
    receiver: str
    alerts: list[Alert]
    truncated_alerts: int = 0


_DECODER = msgspec.json.Decoder(Webhook)


def decode(body: bytes) -> Webhook:
    """The webhook in the body; raises `PayloadError` with one line."""
    try:
        webhook = _DECODER.decode(body)
    except RecursionError:
        raise PayloadError("not an Alertmanager webhook: nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(f"not an Alertmanager webhook: {error}") from None
    if webhook.version != VERSION:
        raise PayloadError(f"not an Alertmanager webhook: `$.version` must be {VERSION!r}")
    if not webhook.alerts:
        raise PayloadError("not an Alertmanager webhook: `$.alerts` is empty")
    for index, alert in enumerate(webhook.alerts):
        where = f"`$.alerts[{index}]"
        if alert.status not in ("firing", "resolved"):
            raise PayloadError(
                f"not an Alertmanager webhook: {where}.status` must be 'firing' or 'resolved'"
            )
        if alert.starts_at.tzinfo is None:
            raise PayloadError(f"not an Alertmanager webhook: {where}.startsAt` has no time zone")
        if not is_real(alert.starts_at):
            raise PayloadError(f"not an Alertmanager webhook: {where}.startsAt` is not a real time")
    if webhook.truncated_alerts < 0:
        raise PayloadError("not an Alertmanager webhook: `$.truncatedAlerts` is negative")
    return webhook


def is_real(moment: datetime | None) -> bool:
    """Whether it is a time: Alertmanager writes the year 1 for the end of what still fires."""
    return moment is not None and 1970 <= moment.year < 9999 and moment.tzinfo is not None


def identity(webhook: Webhook, alerts: Iterable[Alert]) -> str:
    """Equal for what Alertmanager sends again, and different once an alert starts or ends."""
    what = sorted((a.fingerprint, a.status, a.starts_at.isoformat()) for a in alerts)
    parts = (webhook.group_key, webhook.status, what)
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
