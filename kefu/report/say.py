"""Numbers and names as a reader of one language expects them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from kefu.report import words as w
from kefu.report.hours import local
from kefu.report.markup import Markup, tag
from kefu.report.model import Rule
from kefu.report.words import Language, Text


class Say:
    """Says things in one language, and times in one zone."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self.language = language
        self.zone = zone

    def __call__(self, what: Text, *values: object) -> str:
        """The text with the values filled in."""
        return what(self.language, *values)

    def percent(self, share: float | None) -> str:
        """A share of 0…1 with one decimal."""
        return self(w.NO_DATA) if share is None else f"{100 * share:.1f}%"

    def tenths(self, share: int) -> str:
        """A share in tenths of a per cent."""
        return f"{share / 10:.1f}%"

    def listed(self, parts: Iterable[str]) -> str:
        """Things one after the other."""
        return ("、" if self.language == "zh" else ", ").join(parts)

    def number(self, value: float | None, digits: int = 1) -> str:
        """A number with thousands set apart."""
        return self(w.NO_DATA) if value is None else f"{value:,.{digits}f}"

    def duration(self, seconds: float | None) -> str:
        """`45 s`, `2 min 05 s`, `3 h 10 min`, and the same in Chinese."""
        if seconds is None:
            return self(w.NO_DATA)
        chinese = self.language == "zh"
        if seconds < 60:
            return f"{seconds:.0f} 秒" if chinese else f"{seconds:.0f} s"
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return f"{minutes} 分 {rest:02} 秒" if chinese else f"{minutes} min {rest:02} s"
        hours, minutes = divmod(minutes, 60)
        return f"{hours} 小时 {minutes:02} 分" if chinese else f"{hours} h {minutes:02} min"

    def rule(self, rule: Rule) -> str:
        """The name of a rule."""
        return rule.name if self.language == "en" else rule.name_zh

    def known(self, names: Mapping[str, Text], name: str) -> str:
        """The word for a name of the configuration; one that we have no word for, as it is."""
        found = names.get(name)
        return name if found is None else self(found)

    def severity(self, rule: Rule) -> Markup:
        """A coloured label."""
        word = self(w.SEVERITIES[rule.severity])
        return tag("span", word, class_=f"severity {rule.severity}")

    def local(self, time_ms: int) -> datetime:
        """The wall time of an instant."""
        return local(time_ms, self.zone)

    def moment(self, time_ms: int) -> str:
        """Date and minute."""
        return f"{self.local(time_ms):%Y-%m-%d %H:%M}"

    def stretch(self, start_ms: int, end_ms: int) -> str:
        """From one minute to another; the date once where it is the same day."""
        start, end = self.local(start_ms), self.local(end_ms)
        until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
        return f"{start:%Y-%m-%d %H:%M} – {until}"

    def small(self, note: str) -> Markup:
        """A remark beside a figure."""
        return tag("small", note)


def tenths(counts: Mapping[str, int], whole: int = 1000) -> dict[str, int]:
    """Shares in tenths of a per cent that add up to `whole`: what rounding down leaves goes to
    those that lost most by it. Empty where nothing was counted.
    """
    total = sum(counts.values())
    if not total:
        return {}
    found = {name: whole * count // total for name, count in counts.items()}
    by_loss = sorted(counts, key=lambda name: (-(whole * counts[name] % total), name))
    for name in by_loss[: whole - sum(found.values())]:
        found[name] += 1
    return found
