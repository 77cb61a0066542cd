"""SnowNLP's model as one block of bytes that is used where it lies, without building objects.

The large tables are read in place, so a file of this form can be mapped into memory and its pages
shared by all processes. Nothing in it can be executed. It is trusted by its hash alone: from the
three files of snownlp 0.12.3 there follows exactly one such block.

The block: 11 lengths in bytes (unsigned 64-bit), then the 11 sections in that order, each filled up
to a multiple of 8 bytes. Numbers are in the machine's own byte order, which has to be little-endian
for the hash to be right; another machine cannot use the form (and `SHA256` tells it so).
"""

from array import array
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate, chain, pairwise

from pipeline.sentiment.snownlp_counts import SegmentationCounts
from pipeline.sentiment.snownlp_model import SentimentCounts, SnowNLPData

SHA256 = "ea268bcf29002201425855feb4a3f913e5f2423ff3cc8d2dd395c47fe6eadbf6"
"""Of the only block there is. Change the form and this changes, so an old file is never misread."""

_SECTIONS = 11
_HEAD = _SECTIONS * 8


def pack(data: SnowNLPData) -> bytes:
    """The block (11 MB), the same bytes for the same data."""
    seg, sentiment = data.segmentation, data.sentiment
    sections = [
        array(
            "d", [seg.uni_total, *seg.weights, sentiment.total, *sentiment.class_totals]
        ).tobytes(),
        "".join(seg.ids).encode(),  # the first of them is "", so only characters are written
        array("I", seg.uni).tobytes(),
        *_packed_tables(seg.bi),
        *_packed_tables(seg.tri),
        "\n".join(sentiment.words).encode(),
        array("I", chain(sentiment.unseen, *sentiment.counts)).tobytes(),
        "\n".join(sentiment.classes).encode(),
        "\n".join(sorted(data.stop_words)).encode(),
    ]
    lengths = array("Q", map(len, sections)).tobytes()
    return lengths + b"".join(section + bytes(-len(section) % 8) for section in sections)


def unpack(block: bytes | memoryview) -> SnowNLPData:
    """The model, its large tables being views of the block; raises `ValueError` for other bytes."""
    view = memoryview(block)
    found = sha256(view).hexdigest()
    if found != SHA256:
        raise ValueError(f"not the packed model: its sha256 is {found}, expected {SHA256}")
    lengths = view[:_HEAD].cast("Q").tolist()
    starts = accumulate((length + -length % 8 for length in lengths), initial=_HEAD)
    sections = [view[at : at + length] for at, length in zip(starts, lengths, strict=False)]
    numbers, chars, uni, bi_sizes, bi, tri_sizes, tri, words, counts, classes, stop = sections
    uni_total, l1, l2, l3, total, *class_totals = numbers.cast("d").tolist()
    ids = {char: number for number, char in enumerate(["", *_text(chars)])}
    names, known = _text(classes).split("\n"), _text(words).split("\n")
    each = counts.cast("I")
    edges = range(len(names), len(each) + 1, len(known))
    return SnowNLPData(
        SegmentationCounts(
            ids,
            uni.cast("I"),
            _tables(bi_sizes, bi),
            _tables(tri_sizes, tri),
            uni_total,
            (l1, l2, l3),
        ),
        SentimentCounts(
            tuple(names),
            total,
            tuple(class_totals),
            tuple(each[: len(names)]),
            known,
            [each[start:end] for start, end in pairwise(edges)],
        ),
        frozenset(_text(stop).split("\n")),
    )


def _packed_tables(tables: Sequence[Sequence[int]]) -> tuple[bytes, bytes]:
    """The sizes of the tables, and the tables one after the other."""
    sizes = array("I", map(len, tables))
    return sizes.tobytes(), array("q", chain.from_iterable(tables)).tobytes()


def _tables(sizes: memoryview, entries: memoryview) -> list[Sequence[int]]:
    edges = accumulate(sizes.cast("I"), initial=0)
    numbers = entries.cast("q")
    return [numbers[start:end] for start, end in pairwise(edges)]


def _text(section: memoryview) -> str:
    return str(section, "utf-8")
