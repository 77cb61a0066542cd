"""Queries that more than one dashboard asks.

Gauges of state are read by partition first, because two workers show a partition while it changes
hands. Counters are read under a rate.
"""

QUEUE = 'queue=~"$queue"'
PLACE = f'{QUEUE},channel=~"$channel"'
CHANNEL = 'channel=~"$channel"'

WAITING = f"max by (kind,channel,queue,priority,partition) (kefu_waiting{{{PLACE}}})"
SINCE = f"kefu_oldest_waiting_since_timestamp_seconds{{{PLACE}}}"
CLOCK = "scalar(max(kefu_clock_timestamp_seconds))"
"""Event time now: the newest tick that any partition has read."""
SHOWN = "kefu_state_shown_timestamp_seconds"
DATA_AGE = f"(time() - min(max by (topic,partition) (last_over_time({SHOWN}[1h])))) or vector(3600)"
"""Seconds since the partition that nobody refreshes was refreshed; at most, and where there was
never one, an hour. What a dead worker last showed must be looked for: its gauges leave Prometheus
with the next scrape, and those that are left are young.
"""
NOBODY = f"(vector(0) and on() {SHOWN})"
"""0 where some worker shows its state; nothing, and not 0, where all are dead."""
KEPT_CLOCKS = 'clock!~"long_wait|silent_progress"'
"""Clocks that can be kept: the two others are alarms, which never say `met` (docs/clocks.md)."""


def increase(metric: str, by: str = "", span: str = "1h", *, where: str = QUEUE) -> str:
    """How much a counter grew, summed up by labels."""
    over = f" by ({by})" if by else ""
    return f"sum{over} (increase({metric}{{{where}}}[{span}]))"


def ratio(above: str, below: str) -> str:
    """Above / below, empty where nothing stands below."""
    return f"{above} / ({below} > 0)"


def quantile(share: float, metric: str, where: str, by: str = "") -> str:
    """A quantile of a histogram, over the panel's own rate interval."""
    over = f"le,{by}" if by else "le"
    rate = f"rate({metric}_bucket{{{where}}}[$__rate_interval])"
    return f"histogram_quantile({share}, sum by ({over}) ({rate}))"


def of_partition(metric: str, by: str, where: str = QUEUE) -> str:
    """A gauge that is shown by partition, summed up by labels."""
    labels = f"{by},partition" if by else "partition"
    over = f" by ({by})" if by else ""
    return f"sum{over} (max by ({labels}) ({metric}{{{where}}}))"


def interval(metric: str, by: str = "", where: str = "") -> str:
    """A gauge of the last closed half hour."""
    return of_partition(metric, by, f"{where},{QUEUE}" if where else QUEUE)
