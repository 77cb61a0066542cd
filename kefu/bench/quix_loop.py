"""Quix Streams doing what the plain loop does: decode, count by key in its state, one output.

Runs in an environment of its own, because quixstreams and kefu pin confluent-kafka differently;
imports nothing of kefu. Prints one JSON object: events, seconds, cpu_seconds.
"""

import json
import sys
import tempfile
import time
from typing import Any

from quixstreams import Application


def main() -> None:
    """Count `total` events of a topic."""
    servers, topic, total, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    with tempfile.TemporaryDirectory() as folder:
        app = Application(
            broker_address=servers,
            consumer_group=f"bench-quix-{time.time_ns()}",
            auto_offset_reset="earliest",
            state_dir=folder,
            commit_interval=1.0,
            loglevel="ERROR",
            auto_create_topics=True,
        )
        source = app.topic(topic, value_deserializer="json")
        sink = app.topic(output, value_serializer="json")
        frame = app.dataframe(source)
        begun: list[float] = []

        def count(value: dict[str, Any], state: Any) -> dict[str, Any]:
            if not begun:
                begun.extend((time.perf_counter(), time.process_time()))
            number = state.get("count", 0) + 1
            state.set("count", number)
            return {"id": value["id"], "subject": value["subject"], "count": number}

        frame = frame.apply(count, stateful=True).to_topic(sink)
        app.run(count=total, timeout=60)
        result = {
            "events": total,
            "seconds": time.perf_counter() - begun[0],
            "cpu_seconds": time.process_time() - begun[1],
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
