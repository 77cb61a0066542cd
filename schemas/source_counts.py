"""What a source says of itself: how many events it has sent in an hour. Optional.

It travels on a topic of its own that only `kefu reconcile` reads, so it is neither an event of the
engine nor an output.
"""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.codec import EARLIEST, InvalidEvent, Reason, decode_as
from schemas.envelope import Envelope, Instant

SOURCE_COUNTS = "kefu.source-counts.v1"


class SourceCountData(Struct, kw_only=True):
    """`count` events of the source have an event time in the hour that begins at `hour`.

    Ticks do not count. Of several statements about one hour the newest `time` holds.
    """

    hour: Instant
    count: Annotated[int, Meta(ge=0)]


class SourceCount(Envelope, kw_only=True, tag="kefu.source.count"):
    """The envelope's `source` is the one that is spoken of; `subject` and the key name it too."""

    data: SourceCountData


def decode_source_count(value: bytes | None) -> SourceCount:
    """Turn one Kafka value into a count; raises `InvalidEvent`, also for an hour that is none."""
    found = decode_as(value, SourceCount)
    hour = found.data.hour
    if hour < EARLIEST or hour.timestamp() % 3_600:
        raise InvalidEvent(
            Reason.INVALID_VALUE, "expected the start of a full hour at `$.data.hour`"
        )
    return found
