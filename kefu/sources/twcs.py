"""Tweets between customers and support accounts: CSV with real times and reply links.

Columns: tweet_id, author_id, inbound, created_at, text, in_response_to_tweet_id, and, where there
is one, response_tweet_id. A conversation is everything that hangs together by replies, also by way
of tweets that are not in the file; its id is its earliest tweet's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kefu.sources import SourceError, SourceOptions, SourceRecord, in_time_order, problem_at
from kefu.sources.dialogues import MAX_CONVERSATION_CHARS, Dialogue, source_name
from kefu.sources.table import TableRow, read_table
from kefu.sources.values import cell_value
from schemas.codec import EARLIEST, LATEST, InvalidEvent, Reason, to_ms

COLUMNS = ("tweet_id", "author_id", "inbound", "created_at", "text", "in_response_to_tweet_id")
MAX_AUTHOR_CHARS = 64
"""A support account becomes a queue; Twitter's own limit is 15."""
TIME_FORMAT = "%a %b %d %H:%M:%S %z %Y"
EXAMPLE = "Wed Oct 11 06:55:44 +0000 2017"


class Tweet(NamedTuple):
    """One row; `linked` are the tweets it answers and that answer it."""

    line: int
    id: str
    author: str
    is_customer: bool
    time_ms: int
    text: str | None
    replies_to: str
    linked: tuple[str, ...]


def read(path: Path, options: SourceOptions) -> Iterator[SourceRecord]:
    """Every tweet of the file as an event or a problem."""
    del options  # times are real and columns are fixed
    names, rows = read_table(path, ",\t")
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise SourceError(f"{path}:1: missing columns {', '.join(missing)}; expected a CSV heading")
    records: list[SourceRecord] = []
    tweets: dict[str, Tweet] = {}
    for row in rows:
        if isinstance(row, SourceRecord):
            records.append(row)
            continue
        try:
            tweet = _tweet(row)
            if tweet.id in tweets:
                detail = f"column tweet_id: stood before in line {tweets[tweet.id].line}"
                raise InvalidEvent(Reason.INVALID_VALUE, detail)
        except InvalidEvent as problem:
            records.append(problem_at(row.line, problem.reason, problem.detail, row.raw))
        else:
            tweets[tweet.id] = tweet
    for thread in _threads(tweets):
        records.extend(_conversation(path, thread))
    yield from in_time_order(records)


def _tweet(row: TableRow) -> Tweet:
    """The row understood; raises `InvalidEvent` that names the column."""
    cells = {name: cell_value(row.cells.get(name)) for name in (*COLUMNS, "response_tweet_id")}
    identity, author = _id(cells["tweet_id"]), cells["author_id"]
    if not 0 < len(identity) <= MAX_CONVERSATION_CHARS or not 0 < len(author) <= MAX_AUTHOR_CHARS:
        detail = "columns tweet_id and author_id: expected an id"
        raise InvalidEvent(Reason.MISSING_FIELD, detail)
    inbound = cells["inbound"].lower()
    if inbound not in ("true", "false"):
        raise InvalidEvent(Reason.INVALID_VALUE, "column inbound: expected True or False")
    try:
        created = datetime.strptime(cells["created_at"], TIME_FORMAT).astimezone(UTC)
    except (ValueError, OverflowError):
        created = None
    if created is None or not EARLIEST <= created < LATEST:
        detail = f"column created_at: expected a time like `{EXAMPLE}`"
        raise InvalidEvent(Reason.INVALID_TIME, detail)
    replies_to = _id(cells["in_response_to_tweet_id"])
    answers = [_id(part.strip()) for part in cells["response_tweet_id"].split(",")]
    return Tweet(
        row.line,
        identity,
        author,
        inbound == "true",
        to_ms(created),
        row.cells["text"] if cells["text"] else None,
        replies_to,
        tuple(name for name in (replies_to, *answers) if name),
    )


def _id(value: str) -> str:
    """An id without the fraction that a writer of numbers gave it."""
    return value.removesuffix(".0")


def _threads(tweets: dict[str, Tweet]) -> list[list[Tweet]]:
    """Groups of tweets that hang together, also where the tweet they answer is not in the file."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            root[name] = name = root[root[name]]
        return name

    for tweet in tweets.values():
        for name in tweet.linked:
            root[find(tweet.id)] = find(name)
    threads: dict[str, list[Tweet]] = {}
    for tweet in tweets.values():
        threads.setdefault(find(tweet.id), []).append(tweet)
    return [sorted(thread, key=lambda t: (t.time_ms, t.line)) for thread in threads.values()]


def _conversation(path: Path, thread: list[Tweet]) -> Iterator[SourceRecord]:
    first = thread[0]
    accounts = [tweet.author for tweet in thread if not tweet.is_customer]
    customers = [tweet.author for tweet in thread if tweet.is_customer]
    dialogue = Dialogue(
        source_name("twcs", path),
        first.id,
        {
            "channel": "twitter",
            "queue": accounts[0] if accounts else "unanswered",
            "customer_id": customers[0] if customers else None,
        },
        campaign=not first.is_customer and not first.replies_to,
    )
    for tweet in thread:
        dialogue.message(
            tweet.line,
            tweet.time_ms,
            "customer" if tweet.is_customer else "agent",
            tweet.text,
            content_type="text" if tweet.text else "other",
            agent_id=None if tweet.is_customer else tweet.author,
        )
    yield from dialogue.finish()
