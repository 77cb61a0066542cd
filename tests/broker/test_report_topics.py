"""`kefu report` from the topics of a real Kafka: the page is that of the same outputs in files."""

import pytest
from confluent_kafka import Producer

from kefu.errors import UserError
from kefu.report.build import build
from kefu.report.page import page
from kefu.report.readers import from_kafka
from schemas.codec import encode
from schemas.outputs import Duplicate
from schemas.topics import TOPIC_OF_TYPE
from tests.broker.harness import fresh_broker
from tests.unit.report_builders import CONFIG, card, collected, made_up

pytestmark = [pytest.mark.broker]


def test_the_topics_give_the_page_of_the_same_outputs_without_what_was_aborted() -> None:
    outputs = [output for output in made_up() if not isinstance(output, Duplicate)]
    with fresh_broker() as connection:
        producer = Producer({**connection.confluent(), "transactional.id": "report-test"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for output in outputs:
            topic = TOPIC_OF_TYPE[str(output.__struct_config__.tag)].name
            producer.produce(topic, key=output.subject.encode(), value=encode(output))
            producer.poll(0)
        producer.commit_transaction(30)
        producer.begin_transaction()
        aborted = card(hour=1, scores=(1,), tenant="demo", revision=1_000)
        producer.produce("kefu.qa.scorecards.v1", key=b"x", value=encode(aborted))
        producer.abort_transaction(30)
        read = list(from_kafka(connection))
    made = page(build(collected(read), CONFIG, hour="2026-09-22T09"), "zh")
    assert made == page(build(collected(outputs), CONFIG, hour="2026-09-22T09"), "zh")
    print(f"{len(outputs)} outputs written, {len(read)} read for the page")
    assert 1_000 < len(read) < len(outputs)


def test_a_value_that_is_no_output_is_named_by_its_place() -> None:
    with fresh_broker() as connection:
        producer = Producer(connection.confluent())
        producer.produce("kefu.qa.scorecards.v1", partition=3, key=b"k", value=b"{}")
        producer.flush(30)
        with pytest.raises(UserError, match=r"kefu\.qa\.scorecards\.v1/3@0: not an output of kefu"):
            list(from_kafka(connection))
