"""The dead letters in Kafka, and the events that they keep."""

from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import KafkaException, Producer

from agents.connection import KafkaConnection
from agents.dead_letters import KEY_HEADER, TOPIC_HEADER
from kefu.errors import NoKafkaError
from kefu.topic_reader import read_topic
from schemas.codec import InvalidEvent, decode_output
from schemas.outputs import DeadLetter
from schemas.topics import DEAD_LETTERS, PAYLOADS

FLUSH_LIMIT_S = 30.0


class Wanted(NamedTuple):
    """Which letters: all conditions must hold; an empty one always does."""

    ids: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    since_ms: int | None = None

    def matches(self, letter: DeadLetter) -> bool:
        """Whether the letter is meant. Ids may be shortened to their beginning."""
        data = letter.data
        return (
            (not self.ids or letter.id.startswith(self.ids))
            and (not self.reasons or data.reason in self.reasons)
            and (not self.topics or data.topic in self.topics)
        )


class Found(NamedTuple):
    """The newest letters that were meant, and how many there are by reason."""

    letters: list[DeadLetter]
    reasons: Counter[str]


class Payload(NamedTuple):
    """An event as it came, and where."""

    topic: str
    key: bytes | None
    value: bytes


class DeadLetterStore:
    """Reads letters and payloads, sends payloads again, drops them."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection

    def letters(self, wanted: Wanted, limit: int | None = None) -> Found:
        """The letters that are meant, oldest first; of more than `limit` the newest."""
        reasons: Counter[str] = Counter()
        kept: deque[DeadLetter] = deque(maxlen=limit)
        for message in read_topic(self._connection, DEAD_LETTERS.name, since_ms=wanted.since_ms):
            try:
                letter = decode_output(message.value())
            except InvalidEvent:
                continue  # of another version, or not ours
            if isinstance(letter, DeadLetter) and wanted.matches(letter):
                reasons[letter.data.reason] += 1
                kept.append(letter)
        return Found(list(kept), reasons)

    def kept(self) -> set[str]:
        """The ids of all letters whose event is still kept."""
        ids: set[str] = set()
        for message in read_topic(self._connection, PAYLOADS):
            (ids.discard if message.value() is None else ids.add)(message.key().decode())
        return ids

    def payloads(self, ids: Iterable[str]) -> dict[str, Payload]:
        """The events of these letters, as far as they are still kept."""
        asked, found = set(ids), dict[str, Payload]()
        for message in read_topic(self._connection, PAYLOADS):
            letter_id = message.key().decode()
            if letter_id not in asked:
                continue
            if message.value() is None:
                found.pop(letter_id, None)
                continue
            headers = dict(message.headers() or ())
            topic = headers[TOPIC_HEADER].decode()
            found[letter_id] = Payload(topic, headers.get(KEY_HEADER), message.value())
        return found

    def send_again(self, payloads: Iterable[Payload]) -> int:
        """Write the events to the topics that they came from; returns how many."""
        return self._produce((one.topic, one.key, one.value) for one in payloads)

    def drop(self, ids: Iterable[str]) -> int:
        """Forget the events of these letters; returns how many. The letters stay."""
        return self._produce((PAYLOADS, letter_id.encode(), None) for letter_id in ids)

    def _produce(self, records: Iterable[tuple[str, bytes | None, bytes | None]]) -> int:
        failed: list[str] = []
        count = 0

        def reported(error: object, message: object) -> None:
            if error is not None:
                failed.append(str(error))

        producer = Producer(
            {
                **self._connection.confluent(),
                "enable.idempotence": True,
                "partitioner": "murmur2_random",  # the one that sources and workers use
            }
        )
        for topic, key, value in records:
            while True:
                try:
                    producer.produce(topic, value, key, on_delivery=reported)
                except BufferError:
                    producer.poll(0.1)
                except KafkaException as failure:
                    reason = failure.args[0].str()
                    raise NoKafkaError(f"Kafka refused a record: {reason}") from None
                else:
                    producer.poll(0)
                    break
            count += 1
        left = producer.flush(FLUSH_LIMIT_S)
        if left or failed:
            raise NoKafkaError(f"Kafka did not confirm {left + len(failed)} of {count} records")
        return count
