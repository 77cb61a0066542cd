"""The tree of conditions of one rule, and its normal form.

`not` is pushed down to the operators (not all → any of nots, and the reverse), so that the
evaluation knows only *leaves*, `all` and `any`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.qa.language.operators.base import Operator
from pipeline.qa.language.ranges import Near, Range
from pipeline.qa.language.values import Who


class Leaf(NamedTuple):
    """One operator with its parameters, whom it looks at and where.

    `number` counts the leaves of a rule set. `is_negative`: true when it is certain that the
    operator never hits.
    """

    number: int
    name: str
    operator: Operator
    who: Who
    where: Range
    label: str
    path: str
    is_negative: bool = False


class All(NamedTuple):
    """True when all parts are."""

    parts: "tuple[Condition, ...]"


class AnyOf(NamedTuple):
    """True when one part is."""

    parts: "tuple[Condition, ...]"


class Not(NamedTuple):
    """True when it is certain that the part never will be. Only before `normal`."""

    part: "Condition"


Condition = Leaf | All | AnyOf | Not


def normal(condition: Condition, *, negate: bool = False) -> Condition:
    """The same condition without `Not`: leaves know whether they are negated."""
    match condition:
        case Not(part=part):
            return normal(part, negate=not negate)
        case All(parts=parts):
            kind = AnyOf if negate else All
            return kind(tuple(normal(part, negate=negate) for part in parts))
        case AnyOf(parts=parts):
            kind = All if negate else AnyOf
            return kind(tuple(normal(part, negate=negate) for part in parts))
        case Leaf():
            return condition._replace(is_negative=negate)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """All operators of a condition, in the order in which they are written."""
    match condition:
        case Leaf():
            yield condition
        case Not(part=part):
            yield from leaves(part)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from leaves(part)


def anchor_of(leaf: Leaf) -> str | None:
    """The label of the condition that the leaf's range lies beside."""
    return leaf.where.hit_of if isinstance(leaf.where, Near) else None


def speaking_parts(parts: tuple[Condition, ...]) -> list[int]:
    """Which parts of an `all` give the evidence; the first of them gives its hits one by one.

    Not those that say what was *not* seen, and not those that only say beside what another one
    looks; unless there are no others.
    """
    positive = [i for i, part in enumerate(parts) if not _is_quiet(part)]
    if not positive:
        return list(range(len(parts)))
    speaking = [i for i in positive if not _is_looked_beside(parts, i, positive)]
    return speaking or positive


def _is_looked_beside(parts: tuple[Condition, ...], index: int, positive: list[int]) -> bool:
    labels = {leaf.label for leaf in leaves(parts[index]) if leaf.label}
    others = (leaf for i in positive if i != index for leaf in leaves(parts[i]))
    return any(anchor_of(leaf) in labels for leaf in others)


def _is_quiet(part: Condition) -> bool:
    return isinstance(part, Leaf) and part.is_negative
