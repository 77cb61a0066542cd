"""Reads dialogues that people have rated: one JSON object a line, as `kefu.sources.stc3` has them.

The rating is `quality_mean.satisfaction` (the mean of several raters) or a number `satisfaction`;
`breaches` (broken targets) may be absent.
"""

from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from kefu.errors import UserError
from kefu.sources import SourceError
from kefu.sources.lines import json_lines
from kefu.sources.stc3 import SENDERS
from schemas.envelope import Role

EXPECTED = (
    '{"id": …, "turns": [{"sender": "customer"|"helpdesk", "utterances": […]}], '
    '"satisfaction": number}'
)


class RatedDialogue(NamedTuple):
    """One dialogue; a turn is who spoke and the texts, of which empty ones are pictures."""

    id: str
    turns: tuple[tuple[Role, tuple[str, ...]], ...]
    rating: float
    breaches: int = 0

    @property
    def id_hash(self) -> int:
        """A number of 32 bits by which dialogues are split, the same on every machine."""
        digest = blake2b(self.id.encode("utf-8", "surrogatepass"), digest_size=4).digest()
        return int.from_bytes(digest)

    @property
    def is_for_report(self) -> bool:
        """Half of all ids, by hash: for figures only. Choices are made on the other half."""
        return self.id_hash % 2 == 1


def read_rated(path: Path) -> list[RatedDialogue]:
    """All dialogues of a file; raises `UserError` naming file and line."""
    found: list[RatedDialogue] = []
    try:
        for line, _, document in json_lines(path):
            try:
                found.append(_dialogue(document, line))
            except ValueError as error:
                raise UserError(f"{path}:{line}: {error}") from None
    except SourceError as error:
        raise UserError(str(error)) from None
    return found


def _dialogue(document: dict[str, Any] | None, line: int) -> RatedDialogue:
    if document is None or not isinstance(document.get("turns"), list):
        raise ValueError(f"expected one JSON object a line: {EXPECTED}")
    quality = document.get("quality_mean")
    rated = quality if isinstance(quality, dict) else document
    rating = rated.get("satisfaction")
    if isinstance(rating, bool) or not isinstance(rating, int | float) or not isfinite(rating):
        raise ValueError("satisfaction: expected a number")
    breaches = document.get("breaches", 0)
    if type(breaches) is not int or breaches < 0:
        raise ValueError("breaches: expected a whole number from 0")
    turns = tuple(_turn(turn, number) for number, turn in enumerate(document["turns"], start=1))
    return RatedDialogue(str(document.get("id", f"line-{line}")), turns, float(rating), breaches)


def _turn(turn: Any, number: int) -> tuple[Role, tuple[str, ...]]:
    sender = turn.get("sender") if isinstance(turn, dict) else None
    role = SENDERS.get(sender) if isinstance(sender, str) else None
    if role is None:
        raise ValueError(f"turn {number}: sender: expected one of {', '.join(SENDERS)}")
    texts = turn.get("utterances")
    if not isinstance(texts, list) or not all(text is None or type(text) is str for text in texts):
        raise ValueError(f"turn {number}: utterances: expected a list of texts")
    return role, tuple(text or "" for text in texts)
