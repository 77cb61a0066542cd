"""Finds the words and patterns of all rules in one text: one automaton, and sets of patterns.

What a text costs grows with its length and with what is found in it, hardly with the number of
rules.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import ahocorasick_rs
import re2  # type: ignore[import-untyped]

from pipeline.qa.language.conditions import Leaf
from pipeline.qa.language.grams import fold
from pipeline.qa.language.limits import PATTERN_MEMORY_BYTES, PATTERN_SET_MEMORY_BYTES
from pipeline.qa.language.operators.base import Found
from pipeline.yaml_reader import Document

_SHORT_LATIN = 4
"""A Latin word shorter than this must also end where the text's word ends: `hi` is not in `hit`."""


class _Owner(NamedTuple):
    leaf: int
    slot: int
    word: int


class Scanner:
    """All words and patterns of a rule set, compiled once."""

    def __init__(self, leaves: Iterable[Leaf], document: Document) -> None:
        """Raises `ConfigError` for a pattern that RE2 refuses."""
        words: dict[str, list[_Owner]] = defaultdict(list)
        patterns: dict[str, list[_Owner]] = defaultdict(list)
        self._compiled: list[Any] = []
        for leaf in leaves:
            for slot, slot_words in enumerate(leaf.operator.words()):
                for number, word in enumerate(slot_words):
                    words[fold(word)].append(_Owner(leaf.number, slot, number))
            for slot, (key, pattern) in enumerate(leaf.operator.patterns()):
                if pattern not in patterns:
                    path = f"{leaf.path}.{leaf.name}.{key}"
                    self._compiled.append(_compile(pattern, path, document))
                patterns[pattern].append(_Owner(leaf.number, slot, 0))
        self._words = list(words)
        self._word_owners = list(words.values())
        self._automaton = ahocorasick_rs.AhoCorasick(self._words) if words else None
        self._pattern_owners = list(patterns.values())
        self._sets = _pattern_sets(list(enumerate(patterns)))

    def scan(self, text: str) -> dict[int, list[Found]]:
        """What is in the text, for each leaf that has something in it.

        Of a word and of a pattern the first place in the text.
        """
        result: dict[int, list[Found]] = {}
        if not text:
            return result
        if self._automaton is not None:
            self._scan_words(_plain(fold(text)), result)
        if self._sets:
            self._scan_patterns(_plain(text), result)
        return result

    def _scan_words(self, text: str, result: dict[int, list[Found]]) -> None:
        assert self._automaton is not None  # noqa: S101 - for the type checker
        seen: set[int] = set()
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if number in seen or not _is_word(text, start, end):
                continue
            seen.add(number)
            for leaf, slot, word in self._word_owners[number]:
                result.setdefault(leaf, []).append(Found(slot, word, start, end))

    def _scan_patterns(self, text: str, result: dict[int, list[Found]]) -> None:
        for numbers, patterns in self._sets:
            matched = patterns.Match(text)
            if 0 not in matched:  # the empty pattern was not found: RE2 gave up
                matched = range(1, len(numbers) + 1)
            for index in matched:
                if index == 0:
                    continue
                number = numbers[index - 1]
                place = self._compiled[number].search(text)
                if place is None:
                    continue
                for leaf, slot, word in self._pattern_owners[number]:
                    found = Found(slot, word, place.start(), place.end())
                    result.setdefault(leaf, []).append(found)


def _options(memory_bytes: int) -> Any:
    options = re2.Options()
    options.max_mem = memory_bytes
    options.log_errors = False
    options.case_sensitive = False
    return options


def _compile(pattern: str, path: str, document: Document) -> Any:
    try:
        return re2.compile(pattern, _options(PATTERN_MEMORY_BYTES))
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if isinstance(error, re2.error) else "not valid text"
        if isinstance(reason, bytes):
            reason = reason.decode("utf-8", "replace")
        raise document.error(path, f"RE2 refuses this pattern: {str(reason)[:200]}") from None


def _pattern_sets(patterns: list[tuple[int, str]]) -> list[tuple[list[int], Any]]:
    """Sets of patterns, each with an empty one as number 0, which a search that ran out finds."""
    if not patterns:
        return []
    candidate = re2.Set.SearchSet(_options(PATTERN_SET_MEMORY_BYTES))
    candidate.Add("")
    for _, pattern in patterns:
        candidate.Add(pattern)
    try:
        candidate.Compile()
    except re2.error:
        if len(patterns) == 1:
            raise
        middle = len(patterns) // 2
        return _pattern_sets(patterns[:middle]) + _pattern_sets(patterns[middle:])
    return [([number for number, _ in patterns], candidate)]


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin word stands by itself here; other words always do."""
    if not _is_latin(text[start]):
        return True
    if start and _is_latin(text[start - 1]):
        return False
    return end - start >= _SHORT_LATIN or end == len(text) or not _is_latin(text[end])


def _is_latin(char: str) -> bool:
    return "a" <= char <= "z"


def _plain(text: str) -> str:
    """The text without lone surrogates, which no encoding has; every character keeps its place."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern that RE2 accepts is found in an empty text, and so in every text."""
    try:
        return re2.compile(pattern, _options(PATTERN_MEMORY_BYTES)).search("") is not None
    except re2.error:
        return False
