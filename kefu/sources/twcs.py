"""Tweets between customers and support accounts: CSV with real times and reply links.

Columns: tweet_id, author_id, inbound, created_at, text, response_tweet_id, in_response_to_tweet_id.
A conversation is everything that hangs together by replies; its id is its earliest tweet's.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import Dialogue
from kefu.sources.lines import open_checked
from schemas.codec import Reason, to_ms
from schemas.envelope import MAX_ID_CHARS

COLUMNS = ("tweet_id", "author_id", "inbound", "created_at", "text", "in_response_to_tweet_id")
TIME_FORMAT = "%a %b %d %H:%M:%S %z %Y"
EXAMPLE = "Wed Oct 11 06:55:44 +0000 2017"


class Tweet(NamedTuple):
    """One row."""

    line: int
    id: str
    author: str
    is_customer: bool
    time_ms: int
    text: str
    replies_to: str


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every tweet of the file as an event or a problem."""
    del options  # times are real and columns are fixed
    records: list[SourceRecord] = []
    tweets: dict[str, Tweet] = {}
    for row in _rows(path):
        if isinstance(row, SourceRecord):
            records.append(row)
        elif row.id in tweets:
            detail = "column tweet_id: this id stood in the file before"
            records.append(problem_at(row.line, Reason.INVALID_VALUE, detail, row.text))
        else:
            tweets[row.id] = row
    for thread in _threads(tweets):
        records.extend(_conversation(path, thread))
    yield from in_time_order(records)


def _rows(path: Path) -> Iterator[Tweet | SourceRecord]:
    reader = csv.DictReader(io.StringIO(open_checked(path), newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(f"{path}:1: missing columns {', '.join(missing)}; expected a CSV heading")
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield problem_at(line, Reason.INVALID_VALUE, f"not a CSV row: {error}", "")
            continue
        yield _tweet(line, row)


def _tweet(line: int, row: dict[str, str | None]) -> Tweet | SourceRecord:
    raw = ",".join(str(value) for value in row.values())
    identity, author = (row["tweet_id"] or "").strip(), (row["author_id"] or "").strip()
    if not identity or not author or max(len(identity), len(author)) > MAX_ID_CHARS - 16:
        detail = "columns tweet_id and author_id: expected an id"
        return problem_at(line, Reason.MISSING_FIELD, detail, raw)
    inbound = (row["inbound"] or "").strip().lower()
    if inbound not in ("true", "false"):
        detail = "column inbound: expected True or False"
        return problem_at(line, Reason.INVALID_VALUE, detail, raw)
    try:
        created = datetime.strptime((row["created_at"] or "").strip(), TIME_FORMAT).astimezone(UTC)
    except ValueError:
        detail = f"column created_at: expected a time like `{EXAMPLE}`"
        return problem_at(line, Reason.INVALID_TIME, detail, raw)
    return Tweet(
        line,
        identity,
        author,
        inbound == "true",
        to_ms(created),
        row["text"] or "",
        (row["in_response_to_tweet_id"] or "").strip().removesuffix(".0"),
    )


def _threads(tweets: dict[str, Tweet]) -> list[list[Tweet]]:
    """Groups of tweets that hang together, also where the tweet they answer is not in the file."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            root[name] = name = root[root[name]]
        return name

    for tweet in tweets.values():
        find(tweet.id)
        if tweet.replies_to:
            root[find(tweet.id)] = find(tweet.replies_to)
    threads: dict[str, list[Tweet]] = {}
    for tweet in tweets.values():
        threads.setdefault(find(tweet.id), []).append(tweet)
    return [sorted(thread, key=lambda t: (t.time_ms, t.line)) for thread in threads.values()]


def _conversation(path: Path, thread: list[Tweet]) -> Iterator[SourceRecord]:
    accounts = [tweet.author for tweet in thread if not tweet.is_customer]
    customers = [tweet.author for tweet in thread if tweet.is_customer]
    dialogue = Dialogue(
        source=f"twcs:{path.name}",
        conversation=thread[0].id,
        channel="twitter",
        queue=(accounts[0] if accounts else "unanswered")[:64],
        customer_id=customers[0] if customers else None,
    )
    for tweet in thread:
        said = tweet.text if tweet.text.strip() else None
        dialogue.message(
            tweet.line,
            tweet.time_ms,
            "customer" if tweet.is_customer else "agent",
            said,
            content_type="text" if said else "other",
            agent_id=None if tweet.is_customer else tweet.author,
        )
    yield from dialogue.finish()
