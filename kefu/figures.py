"""What a replay found, by channel: waits, breaches, and the service level by all five formulas."""

from math import ceil

from rich.console import Console
from rich.table import Table

from pipeline.service_level import service_levels
from pipeline.sla_file import SlaPolicy
from schemas.outputs import (
    InteractionSummary,
    MessageEnriched,
    Output,
    SlaBreached,
    SlaCorrected,
    SlaMet,
    SummaryData,
    Tally,
)

QUANTILES = (50, 90, 99)
_NONE = "(none)"


class Figures:
    """Add every output of a run; of summaries and of statements about one wait the last counts."""

    def __init__(self, policy: SlaPolicy) -> None:
        self._levels = policy.service_level
        self._summaries: dict[tuple[str, str], SummaryData] = {}
        self._outcomes: dict[str, tuple[str, str, str]] = {}
        self._next_ms: dict[str, list[int]] = {}

    def add(self, output: Output) -> None:
        """Take one output."""
        match output:
            case InteractionSummary(data=data, subject=subject):
                self._summaries[data.kind, subject] = data
            case MessageEnriched(data=data):
                if data.response == "next_response" and data.response_ms is not None:
                    self._next_ms.setdefault(data.channel or _NONE, []).append(data.response_ms)
            case SlaMet(data=data) | SlaBreached(data=data) | SlaCorrected(data=data):
                self._outcomes[data.clock_id] = (data.channel or _NONE, data.clock, data.outcome)
            case _:
                pass

    def by_channel(self) -> list[dict[str, object]]:
        """One row for each channel and one for all, times in seconds."""
        channels = sorted({data.channel or _NONE for data in self._summaries.values()})
        rows = [self._row(channel, {channel}) for channel in channels]
        return [*rows, self._row("all", set(channels))] if len(channels) != 1 else rows

    def _row(self, name: str, channels: set[str]) -> dict[str, object]:
        found = [s for s in self._summaries.values() if (s.channel or _NONE) in channels]
        first = [s.first_response_ms for s in found if s.first_response_ms is not None]
        following = [ms for channel in channels for ms in self._next_ms.get(channel, ())]
        row: dict[str, object] = {"channel": name, "interactions": len(found)}
        for label, values in (("frt", first), ("nrt", following)):
            row[f"{label}_n"] = len(values)
            for percent in QUANTILES:
                row[f"{label}_p{percent}_seconds"] = _quantile(values, percent)
        for clock in ("first_response", "next_response", "answer"):
            row[f"{clock}_breaches"] = sum(
                o == (channel, clock, "breached")
                for o in self._outcomes.values()
                for channel in channels & {o[0]}
            )
        row["breaches"] = sum(
            o[0] in channels and o[2] == "breached" for o in self._outcomes.values()
        )
        tally = self._queue_tally(found)
        row["offered"] = tally.answered + tally.abandoned
        for level in service_levels(tally):
            row[f"service_level_{level.formula}"] = level.share
        return row

    def _queue_tally(self, found: list[SummaryData]) -> Tally:
        tally = Tally()
        short_ms = self._levels.short_abandon_seconds * 1000
        for data in found:
            if data.queue_wait_ms is None:
                continue
            level = self._levels.call if data.kind == "call" else self._levels.conversation
            is_in = data.queue_wait_ms <= level.threshold_seconds * 1000
            if data.abandoned:
                tally.abandoned += 1
                tally.abandoned_in += is_in
                tally.abandoned_short += data.queue_wait_ms <= short_ms
            else:
                tally.answered += 1
                tally.answered_in += is_in
        return tally


def _quantile(values: list[int], percent: int) -> float | None:
    """The smallest value that at least so many per cent do not exceed, in seconds."""
    if not values:
        return None
    return sorted(values)[ceil(len(values) * percent / 100) - 1] / 1000


def print_figures(rows: list[dict[str, object]], policy: SlaPolicy) -> None:
    """The rows as a table that fits a terminal: one column for each channel."""
    levels = policy.service_level
    table = Table(title=f"waits and service level (policy {policy.version})")
    table.add_column("")
    for row in rows:
        table.add_column(str(row["channel"]), justify="right")
    for key in rows[0] if rows else ():
        if key != "channel":
            table.add_row(_label(key), *(_shown(key, row[key]) for row in rows))
    console = Console()
    console.print(table)
    console.print(
        f"service level: within {levels.call.threshold_seconds:g} s for calls, "
        f"{levels.conversation.threshold_seconds:g} s for chats; formulas 1-5 as in docs/clocks.md"
    )


def _label(key: str) -> str:
    if key.startswith("service_level_"):
        return f"service level {key[-1]}"
    for short, long in (("frt", "first response"), ("nrt", "next response")):
        if key.startswith(f"{short}_"):
            rest = key.removeprefix(f"{short}_")
            return f"{long} n" if rest == "n" else f"{long} {rest.removesuffix('_seconds')}, s"
    return key.replace("_", " ")


def _shown(key: str, value: object) -> str:
    if value is None:
        return "–"
    if key.startswith("service_level_") and isinstance(value, float):
        return f"{100 * value:.1f} %"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
