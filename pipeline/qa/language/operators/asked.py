"""The operator on asking again for what the customer has already given."""

from typing import ClassVar, Literal

from msgspec import Struct

from pipeline.qa.language.operators.base import (
    CostClass,
    Operator,
    Problem,
    Reading,
    Reads,
    inside,
    mark,
    mark_hit,
    mark_whole,
    turn_span,
)
from pipeline.qa.language.ranges import View, Window
from pipeline.qa.language.state import Mark
from pipeline.qa.language.values import Hit, Who

What = Literal["order_no", "phone", "name", "address"]

_GIVE = "(?:提供|发|报|告诉|告知|说|给|留|填|写|核对|确认)(?:一|个)?下?"
_WHICH = "(?:是|叫)?(?:多少|什么|啥|哪)"


class _Thing(Struct, frozen=True):
    """How something is asked for, and how a masked text shows that it was given.

    Numbers are known by the kinds that were masked. Names and addresses are not masked, so they
    are known by the words that introduce them, or by a placeholder that the text came with.
    """

    asked: str
    given: str
    kinds: frozenset[str]


def _asks_for(name: str) -> str:
    return f"{_GIVE}.{{0,8}}{name}|{name}.{{0,4}}(?:{_WHICH}|{_GIVE}|呢|[?？])"


_THINGS: dict[str, _Thing] = {
    "order_no": _Thing(
        _asks_for("(?:订单|单|订单编)号"), r"\[订单号\]|\[订单编号", frozenset({"order_no"})
    ),
    "phone": _Thing(
        _asks_for("(?:手机|电话|联系电话|联系方式|手机号|电话号)(?:号码|码|号)?"),
        r"\[手机号\]|\[固话\]|\[电话",
        frozenset({"phone", "landline"}),
    ),
    "name": _Thing(
        _asks_for("(?:姓名|名字|称呼|贵姓)") + "|(?:您|你)?贵姓|怎么称呼",
        r"我(?:叫|姓)\p{Han}{1,4}|(?:姓名|名字|收货人|收件人)(?:是|叫|为)?[:：]?\p{Han}{2,4}|\[姓名",
        frozenset(),
    ),
    "address": _Thing(
        _asks_for("(?:地址|住址|住哪)"),
        r"地址(?:是|为)?[:：]?\p{Han}{4}|\p{Han}{2,8}(?:省|市|区|县|镇).{0,20}(?:路|街|道|村|号|栋|小区)"
        r"|\[地址",
        frozenset(),
    ),
}

_GIVEN, _ASKED = 0, 1


class AskedAgain(Operator, frozen=True, kw_only=True):
    """Asked for something (`what`) that the customer has given in an earlier turn.

    Evidence: the turn in which it was first given, and the question.
    """

    what: tuple[What, ...] = ("order_no", "phone", "name", "address")

    reads: ClassVar[Reads] = "every turn"
    reads_everyone: ClassVar[bool] = True
    cost_class: ClassVar[CostClass] = "linear"

    def problem(self) -> Problem | None:
        return None if self.what else Problem("what", "an empty list")

    def patterns(self) -> tuple[tuple[str, str], ...]:
        things = [_THINGS[name] for name in self.what]
        return tuple(
            ("what", pattern) for thing in things for pattern in (thing.given, thing.asked)
        )

    def needs_marks(self) -> bool:
        return True

    def read(self, reading: Reading) -> list[Mark]:
        marks = []
        for word, name in enumerate(self.what):
            by_slot = {one.slot: one for one in reading.found}
            if reading.who == "customer":
                if 2 * word in by_slot or _THINGS[name].kinds.intersection(reading.turn.kinds):
                    marks.append(mark_whole(reading, slot=_GIVEN))
                    marks[-1].word = word
            else:
                asked = by_slot.get(2 * word + 1)
                if asked is not None:
                    marks.append(mark(reading, asked.start, asked.end, slot=_ASKED, word=word))
        return marks

    def find(self, marks: list[Mark], view: View, window: Window, who: Who) -> list[Hit]:
        first: dict[int, int] = {}
        for one in marks:
            if one.slot == _GIVEN:
                first.setdefault(one.word, one.turn)
        hits = []
        for one in inside(marks, view, window, who, slot=_ASKED):
            given = first.get(one.word)
            if given is not None and given < one.turn:
                hit = mark_hit(one, view)
                hits.append(hit._replace(spans=(turn_span(view, given), *hit.spans)))
        return hits
