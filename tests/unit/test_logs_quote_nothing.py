"""What people said gets into no log line, whatever fails on it."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from mode import Service
from mode.threads import ServiceThread

from agents.app import HotStageService
from agents.changelog import CheckpointVersionError
from agents.connection import KafkaConnection
from agents.metrics_server import _Server
from agents.scorecard_agent import _Partition
from agents.settings import WorkerSettings
from agents.stage import MAX_POISONED, HotStage
from kefu import logs
from kefu.faust_worker import FaustWorker
from schemas.codec import InvalidEvent, Reason, decode, encode
from tests.unit.builders import customer
from tests.unit.log_builders import HOSTILE, MARK, Log, caught_log, raised
from tests.unit.test_task import task


@pytest.fixture
def log() -> Iterator[Log]:
    with caught_log() as stream:
        yield stream


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def error(request: pytest.FixtureRequest) -> Exception:
    return raised(request.param)


@pytest.mark.parametrize("name", ["kefu.stage", "faust.app", "aiokafka", "asyncio"])
def test_an_exception_brings_what_it_failed_on(log: Log, error: Exception, name: str) -> None:
    logger = logging.getLogger(name)
    logger.error("Crashed reason=%r", error, exc_info=error)
    logger.warning("%s: %s and %r", "topic", error, error)
    first, second = log.lines()
    assert first["exception"]["type"] in first["message"]
    assert first["exception"]["frames"][0].startswith("tests.unit.log_builders:")
    assert second["message"].startswith("topic: ")


def test_a_crash_of_a_service_of_faust_quotes_its_reason(log: Log, error: Exception) -> None:
    class Some(Service):  # type: ignore[misc]
        async def fail(self) -> None:
            try:
                raise error
            except Exception as again:
                await self.crash(again)

    async def run() -> None:
        await Some().fail()

    asyncio.run(run())
    assert any("Crashed reason=" in line["message"] for line in log.lines())


def test_a_crash_of_a_thread_of_faust_is_printed(
    log: Log, error: Exception, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ServiceThread, "on_crash", ServiceThread.on_crash)
    app = faust.App("some", broker="kafka://127.0.0.1:9", store="memory://")
    FaustWorker(app, threading.Event())

    thread: Any = SimpleNamespace()
    ServiceThread.on_crash(thread, "{0!r} crashed: {1!r}", "Some", error)  # as mode calls it
    assert log.lines()[-1]["message"].startswith("Some crashed: ")
    assert capfd.readouterr() == ("", "")


def test_a_failed_hot_stage_quotes_its_event(log: Log, error: Exception) -> None:
    def run() -> None:
        raise error

    HotStageService(SimpleNamespace(run=run))._guarded()
    (line,) = log.lines()
    assert (line["logger"], line["message"]) == ("kefu.app", "the hot stage failed")
    assert line["exception"]["type"].endswith(type(error).__name__)


def test_a_checkpoint_of_a_newer_kefu_ends_in_one_line_without_a_traceback(log: Log) -> None:
    def run() -> None:
        raise CheckpointVersionError("upgrade kefu")

    HotStageService(SimpleNamespace(run=run))._guarded()
    (line,) = log.lines()
    assert line["message"] == "agents.changelog.CheckpointVersionError: upgrade kefu"
    assert "exception" not in line


def test_an_event_that_the_engine_fails_on_is_quoted(log: Log, error: Exception) -> None:
    """What the stage does with such an event: it is named, and taken out when it comes again."""

    class Failing:
        now_ms = None
        changes = 0

        def feed(self, event: object) -> None:
            raise error

    of = task(of=Failing())
    event = customer(0, MARK)
    settings: Any = SimpleNamespace()
    stage = HotStage(settings, None, None, 4, threading.Event())  # type: ignore[arg-type]
    arguments: dict[str, Any] = {"key": event.subject.encode(), "time_ms": 0, "poisoned": False}
    with pytest.raises(type(error)) as caught:
        of.process(7, value=encode(event), **arguments)
    stage._poison((of.topic, of.partition), 7, caught.value)
    (line,) = log.lines()
    assert {name: line[name] for name in ("topic", "partition", "offset", "reason", "worker")} == {
        "topic": "kefu.conversations.v1",
        "partition": 3,
        "offset": 7,
        "reason": type(error).__name__,
        "worker": "w1",
    }
    stage._poisoned.update(("t", 0, n) for n in range(MAX_POISONED))
    with pytest.raises(type(error)):
        stage._poison((of.topic, of.partition), 8, caught.value)


BAD_VALUES = [
    f'{{"type": "{MARK}"}}',
    f'{{"{MARK}": 1',
    f'"{MARK}"',
    f'{{"type": "kefu.conversation.message", "id": "{MARK}", "time": "{MARK}"}}',
]


@pytest.mark.parametrize("value", BAD_VALUES)
def test_an_event_that_cannot_be_decoded_is_quoted(log: Log, value: str) -> None:
    invalid = raised(lambda: decode(value.encode()))
    logging.getLogger("kefu").error("refused: %s", invalid, exc_info=invalid)
    (line,) = log.lines()
    assert line["exception"]["text"].partition(":")[0] in list(Reason)
    assert type(invalid) is InvalidEvent


def test_facts_that_cannot_be_read_are_quoted(log: Log) -> None:
    partition: Any = SimpleNamespace(number=2)
    _Partition._feed(partition, 9, BAD_VALUES[0].encode())
    (line,) = log.lines()
    assert (line["partition"], line["offset"]) == (2, 9)
    assert line["reason"] in list(Reason)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_asyncio_finds_left_over_is_quoted(log: Log, error: Exception) -> None:
    async def fail() -> None:
        raise error

    def callback(_text: str) -> None:
        raise error

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(logs.on_loop_error)
        loop.call_soon(callback, MARK)
        left = asyncio.create_task(fail())
        await asyncio.sleep(0.01)
        del left
        gc.collect()

    asyncio.run(run())
    told = [line for line in log.lines() if line["logger"] == "kefu"]
    assert {line["message"] for line in told} == {"an exception that nothing awaited"}


def test_what_nothing_caught_is_no_line_or_quotes(log: Log, error: Exception) -> None:
    def run() -> None:
        raise error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    sys.excepthook(type(error), error, error.__traceback__)
    lines = log.lines()
    assert [line["level"] for line in lines] == ["CRITICAL"] * 2
    assert all(line["exception"]["type"] for line in lines)


def test_arguments_that_may_hold_what_people_said_are_shown(log: Log) -> None:
    logs.configure("debug", "json", stream=log)  # again, without the handlers of pytest
    logger = logging.getLogger("aiokafka.conn")
    event = customer(0, MARK)
    for argument in (event, MARK.encode(), [MARK], {"text": MARK}, {MARK}, (MARK,)):
        logger.debug("%s", argument)
        logger.debug("%r and more", argument)
        logger.debug("%d", argument)  # a mistake, which the standard library shows with arguments
    logger.debug(event)
    logger.debug("fetched\nfrom %s", MARK)
    messages = [line["message"] for line in log.lines()]
    assert messages[:2] == ["<ConversationMessage>", "<ConversationMessage> and more"]
    assert messages[-1] == "fetched"


@pytest.mark.usefixtures("log")
def test_plain_lines_quote(error: Exception) -> None:
    stream = Log()
    logs.configure("debug", "text", stream=stream)
    logging.getLogger("mode").error("Crashed reason=%r", error, exc_info=error)
    assert "marker" not in stream.getvalue()
    assert "13800138000" not in stream.getvalue()
    assert "ERROR mode Crashed reason=" in stream.getvalue()
    assert "at tests.unit.log_builders:" in stream.getvalue()


def test_a_password_is_shown_where_settings_are_logged(log: Log) -> None:
    connection = KafkaConnection("127.0.0.1:9", sasl_password=MARK)
    settings = WorkerSettings(connection, "w1", data_dir=None)  # type: ignore[arg-type]
    logging.getLogger("kefu").error("%s %r", connection, settings)
    assert log.lines()[0]["message"] == "<KafkaConnection> <WorkerSettings>"


def test_a_failed_scrape_quotes(log: Log, error: Exception) -> None:
    server = _Server.__new__(_Server)
    for each in (error, BrokenPipeError()):
        try:
            raise each
        except Exception:
            server.handle_error(None, None)
    lines = log.lines()
    assert [line["message"] for line in lines] == ["a request failed"] * (
        0 if isinstance(error, OSError) else 1
    )
