"""Which robots an alert is for."""

from collections.abc import Iterable

from kefu.notify.config import NotifySettings, Route
from kefu.notify.payload import Alert, Webhook


def by_robot(settings: NotifySettings, webhook: Webhook) -> dict[str, list[Alert]]:
    """The alerts of each robot. Every route that matches counts; without any, `default` does."""
    result: dict[str, list[Alert]] = {}
    for alert in webhook.alerts:
        for name in _robots(settings, webhook.receiver, alert):
            result.setdefault(name, []).append(alert)
    return result


def _robots(settings: NotifySettings, receiver: str, alert: Alert) -> Iterable[str]:
    matching = [r.robots for r in settings.routes if _matches(r, receiver, alert)]
    names = [name for robots in matching for name in robots] or settings.default
    return dict.fromkeys(names)  # each once, in order


def _matches(route: Route, receiver: str, alert: Alert) -> bool:
    return (
        _meets(route.receiver, receiver)
        and _meets(route.severity, alert.labels.get("severity"))
        and _meets(route.queue, alert.labels.get("queue"))
    )


def _meets(wanted: str | list[str] | None, value: str | None) -> bool:
    if wanted is None:
        return True
    return value in ([wanted] if isinstance(wanted, str) else wanted)
