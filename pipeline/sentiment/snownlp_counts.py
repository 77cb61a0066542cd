"""Reads SnowNLP's segmentation counts into compact tables, without building Python's own objects.

The file is one marshal dump of three dictionaries of nested tuples, 1.3 million entries. Loaded as
Python objects it takes 310 MB; this reader walks the bytes and keeps 8 bytes an entry. It knows
only the few marshal codes that this one file (checked by hash) uses.

Marshal in short: a code byte, then the content. With the code's top bit set, the object also gets
the next number in a list, and `r` + 4 bytes later stands for it.
"""

import re
import struct
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

TAGS = ("b", "m", "e", "s")
"""A character b(egins), is in the m(iddle) of, e(nds), or is a s(ingle) word."""

COUNT_BITS = 18
"""No pair or triple in the file occurs more often than 2**18 - 1 times."""
_CHAR_BITS = 13
_FLAG = 0x80

# ('字', tag): both strings may be written out or be references.
_STRING = rb"(?:r....|[u\xf5]\x03\0\0\0...|[u\xf5]\x02\0\0\0..|[zZ\xda\xfa](?:\0|\x01.|\x03BOS))"
_ELEMENT = rb"(r....|[)\xa9]\x02" + _STRING + _STRING + rb")"
_COUNT = rb"(r....|[i\xe9]....)"
_UNI = re.compile(_ELEMENT + _COUNT, re.DOTALL)
_BI = re.compile(rb"([)\xa9])\x02" + _ELEMENT * 2 + _COUNT, re.DOTALL)
_TRI = re.compile(rb"\)\x03" + _ELEMENT * 3 + _COUNT, re.DOTALL)
_END = re.compile(rb"0(?:\xda\x05total|r....)g", re.DOTALL)


class SegmentationCounts(NamedTuple):
    """How often each (character, tag) and each sequence of two and three was seen.

    Characters are numbered by `ids`; the beginning of a sentence is the character "" with tag 0.
    `uni[id * 4 + tag]` is a count. `bi[id of the last]` and `tri[id of the last]` are sorted, an
    entry holding from the highest bits: ids of the others (13 each), tags (2 each), the count (18).
    """

    ids: dict[str, int]
    uni: Sequence[int]
    bi: Sequence[Sequence[int]]
    tri: Sequence[Sequence[int]]
    uni_total: float
    weights: tuple[float, float, float]
    """Of the single, the pair and the triple."""


def read_counts(dump: bytes) -> SegmentationCounts:
    """Read the unpacked bytes of `seg/seg.marshal.3`; they must be checked by hash before."""
    return _Reader(dump).read()


class _Reader:
    def __init__(self, dump: bytes) -> None:
        self._dump = dump
        self._at = 0
        # What each reference stands for. An element is kept as id * 4 + tag, all else as it is.
        self._refs: list[Any] = []
        self._ids: dict[str, int] = {"": 0}
        self._elements: dict[bytes, int] = {}
        self._counts: dict[bytes, int] = {}

    def read(self) -> SegmentationCounts:
        model = self._value()
        size = len(self._ids)
        uni = [0] * (size * 4)
        for element, count in model["uni"]["d"]:
            uni[element] = count
        empty: list[array[int]] = [array("q") for _ in range(size)]
        bi, tri = (model[key]["d"] + empty[len(model[key]["d"]) :] for key in ("bi", "tri"))
        weights = model["l1"], model["l2"], model["l3"]
        return SegmentationCounts(self._ids, uni, bi, tri, model["uni"]["total"], weights)

    def _value(self, table: str = "") -> Any:
        """The object at the present place; `table` names the dictionary that it is part of."""
        dump, at = self._dump, self._at
        code = dump[at] & ~_FLAG
        place = len(self._refs)
        flagged = dump[at] & _FLAG
        if flagged:
            self._refs.append(None)
        value: Any
        self._at = at + 1
        if code == ord("{"):
            value = {}
            while dump[self._at] != ord("0"):
                key = self._value()
                if key == "d":
                    value[key] = self._entries(table)
                else:
                    value[key] = self._value(key)
            self._at += 1
        elif code == ord(")"):
            self._at += 1
            value = tuple(self._value() for _ in range(dump[at + 1]))
        elif code in b"zZ":
            self._at += 1 + dump[at + 1]
            value = dump[at + 2 : self._at].decode("ascii")
        elif code == ord("u"):
            self._at += 4 + int.from_bytes(dump[at + 1 : at + 5], "little")
            value = dump[at + 5 : self._at].decode("utf-8")
        else:
            self._at += 8 if code == ord("g") else 4
            content = dump[at + 1 : self._at]
            if code == ord("g"):
                value = struct.unpack("<d", content)[0]
            else:
                value = int.from_bytes(content, "little")
                if code == ord("r"):
                    value = self._refs[value]
        if flagged:
            self._refs[place] = value
        return value

    def _entries(self, table: str) -> Any:
        """The entries of one table, of which there are far too many for `_value`."""
        self._at += 1  # the dictionary's own code
        end_match = _END.search(self._dump, self._at)
        if end_match is None:
            raise ValueError(f"the table {table} of the segmentation model has no end")
        start, end = self._at, end_match.start()
        self._at = end + 1
        match table:
            case "uni":
                found = _UNI.finditer(self._dump, start, end)
                return [(self._element(e), self._count(c)) for e, c in map(re.Match.groups, found)]
            case "bi":
                return self._pairs(start, end)
            case _:
                return self._triples(start, end)

    def _pairs(self, start: int, end: int) -> list["array[int]"]:
        ids_before = COUNT_BITS + 4
        refs, number = self._refs, int.from_bytes
        inline, count_of = self._element, self._count
        buckets: list[array[int]] = []
        for pair, a, b, c in map(re.Match.groups, _BI.finditer(self._dump, start, end)):
            if pair == b"\xa9":
                refs.append(None)  # the pair takes a number, but is not referred to
            x = refs[number(a[1:], "little")] if a[0] == 114 else inline(a)
            y = refs[number(b[1:], "little")] if b[0] == 114 else inline(b)
            last = y >> 2
            while last >= len(buckets):
                buckets.append(array("q"))
            tags = (x & 3) << 2 | (y & 3)
            buckets[last].append((x >> 2) << ids_before | tags << COUNT_BITS | count_of(c))
        return [array("q", sorted(bucket)) for bucket in buckets]

    def _triples(self, start: int, end: int) -> list["array[int]"]:
        ids_before = COUNT_BITS + 6
        # All that an element adds to the packed entry as the first and as the second of a triple.
        everything = range(len(self._ids) * 4)
        first = [
            (e >> 2) << (ids_before + _CHAR_BITS) | (e & 3) << (COUNT_BITS + 4) for e in everything
        ]
        second = [(e >> 2) << ids_before | (e & 3) << (COUNT_BITS + 2) for e in everything]
        third = [(e & 3) << COUNT_BITS for e in everything]
        refs, number = self._refs, int.from_bytes
        inline, count_of, counts = self._element, self._count, self._counts
        buckets: list[array[int]] = [array("q") for _ in self._ids]
        for a, b, c, n in map(re.Match.groups, _TRI.finditer(self._dump, start, end)):
            x = refs[number(a[1:], "little")] if a[0] == 114 else inline(a)
            y = refs[number(b[1:], "little")] if b[0] == 114 else inline(b)
            z = refs[number(c[1:], "little")] if c[0] == 114 else inline(c)
            count = counts.get(n) or count_of(n)
            buckets[z >> 2].append(first[x] | second[y] | third[z] | count)
        return [array("q", sorted(bucket)) for bucket in buckets]

    def _element(self, content: bytes) -> int:
        """A (character, tag) as id * 4 + tag; takes note of references to it."""
        if content[0] == ord("r"):
            element: int = self._refs[int.from_bytes(content[1:], "little")]
            return element
        plain = b")" + content[1:]
        known = self._elements.get(plain)
        if known is None:
            known = self._new_element(plain, content[0] & _FLAG)
        elif content[0] & _FLAG:
            self._refs.append(known)
        return known

    def _new_element(self, plain: bytes, flagged: int) -> int:
        place = len(self._refs)
        if flagged:
            self._refs.append(None)
        before = len(self._refs)
        outer = self._dump, self._at
        self._dump, self._at = plain, 0
        char, tag = self._value()
        self._dump, self._at = outer
        index = self._ids.setdefault(char, len(self._ids))
        element = index * 4 + (0 if tag == "BOS" else TAGS.index(tag))
        if flagged:
            self._refs[place] = element
        if len(self._refs) == before:
            # Nothing inside takes a number of its own, so the same bytes mean the same again.
            self._elements[plain] = element
        return element

    def _count(self, content: bytes) -> int:
        known = self._counts.get(content)
        if known is not None:
            return known
        value = int.from_bytes(content[1:], "little")
        if content[0] & _FLAG:
            self._refs.append(value)
            return value
        if content[0] == ord("r"):
            value = self._refs[value]
        self._counts[content] = value
        return value
