"""Reads the rule file: YAML to rules, or one error with file, line, key and what is allowed."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import count
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec

from pipeline.ids import output_id
from pipeline.qa.language.conditions import All, AnyOf, Condition, Leaf, Not, normal
from pipeline.qa.language.limits import (
    MAX_CONDITIONS,
    MAX_FILE_CHARS,
    MAX_NAME_CHARS,
    MAX_NESTING,
    MAX_WORDS,
    MAX_WORDS_IN_FILE,
)
from pipeline.qa.language.operators import OPERATORS
from pipeline.qa.language.operators.base import Operator
from pipeline.qa.language.ranges import First, Last, Near, Range, Whole
from pipeline.qa.language.references import check_references
from pipeline.qa.language.spec import RuleFile, RuleKeys
from pipeline.qa.language.values import Who
from pipeline.yaml_reader import ConfigError, Document

T = TypeVar("T")

_COMBINERS = ("all", "any", "not")
_OPTIONS = ("who", "range", "label")
_SIDES = ("before", "after", "around")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


class Rule(NamedTuple):
    """One rule, read and checked. `when` is in normal form; `path` is its place in the file."""

    keys: RuleKeys
    when: Condition
    path: str


class Rules(NamedTuple):
    """The rules of one file, with the file for errors that are found later.

    `fingerprint` tells files apart also where nobody has raised the version.
    """

    version: str
    fingerprint: str
    pass_score: int
    rules: tuple[Rule, ...]
    document: Document


def parse_rules(text: str, filename: str) -> Rules:
    """Read a rule file; raises `ConfigError`."""
    if len(text) > MAX_FILE_CHARS:
        raise ConfigError(f"{filename}: {len(text)} characters, at most {MAX_FILE_CHARS}")
    document = Document(text, filename)
    file = _convert(document, document.convert(dict[str, Any]), RuleFile, "$")
    reader = _Reader(document)
    rules: list[Rule] = []
    lines: dict[str, str] = {}
    for index, raw in enumerate(file.rules):
        rule = reader.rule(raw, f"$.rules[{index}]")
        if rule.keys.id in lines:
            raise document.error(f"{rule.path}.id", f"a second rule `{rule.keys.id}`")
        lines[rule.keys.id] = rule.path
        rules.append(rule)
    return Rules(
        file.version, output_id("rules", text)[:12], file.pass_score, tuple(rules), document
    )


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._numbers = count()
        self._words = 0
        self._conditions = 0

    def rule(self, raw: dict[str, Any], path: str) -> Rule:
        keys = _convert(self._document, raw, RuleKeys, path)
        self._conditions = 0
        when = self._condition(keys.when, f"{path}.when", 1)
        check_references(when, self._document)
        return Rule(keys, normal(when), path)

    def _condition(self, raw: Any, path: str, depth: int) -> Condition:
        if not isinstance(raw, dict):
            raise self._document.error(path, "expected a condition: an operator or all, any, not")
        if depth > MAX_NESTING:
            raise self._document.error(path, f"nested deeper than {MAX_NESTING} conditions")
        heads = [key for key in raw if key not in _OPTIONS]
        known = (*_COMBINERS, *OPERATORS)
        for key in heads:
            if key not in known:
                what = f"unknown operator `{_short(key)}`"
                raise self._document.error(f"{path}.{key}", what + allowed(key, known + _OPTIONS))
        if len(heads) != 1:
            names = ", ".join(heads) or "none"
            raise self._document.error(path, f"a condition has exactly one operator; here: {names}")
        name = heads[0]
        if name in OPERATORS:
            return self._leaf(name, raw, path)
        for key in raw:
            if key != name:
                raise self._document.error(
                    f"{path}.{key}", f"`{key}` belongs to an operator, not to `{name}`"
                )
        below = f"{path}.{name}"
        if name == "not":
            return Not(self._condition(raw[name], below, depth + 1))
        if not isinstance(raw[name], list) or not raw[name]:
            raise self._document.error(below, "expected a list of conditions, at least one")
        parts = tuple(
            self._condition(part, f"{below}[{i}]", depth + 1) for i, part in enumerate(raw[name])
        )
        return All(parts) if name == "all" else AnyOf(parts)

    def _leaf(self, name: str, raw: dict[str, Any], path: str) -> Leaf:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise self._document.error(path, f"more than {MAX_CONDITIONS} operators in one rule")
        kind = OPERATORS[name]
        operator = self._operator(kind, raw[name], f"{path}.{name}")
        who: Who = kind.default_who
        if "who" in raw:
            who = self._choice(raw["who"], f"{path}.who", Who)
        where: Range = Whole()
        if "range" in raw:
            where = self._range(raw["range"], f"{path}.range")
            if kind.looks_at_whole and where != Whole():
                what = f"`{name}` speaks of the whole interaction and takes no other range"
                raise self._document.error(f"{path}.range", what)
        label = raw.get("label", "")
        if "label" in raw and not (
            isinstance(label, str) and len(label) <= MAX_NAME_CHARS and _LABEL.match(label)
        ):
            raise self._document.error(f"{path}.label", "expected a short name of a-z, 0-9, _, -")
        return Leaf(next(self._numbers), name, operator, who, where, label, path)

    def _operator(self, kind: type[Operator], raw: Any, path: str) -> Operator:
        for key, words in raw.items() if isinstance(raw, dict) else ():
            if isinstance(words, list):
                self._words += sum(len(w) if isinstance(w, list) else 1 for w in words)
                if len(words) > MAX_WORDS:
                    what = f"{len(words)} entries, at most {MAX_WORDS}"
                    raise self._document.error(f"{path}.{key}", what)
                if self._words > MAX_WORDS_IN_FILE:
                    what = f"more than {MAX_WORDS_IN_FILE} words and sentences in all rules"
                    raise self._document.error(f"{path}.{key}", what)
        operator = _convert(self._document, {} if raw is None else raw, kind, path)
        problem = operator.problem()
        if problem is not None:
            below = f"{path}.{problem.key}" if problem.key else path
            raise self._document.error(below, problem.what)
        return operator

    def _range(self, raw: Any, path: str) -> Range:
        if raw == "whole":
            return Whole()
        choices = ("whole", "first", "last", *_SIDES)
        if not isinstance(raw, dict) or len(raw) != 1:
            what = "expected `whole`, or one of first: N, last: N, before, after, around"
            raise self._document.error(path, what)
        key, value = next(iter(raw.items()))
        below = f"{path}.{key}"
        if key == "first":
            return _convert(self._document, {"turns": value}, First, below, ".turns")
        if key == "last":
            return _convert(self._document, {"turns": value}, Last, below, ".turns")
        if key not in _SIDES:
            what = f"unknown range `{_short(key)}`"
            raise self._document.error(below, what + allowed(key, choices))
        if not isinstance(value, dict) or "side" in value:
            raise self._document.error(below, "expected hit_of with turns or seconds")
        near = _convert(self._document, {**value, "side": key}, Near, below)
        if (near.turns is None) == (near.seconds is None):
            raise self._document.error(below, "give one of turns and seconds")
        return near

    def _choice(self, value: Any, path: str, kind: Any) -> Any:
        choices = get_args(kind)
        if value not in choices:
            raise self._document.error(
                path, f"unknown role `{_short(value)}`" + allowed(value, choices)
            )
        return value


def allowed(given: Any, choices: Iterable[str]) -> str:
    """What may stand here, and which of it was probably meant."""
    choices = tuple(choices)
    near = get_close_matches(str(given)[:MAX_NAME_CHARS], choices, n=1)
    meant = f" (did you mean `{near[0]}`?)" if near else ""
    return f"{meant}; allowed: {', '.join(choices)}"


def _short(given: Any) -> str:
    text = str(given)
    return text if len(text) <= 40 else text[:40] + "…"


def _convert(document: Document, raw: Any, kind: type[T], path: str, hidden: str = "") -> T:
    """Raw values as a checked struct. `hidden` is a key that the file does not have."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _explain(document, str(error), kind, path, hidden) from None


def _explain(
    document: Document, message: str, kind: type[Any], path: str, hidden: str
) -> ConfigError:
    what, _, where = message.partition(" - at `$")
    where = where.rstrip("`").replace("[...]", "")
    if where == hidden:
        where = ""
    what = what[0].lower() + what[1:]
    unknown = _UNKNOWN.match(message)
    if unknown:
        key = unknown.group(1)
        what = f"unknown key `{_short(key)}`"
        if not where:
            names = [name for name in getattr(kind, "__struct_fields__", ()) if name != "side"]
            what += allowed(key, names)
        where += f".{key}"
    elif what.startswith("invalid enum value") and where[1:] in getattr(
        kind, "__annotations__", {}
    ):
        annotation = kind.__annotations__[where[1:]]
        if not isinstance(annotation, str) and get_args(annotation):
            what += f"; allowed: {', '.join(map(str, get_args(annotation)))}"
    return document.error(path + where, what)
