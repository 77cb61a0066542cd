"""Turns alerts into one message of a robot, within its limit of bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kefu.notify.config import Language
from kefu.notify.payload import Alert, is_real
from kefu.notify.robots.base import Message, Robot
from kefu.notify.tally import Tally
from kefu.notify.text import clean, cut, safe_link
from kefu.notify.wording import IN, Words

FIELD_BYTES = (8192, 4096, 2048, 1024, 512, 256, 128, 64, 32)
"""Where a message is too large, every field of its alert is cut to the first of these that fits."""
TITLE_BYTES = 120
NAME_BYTES = 60
"""Of an alert's name in the title; whole in the text, as far as it fits."""
SUMMARY_NAMES = 20
"""The most frequent alerts that a summary names."""


@dataclass(frozen=True)
class Renderer:
    """Writes messages for one robot in its language and the readers' time zone."""

    robot: Robot
    language: Language
    zone: ZoneInfo

    def fits(self, alerts: Sequence[Alert], hidden: int) -> bool:
        """Whether all of them can be said in full in one message."""
        blocks = [self._block(alert, FIELD_BYTES[0]) for alert in alerts]
        return self._is_small(self._message(alerts, blocks, hidden))

    def alerts(self, alerts: Sequence[Alert], hidden: int) -> Message:
        """A message of as many alerts as fit, the first of them at least, and how many are left.

        `hidden`: how many more Alertmanager has left out itself. Firing alerts come first.
        """
        ordered = sorted(alerts, key=lambda a: a.resolved)
        blocks = [self._block(alert, FIELD_BYTES[0]) for alert in ordered]

        def with_first(count: int) -> Message:
            return self._message(ordered, blocks[:count], hidden + len(ordered) - count)

        fitting = _largest(len(blocks), lambda count: self._is_small(with_first(count)))
        if fitting:
            return with_first(fitting)
        for size in FIELD_BYTES[1:]:
            message = self._message(
                ordered, [self._block(ordered[0], size)], hidden + len(ordered) - 1
            )
            if self._is_small(message):
                break
        return message

    def summary(self, tally: Tally) -> Message:
        """The message that stands for groups which found the queue full."""
        words = IN[self.language]
        lines = [
            self.robot.markup.bold(w.overflow.format(tally.groups, tally.firing, tally.resolved))
            for w in words
        ]
        lines += [
            f"{cut(clean(name), NAME_BYTES)} × {count}"
            for name, count in tally.names.most_common(SUMMARY_NAMES)
        ]
        lines += [w.overflow_tail for w in words]
        return self._short(words[0].overflow, (tally.groups, tally.firing, tally.resolved), lines)

    def test(self) -> Message:
        """A message that proves that a robot works."""
        words = IN[self.language]
        return self._short(words[0].test, (), [w.test for w in words], healthy=True)

    def _short(
        self, title: str, numbers: tuple[int, ...], lines: list[str], *, healthy: bool = False
    ) -> Message:
        text = self.robot.markup.newline.join(lines)
        return Message(cut(title.format(*numbers), TITLE_BYTES), text, healthy)

    def _is_small(self, message: Message) -> bool:
        return self.robot.size(message) <= self.robot.max_bytes

    def _message(self, alerts: Sequence[Alert], blocks: list[str], more: int) -> Message:
        """`alerts`: all that the head counts; `blocks`: those shown; `more`: those not shown."""
        newline = self.robot.markup.newline
        resolved = sum(alert.resolved for alert in alerts)
        firing = len(alerts) - resolved
        heads = [_head(w, firing, resolved) for w in IN[self.language]]
        tail = [w.more.format(more) for w in IN[self.language]] if more else []
        icon = "🔴" if firing else "🟢"
        parts = [f"{icon} {' / '.join(heads)}", *blocks]
        if tail:
            parts.append(newline.join(tail))
        first = cut(clean(alerts[0].labels.get("alertname", "")), NAME_BYTES)
        title = cut(f"{icon} {heads[0]} {first}".rstrip(), TITLE_BYTES)
        return Message(title, (newline + newline).join(parts), healthy=not firing)

    def _block(self, alert: Alert, field_bytes: int) -> str:
        """The lines of one alert, each of its fields at most that long."""

        def field(text: str) -> str:
            return cut(clean(text), field_bytes)

        markup, words = self.robot.markup, IN[self.language]
        lines = [self._first_line(alert, field)]
        queue = field(alert.labels.get("queue", ""))
        if queue:
            lines.append(f"{_both(words, 'queue')}{words[0].colon}{queue}")
        for name in ("summary", "description"):
            said = (field(_annotation(alert, name, w)) for w in words)
            lines += dict.fromkeys(text for text in said if text)  # the same text once
        lines.append(self._time("began", alert.starts_at))
        if alert.resolved and alert.ends_at is not None and is_real(alert.ends_at):
            lines.append(self._time("ended", alert.ends_at))
        links = []
        for name in ("runbook", "dashboard"):
            url = safe_link(alert.annotations.get(f"{name}_url", ""))
            label = _both(words, name)
            if len(url) > field_bytes:
                links.append(f"{label}{words[0].colon}{_both(words, 'long_link')}")
            elif url:
                links.append(markup.link(label, url))
        lines += [" · ".join(links)] if links and markup.rich else links
        return markup.newline.join(lines)

    def _first_line(self, alert: Alert, field: Callable[[str], str]) -> str:
        severity = field(alert.labels.get("severity", ""))
        names = [w.severities.get(severity, severity) for w in IN[self.language]]
        tag = "/".join(dict.fromkeys(n for n in names if n))
        icon = "🟢" if alert.resolved else "🔴"
        name = field(alert.labels.get("alertname", "")) or "?"
        title = f"[{tag}] {name}" if tag else name
        return f"{icon} {self.robot.markup.bold(title)}"

    def _time(self, name: str, moment: datetime) -> str:
        words = IN[self.language]
        local = moment.astimezone(self.zone).isoformat(" ", "seconds")
        return f"{_both(words, name)}{words[0].colon}{local}"


def _head(words: Words, firing: int, resolved: int) -> str:
    parts = [words.firing.format(firing)] if firing else []
    parts += [words.resolved.format(resolved)] if resolved else []
    return " · ".join(parts)


def _both(words: tuple[Words, ...], name: str) -> str:
    return " ".join(getattr(w, name) for w in words)


def _annotation(alert: Alert, name: str, words: Words) -> str:
    return alert.annotations.get(name + words.suffix) or alert.annotations.get(name, "")


def _largest(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number from 1 to `limit` that fits, 0 where none does; more never fits better."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
