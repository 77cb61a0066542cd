"""`kefu reconcile` and `kefu backfill`: what they say of bad input, and how they read records."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from kefu.cli import kefu
from kefu.commands.backfill import recovered_of
from kefu.reconcile_reader import Reading
from kefu.reconcile_report import MAX_SOURCES, as_document, notes, write_metrics, write_ranges
from kefu.sources import SourceOptions, read
from pipeline.reconcile import HOUR_MS, Arrival, Coverage, reconcile
from schemas.codec import InvalidEvent, Reason, encode, from_ms, to_ms
from schemas.events import ConversationMessage, MessageData, Tick
from schemas.source_counts import SourceCount, SourceCountData, decode_source_count

T0_MS = 1_795_305_600_000
NOBODY = "127.0.0.1:1"


def failed(*arguments: str) -> tuple[int, str]:
    """The exit code and the message of a command that must fail."""
    done = CliRunner().invoke(kefu, list(arguments), standalone_mode=False)
    assert done.exception is not None
    return getattr(done.exception, "exit_code", -1), str(done.exception)


def reading(sources: int = 1) -> Reading:
    """Three of ten events of each source are lost, one came twice."""
    arrivals = [
        Arrival(f"s{source}", n, str(n), T0_MS + n, T0_MS + n, refused=n == 1)
        for source in range(sources)
        for n in (0, 1, 2, 2, 6, 7, 8, 9)
    ]
    coverage = Coverage(0, T0_MS + HOUR_MS)
    return Reading(reconcile(arrivals, coverage), coverage, len(arrivals), 3, 0)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("yesterday", "expected a day or time such as 2026-11-22"),
        ("2026-13-01", "expected a day or time such as 2026-11-22"),
        ("1970-01-01", "expected a time between the year 2000 and now"),
        ("2999-01-01", "between the year 2000 and now"),
    ],
)
def test_a_bad_since_is_named_before_kafka_is_asked(since: str, expected: str) -> None:
    code, message = failed("reconcile", "--since", since, "--bootstrap-servers", NOBODY)
    assert code == 2
    assert expected in message


def test_no_kafka_is_exit_code_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kefu.reconcile_reader.LIMIT_S", 1.0)
    code, message = failed("reconcile", "--since", "2026-03-01", "--bootstrap-servers", NOBODY)
    assert (code, message) == (3, f"cannot reach Kafka at {NOBODY}")


def test_a_time_zone_that_is_none_is_named() -> None:
    code, message = failed("reconcile", "--since", "2026-03-01", "--tz", "Mars/Base")
    assert code == 2
    assert "Mars/Base" in message


def test_the_file_of_ranges_and_json_hold_every_missing_number(tmp_path: Path) -> None:
    found = reading()
    write_ranges(tmp_path / "missing.tsv", found.found.ranges)
    head, line = (tmp_path / "missing.tsv").read_text("utf-8").splitlines()
    assert head.split("\t")[:4] == ["source", "first", "last", "count"]
    assert line.split("\t")[:4] == ["s0", "3", "5", "3"]
    document = as_document(found)
    (source,) = document["sources"]
    assert (source["sent"], source["arrived"], source["missing"]) == (10, 7, 3)
    assert (source["duplicates"], source["dead_letters"]) == (1, 1)
    assert sum(hour["missing"] for hour in document["hours"]) == document["missing"] == 3
    assert "3 records name no source" in notes(found)[0]


def test_the_metrics_file_names_the_worst_sources_and_loses_none(tmp_path: Path) -> None:
    path = tmp_path / "kefu.prom"
    write_metrics(path, reading(MAX_SOURCES + 5), from_ms(T0_MS))
    families = {f.name: f for f in text_string_to_metric_families(path.read_text("utf-8"))}
    missing = families["kefu_reconcile_missing"].samples
    assert len(missing) == MAX_SOURCES + 1
    assert sum(sample.value for sample in missing) == 3 * (MAX_SOURCES + 5)
    last_run = families["kefu_reconcile_last_run_timestamp_seconds"].samples[0].value
    assert last_run == T0_MS / 1000


def message(name: str, to: str, at_ms: int) -> bytes:
    data = MessageData(role="customer", text="你好")
    return encode(
        ConversationMessage(id=name, source="s", time=from_ms(at_ms), subject=to, data=data)
    )


def test_recovered_events_stand_interaction_by_interaction_and_ticks_stay_out(
    tmp_path: Path,
) -> None:
    tick = encode(Tick(id="t", source="t", time=from_ms(T0_MS), subject="tick"))
    path = tmp_path / "recovered.jsonl"
    lines = [
        message("b2", "b", T0_MS + 5), message("a2", "a", T0_MS + 4), tick, b"{",
        message("a1", "a", T0_MS + 2), message("b1", "b", T0_MS + 1),
    ]  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    wrong: list[str] = []
    found = recovered_of(read(path, "events", SourceOptions()), wrong)
    assert [one.event.id for one in found] == ["b1", "b2", "a1", "a2"]
    assert found[0].value == lines[-1]
    (said,) = wrong
    assert said.startswith("line 4 cannot be read: ")


def test_a_backfill_of_no_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    code, said = failed("backfill", str(path), "--format", "events")
    assert (code, said) == (2, f"{path}: cannot be read: No such file or directory")


def count_of(hour_ms: int, count: int = 5) -> bytes:
    said = SourceCount(
        id="1", source="crm", time=from_ms(T0_MS), subject="crm",
        data=SourceCountData(hour=from_ms(hour_ms), count=count),
    )  # fmt: skip
    return encode(said)


def test_a_sources_own_count_is_of_a_full_hour_and_of_its_type() -> None:
    hour_ms = T0_MS // HOUR_MS * HOUR_MS
    assert to_ms(decode_source_count(count_of(hour_ms)).data.hour) == hour_ms
    for value, reason in (
        (count_of(hour_ms + 1_000), Reason.INVALID_VALUE),
        (count_of(hour_ms, -1), Reason.INVALID_VALUE),
        (message("a", "a", T0_MS), Reason.UNKNOWN_TYPE),
        (b"[]", Reason.NOT_AN_OBJECT),
        (None, Reason.TOMBSTONE),
    ):
        with pytest.raises(InvalidEvent) as refused:
            decode_source_count(value)
        assert refused.value.reason is reason
