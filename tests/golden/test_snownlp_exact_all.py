"""The fast sentiment score is the original's on every real text that we have."""

from __future__ import annotations

import csv
import gzip
import json
import marshal
import random
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.sentiment.snownlp_counts import COUNT_BITS, TAGS, SegmentationCounts
from pipeline.sentiment.snownlp_exact import ExactSnowNLP
from pipeline.sentiment.snownlp_model import package_folder, read_model
from pipeline.sentiment.snownlp_packed import pack, unpack

COUNT = (1 << COUNT_BITS) - 1
ID = (1 << 13) - 1


@pytest.fixture(scope="module")
def exact() -> ExactSnowNLP:
    return ExactSnowNLP.of(unpack(pack(read_model())))


@pytest.fixture(scope="module")
def original() -> Callable[[str], float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from snownlp import SnowNLP
    return lambda text: float(SnowNLP(text).sentiments)


@pytest.mark.data
def test_a_sample_of_every_file_scores_exactly_as_in_the_original(
    shared_data: Path, exact: ExactSnowNLP, original: Callable[[str], float]
) -> None:
    chance = random.Random(20240518)
    for name, found in real_texts(shared_data).items():
        sample = chance.sample(found, min(100, len(found)))
        different = [text for text in sample if exact.score(text) != original(text)]
        assert len(different) == 0, f"{len(different)} of {len(sample)} texts of {name} differ"


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_every_real_text_scores_exactly_as_in_the_original(
    shared_data: Path, exact: ExactSnowNLP, original: Callable[[str], float]
) -> None:
    distinct = {text for found in real_texts(shared_data).values() for text in found}
    distinct |= {text.replace(" ", "") for text in distinct if text.strip()}
    assert len(distinct) > 100_000
    worst = 0.0
    differing = 0
    for text in sorted(distinct):
        delta = abs(exact.score(text) - original(text))
        worst = max(worst, delta)
        differing += delta != 0
    print(f"{len(distinct)} texts, {differing} differ, the largest difference is {worst}")
    assert (differing, worst) == (0, 0.0)


ALPHABETS = (
    "的了是我不你好在有这个们客服快递退款货单什么时候到没收问题处理谢满意差评态度很太慢等",
    "镂滟苋嘭迸孢釜刈卯铷侔埤撅皿晞咙僳龇笮癸绾钏臆狡泅拭濑疟迤倔蔺渌辇咔玮昵耦壕鳇鸵",
    "龘靐齉爩麤龗灥厵鱻驫飝丂丄丆丏丒",
    "請問麼時會務態貨謝您幫忙產壞換嗎煩轉專員電話訂單優惠發貨還沒點贊買賣極負責",
    "😀😡👍🏻👨‍👩‍👧❤️🙏[微笑][发怒]/:~",
    "".join(map(chr, range(0x20))) + "\x7f\x85\xa0\u200b\u2028\u3000\ufeff\ud83d",
    "0123456789abcXYZ ，。！？…-@#&<>ＡＢ１２ㄅかナ한㐀𠀀龦",
)
"""Common, rare (seen once by the model), never seen, traditional, emoji, control, all other."""


def test_5000_fuzzed_strings_score_exactly_as_in_the_original(
    exact: ExactSnowNLP, original: Callable[[str], float]
) -> None:
    chance = random.Random(20261123)
    fuzzed: set[str] = set()
    while len(fuzzed) < 5_000:
        pieces = [chance.choices(chance.choice(ALPHABETS), k=chance.randint(1, 8)) for _ in "12345"]
        pieces.append([chr(chance.randint(0x4E00, 0x9FA5)) for _ in range(chance.randint(0, 4))])
        text = "".join(char for piece in pieces[chance.randrange(5) :] for char in piece)
        if text.strip():
            fuzzed.add(text)
    different = [text for text in sorted(fuzzed) if exact.score(text) != original(text)]
    print(f"n = {len(fuzzed)} fuzzed strings, {len(different)} differ")
    assert different == []


def test_the_tables_hold_every_count_of_the_model() -> None:
    counts = read_model().segmentation
    assert len(counts.ids) == 4_688  # 4,687 characters and the beginning
    assert sum(counts.uni) == counts.uni_total == 1_880_625
    assert sum(map(len, counts.bi)) == 345_726
    assert sum(entry & COUNT for table in counts.bi for entry in table) == 1_861_141
    assert sum(map(len, counts.tri)) == 928_492
    assert sum(entry & COUNT for table in counts.tri for entry in table) == 1_841_657


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss is the system's own")
def test_converting_takes_a_third_of_the_memory_that_python_objects_would_take() -> None:
    program = (
        "import resource\n"
        "from pipeline.sentiment.snownlp_model import read_model\n"
        "from pipeline.sentiment.snownlp_packed import pack\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = used()\n"
        "pack(read_model())\n"
        "print((used() - before) // 1024)\n"
    )
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(result.stdout) < 150  # MiB at the peak; the counts as Python objects take 360


@pytest.mark.slow
def test_the_compact_tables_are_the_dump_that_python_itself_reads() -> None:
    counts = unpack(pack(read_model())).segmentation
    packed = (package_folder() / "seg/seg.marshal.3").read_bytes()
    dump = marshal.loads(gzip.decompress(packed))  # noqa: S302 - read_model has checked its hash

    assert counts.weights == (dump["l1"], dump["l2"], dump["l3"])
    assert counts.uni_total == dump["uni"]["total"]
    uni, bi, tri = unpacked(counts)
    assert uni == dump["uni"]["d"]
    assert bi == dump["bi"]["d"]
    assert tri == dump["tri"]["d"]


def unpacked(counts: SegmentationCounts) -> tuple[dict[Any, int], dict[Any, int], dict[Any, int]]:
    """The three tables with the keys that snownlp uses."""
    chars = list(counts.ids)

    def element(char: int, tag: int) -> tuple[str, str]:
        return chars[char], TAGS[tag & 3] if char else "BOS"

    bits = COUNT_BITS
    uni = {element(place >> 2, place): n for place, n in enumerate(counts.uni) if n}
    bi = {
        (element(e >> bits + 4, e >> bits + 2), element(last, e >> bits)): e & COUNT
        for last, table in enumerate(counts.bi)
        for e in table
    }
    tri = {
        (
            element(e >> bits + 19, e >> bits + 4),
            element(e >> bits + 6 & ID, e >> bits + 2),
            element(last, e >> bits),
        ): e & COUNT
        for last, table in enumerate(counts.tri)
        for e in table
    }
    return uni, bi, tri


def real_texts(folder: Path) -> dict[str, list[str]]:
    """All texts but blank ones, by file."""
    jddc = (folder / "jddc_sessions.tsv").read_text("utf-8").split("\n")
    emotect = (folder / "emotect_train.tsv").read_text("utf-8").split("\n")[1:]
    short = (folder / "xs_utterances_auto.txt").read_text("utf-8").split("\n")[1:]
    stc3 = (folder / "stc3_helpdesk.jsonl").read_text("utf-8").split("\n")
    found = {
        "jddc_sessions.tsv": [line.split("\t")[6] for line in jddc if line],
        "emotect_train.tsv": [line.split("\t", 1)[1] for line in emotect if line],
        "xs_utterances_auto.txt": [line.split(",", 1)[1] for line in short if line],
        "stc3_helpdesk.jsonl": [
            text
            for line in stc3
            if line
            for turn in json.loads(line)["turns"]
            for text in turn["utterances"]
        ],
    }
    for name, column in (("waimai_reviews.csv", "review"), ("twcs_sample.csv", "text")):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            found[name] = [row[column] for row in csv.DictReader(file)]
    return {name: [text for text in texts if text.strip()] for name, texts in found.items()}
