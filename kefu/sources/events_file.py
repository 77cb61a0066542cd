"""Events as kefu writes them: one CloudEvents JSON object a line, in the order of the log."""

from collections.abc import Iterator
from pathlib import Path

from kefu.sources import MAX_RAW_BYTES, SourceOptions, SourceRecord
from kefu.sources.lines import raw_lines
from schemas.codec import InvalidEvent, decode
from schemas.topics import CONVERSATIONS, TOPIC_OF_TYPE


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every line as it is, so that a broken one becomes a dead letter with its reason.

    Lines are not put in the order of their times: a log is judged as it was written, ticks and all.
    """
    del options
    for line, raw in raw_lines(path):
        try:
            event = decode(raw).event
        except InvalidEvent as invalid:
            kept = raw[:MAX_RAW_BYTES]
            yield SourceRecord(line, None, kept, CONVERSATIONS.name, f"line-{line}", invalid)
            continue
        topic = TOPIC_OF_TYPE.get(str(event.__struct_config__.tag), CONVERSATIONS).name
        yield SourceRecord(line, event, raw, topic, event.subject, None)
