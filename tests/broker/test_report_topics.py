"""`kefu report`, `kefu read` and the example of a reader, from the topics of a real Kafka."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT

import orjson
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from agents.connection import KafkaConnection
from kefu.cli import kefu
from kefu.errors import FoundWrongError, UserError
from kefu.report.build import build
from kefu.report.page import page
from kefu.report.readers import from_kafka
from schemas.codec import encode
from schemas.outputs import Duplicate, PublishedOutput, Scorecard
from schemas.topics import ENRICHED, TOPIC_OF_TYPE
from tests.broker.harness import fresh_broker
from tests.oracle_view import standing
from tests.unit.report_builders import CONFIG, card, collected, made_up

pytestmark = [pytest.mark.broker]

ROOT = Path(__file__).parents[2]


def published() -> list[PublishedOutput]:
    return [output for output in made_up() if not isinstance(output, Duplicate)]


def topic_of(output: PublishedOutput) -> str:
    return TOPIC_OF_TYPE[str(output.__struct_config__.tag)].name


@pytest.fixture(scope="module")
def written() -> Iterator[KafkaConnection]:
    """A broker with made-up outputs, every tenth twice, and a scorecard that was aborted."""
    with fresh_broker() as connection:
        producer = Producer({**connection.confluent(), "transactional.id": "report-test"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for output in (*published(), *published()[::10]):
            producer.produce(topic_of(output), key=output.subject.encode(), value=encode(output))
            producer.poll(0)
        producer.commit_transaction(30)
        producer.begin_transaction()
        aborted = card(hour=1, scores=(1,), tenant="demo", revision=1_000)
        producer.produce("kefu.qa.scorecards.v1", key=b"x", value=encode(aborted))
        producer.abort_transaction(30)
        yield connection


def test_the_topics_give_the_page_of_the_same_outputs_without_what_was_aborted(
    written: KafkaConnection,
) -> None:
    outputs, read = published(), list(from_kafka(written))
    made = page(build(collected(read), CONFIG, hour="2026-09-22T09"), "zh")
    assert made == page(build(collected(outputs), CONFIG, hour="2026-09-22T09"), "zh")
    print(f"{len(outputs)} outputs written, {len(read)} read for the page")
    assert 1_000 < len(read) < len(outputs)


def test_kefu_read_prints_what_stands_and_each_message_once(written: KafkaConnection) -> None:
    outputs = published()
    for topic in sorted({topic_of(output) for output in outputs}):
        log = [output for output in outputs if topic_of(output) == topic]
        done = CliRunner().invoke(
            kefu,
            ["read", topic, "--bootstrap-servers", written.bootstrap_servers],
            catch_exceptions=False,
        )
        lines = [orjson.loads(line) for line in done.stdout.splitlines()]
        expected = {one.id for one in log} if topic == ENRICHED.name else standing(log)
        assert {line["id"] for line in lines} == expected
        assert len(lines) == len(expected)
        print(f"{topic}: {len(log)} written, {done.stderr.strip()}")


def test_kefu_read_passes_over_what_is_no_output_and_then_says_so(
    written: KafkaConnection,
) -> None:
    topic = "kefu.dead-letters.v1"
    producer = Producer(written.confluent())
    for value in (b"{", b'{"type": "kefu.later"}', None, encode(card())):
        producer.produce(topic, partition=0, key=b"k", value=value)
    producer.flush(30)
    done = CliRunner().invoke(
        kefu,
        ["read", topic, "--bootstrap-servers", written.bootstrap_servers],
        standalone_mode=False,
    )
    assert isinstance(done.exception, FoundWrongError)
    assert str(done.exception).startswith(
        "1 records are no outputs of kefu, the first: kefu.dead-letters.v1/0@0: invalid_json"
    )
    assert "1 outputs: 1 new" in done.stderr
    assert "1 of types that this version does not know" in done.stderr


def test_the_example_follows_the_scorecards_until_it_is_stopped(written: KafkaConnection) -> None:
    cards = [output for output in published() if isinstance(output, Scorecard)]
    command = [sys.executable, str(ROOT / "examples/read_scorecards.py")]
    with subprocess.Popen(
        [*command, written.bootstrap_servers], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        lines = [reader.stdout.readline() for _ in cards]
        reader.send_signal(SIGINT)
        assert reader.stdout.read() == "", "something was told twice"
    assert reader.returncode == 0
    assert sum(line.startswith("new: ") for line in lines) == len(standing(cards))
    assert sum(line.startswith("revision: ") for line in lines) == len(cards) - len(standing(cards))


def test_a_value_that_is_no_output_is_named_by_its_place() -> None:
    with fresh_broker() as connection:
        producer = Producer(connection.confluent())
        producer.produce("kefu.qa.scorecards.v1", partition=3, key=b"k", value=b"{}")
        producer.flush(30)
        with pytest.raises(UserError, match=r"kefu\.qa\.scorecards\.v1/3@0: not an output of kefu"):
            list(from_kafka(connection))
