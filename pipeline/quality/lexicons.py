"""`config/lexicons.yaml`, `config/scripts.yaml`: what is recognised in texts beside the rules."""

from collections import Counter
from functools import lru_cache
from typing import Annotated

import ahocorasick_rs
from msgspec import Meta, Struct

from pipeline.qa.language.grams import fold, grams
from pipeline.qa.language.operators.similar import sentences
from pipeline.quality.notes import Tone
from pipeline.yaml_reader import Document
from schemas.envelope import Label

Word = Annotated[str, Meta(min_length=1, max_length=64)]
Words = Annotated[tuple[Word, ...], Meta(min_length=1, max_length=2_000)]
Sentence = Annotated[str, Meta(min_length=2, max_length=500)]

_SENTENCES_REMEMBERED = 4_096


class LexiconFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/lexicons.yaml`; its comments say what each list is for."""

    version: Label
    apology: Words
    empathy: Words
    positive_language: Words
    subjects: Annotated[dict[Label, dict[Label, Words]], Meta(max_length=20)]


class ScriptFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`config/scripts.yaml`; its comments say what each key means."""

    version: Label
    similarity: Annotated[float, Meta(gt=0, le=1)] = 0.7
    sentences: Annotated[tuple[Sentence, ...], Meta(max_length=5_000)] = ()


_TONES = (
    ("apology", Tone.APOLOGY),
    ("empathy", Tone.EMPATHY),
    ("positive_language", Tone.POSITIVE),
)


class Lexicons:
    """Both files, compiled: one automaton for all words, an index of the script's sentences."""

    def __init__(self, words: LexiconFile, script: ScriptFile) -> None:
        self.version = f"{words.version}+{script.version}"
        self.subjects = tuple(
            f"{group}/{name}" for group, names in words.subjects.items() for name in names
        )
        self._tones: dict[str, Tone] = {}
        for key, tone in _TONES:
            for word in getattr(words, key):
                self._tones[fold(word)] = self._tones.get(fold(word), Tone.NONE) | tone
        self._subject_of: dict[str, str] = {}
        for group, names in words.subjects.items():
            for name, listed in names.items():
                for word in listed:
                    self._subject_of.setdefault(fold(word), f"{group}/{name}")
        self._spoken = list(self._tones)
        self._asked = list(self._subject_of)
        self._of_agents = ahocorasick_rs.AhoCorasick(self._spoken)
        self._of_customers = ahocorasick_rs.AhoCorasick(self._asked)
        self._similarity = script.similarity
        self._sizes: list[int] = []
        self._sentences_with: dict[str, list[int]] = {}
        for number, sentence in enumerate(script.sentences):
            pieces = grams(sentence)
            self._sizes.append(len(pieces))
            for piece in pieces:
                self._sentences_with.setdefault(piece, []).append(number)
        # Agents repeat themselves: most sentences have been looked up before.
        self._is_script = lru_cache(_SENTENCES_REMEMBERED)(self._is_alike)

    def tone_of(self, text: str) -> Tone:
        """What is recognised in an agent's text."""
        found = Tone.NONE
        for number, _, _ in self._of_agents.find_matches_as_indexes(fold(text), overlapping=True):
            found |= self._tones[self._spoken[number]]
        if self.is_on_script(text):
            found |= Tone.SCRIPT
        return found

    def subjects_of(self, text: str) -> tuple[str, ...]:
        """The subjects that a customer's text names, in the order of the file."""
        matches = self._of_customers.find_matches_as_indexes(fold(text), overlapping=True)
        found = {self._subject_of[self._asked[number]] for number, _, _ in matches}
        return tuple(name for name in self.subjects if name in found)

    def is_on_script(self, text: str) -> bool:
        """Whether the text or one of its sentences is like a sentence of the script."""
        return any(self._is_script(text[start:end]) for start, end in sentences(text))

    def _is_alike(self, sentence: str) -> bool:
        pieces = grams(sentence)
        shared: Counter[int] = Counter()
        for piece in pieces:
            shared.update(self._sentences_with.get(piece, ()))
        return any(
            2 * count >= self._similarity * (len(pieces) + self._sizes[number])
            for number, count in shared.items()
        )


def parse_lexicons(text: str, filename: str) -> LexiconFile:
    """Parse `config/lexicons.yaml`; raises `ConfigError`."""
    return Document(text, filename).convert(LexiconFile)


def parse_scripts(text: str, filename: str) -> ScriptFile:
    """Parse `config/scripts.yaml`; raises `ConfigError`."""
    return Document(text, filename).convert(ScriptFile)
