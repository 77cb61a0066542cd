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
DATA_AGE = "time() - min(max by (topic,partition) (kefu_state_shown_timestamp_seconds))"


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
