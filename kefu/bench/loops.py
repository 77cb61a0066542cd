"""Reference loops for `kefu bench e2e`, each run as a process of its own and timed from inside.

`aiokafka`: consume and decode, nothing else. `confluent`: decode, count in a dict by key, write one
output an event, flush at the end. Prints one JSON object: events, seconds, cpu_seconds.
"""

import asyncio
import sys
import time

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as AioPartition
from confluent_kafka import Consumer, Producer, TopicPartition


def confluent(servers: str, topic: str, partitions: int, total: int, output: str) -> int:
    """A plain loop with state and outputs; returns how many events were read."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "bench", "enable.auto.commit": False}
    )
    producer = Producer(
        {"bootstrap.servers": servers, "linger.ms": 5, "queue.buffering.max.messages": 500_000}
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    counts: dict[str, int] = {}
    seen = 0
    while seen < total:
        for message in consumer.consume(2_000, timeout=0.5):
            event = orjson.loads(message.value())
            key = event["subject"]
            counts[key] = counts.get(key, 0) + 1
            value = orjson.dumps({"id": event["id"], "subject": key, "count": counts[key]})
            while True:
                try:
                    producer.produce(output, value, key)
                    break
                except BufferError:
                    producer.poll(0.05)
            seen += 1
        producer.poll(0)
    producer.flush()
    consumer.close()
    return seen


async def aiokafka(servers: str, topic: str, partitions: int, total: int) -> int:
    """Consume and decode; returns how many events were read."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    places = [AioPartition(topic, number) for number in range(partitions)]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    seen = 0
    try:
        while seen < total:
            batches = await consumer.getmany(timeout_ms=500, max_records=2_000)
            for records in batches.values():
                for record in records:
                    orjson.loads(record.value)
                    seen += 1
    finally:
        await consumer.stop()
    return seen


def main() -> None:
    """Run the loop that is named on the command line."""
    name, servers, topic, partitions, total, output = sys.argv[1:7]
    wall, cpu = time.perf_counter(), time.process_time()
    if name == "confluent":
        seen = confluent(servers, topic, int(partitions), int(total), output)
    else:
        seen = asyncio.run(aiokafka(servers, topic, int(partitions), int(total)))
    result = {
        "events": seen,
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
    }
    sys.stdout.write(orjson.dumps(result).decode() + "\n")


if __name__ == "__main__":
    main()
