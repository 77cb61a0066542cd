"""Our SnowNLP score is the package's own, to the last bit; bad model files are refused."""

import gzip
import marshal
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from time import process_time

import pytest

from pipeline.sentiment import snownlp_model
from pipeline.sentiment.snownlp_exact import (
    MAX_SCORED_CHARS,
    UNDEFINED,
    WINDOW_CHARS,
    ExactSnowNLP,
)
from pipeline.sentiment.snownlp_model import HASHES, ModelFileError, package_folder, read_model
from pipeline.sentiment.snownlp_segmenter import _step
from schemas.envelope import MAX_TEXT_CHARS
from tests.snownlp_reference import exact, fresh, model_data, original_score, original_words

SERVICE = [
    "您好，请问有什么可以帮您",
    "我的快递什么时候到",
    "已经三天了还没有发货，你们到底在干什么",
    "太差了，再也不会买了",
    "谢谢你，问题解决了",
    "客服态度非常好，点赞",
    "这个东西质量不行，我要退货",
    "麻烦你帮我查一下订单",
    "退款怎么还没有到账",
    "你们的系统又崩溃了吧",
    "等了半个小时都没有人回复我",
    "好的，我明白了",
    "不用了，谢谢",
    "东西收到了，很喜欢，下次还来",
    "包装破损，里面的杯子碎了",
    "发票可以开专用的吗",
    "请问可以改一下收货地址吗",
    "我要投诉这个快递员",
    "他把包裹扔在门口就走了",
    "给您带来不便非常抱歉",
    "这边帮您登记一下，请稍等",
    "亲，您的订单已经为您加急处理了哦",
    "稍后会有专员与您联系",
    "什么破手机，用了两天就开不了机",
    "屏幕有一条划痕，能换新的吗",
    "电池鼓包了，太危险了",
    "价格比昨天贵了一百块，能补差价吗",
    "优惠券为什么用不了",
    "会员到期了自动扣费，也不提醒一下",
    "真行，又让我重新说一遍",
    "呵呵，你们的服务真是好得很",
    "转人工",
    "在吗",
    "人呢",
    "嗯嗯",
    "哦",
]
TRADITIONAL = [
    "請問我的包裹什麼時候會到",
    "服務態度太差了，我要退貨",
    "謝謝您的幫忙，非常滿意",
    "這個產品壞掉了，可以換新的嗎",
    "麻煩幫我轉接專人",
]
ODD = [
    "[微笑][微笑]好的",
    "[发怒]你们还管不管了",
    "😡😡😡太慢了",
    "👍🏻谢谢👨‍👩‍👧",
    "订单号 20231111 123456，单价¥99.90元",
    "iPhone15 Pro Max 128G 黑色有货吗？",
    "please call me back，我很着急！！！",
    "物流信息:\t已签收\r\n但是我没收到\n\n请核实",
    "空\u3000格\xa0和\u200b零宽",
    "控\x00制\x1b字\x1c符\x1f\x7f\x85在\u2028里\ufeff面",
    "繁體和简体混在一起，這樣可以嗎？",
    "㐀㐁𠀀𠮷𪚥鿿龥龦龤一丁",
    "，。！？",
    "......",
    "12345",
    "a",
    " 好 ",
    "\ud800半个代理对",
    "的",
    "的 的 的 是 了",
    "ＡＢＣ全角１２３",
    "カタカナとひらがな、漢字",
    "한국어도 조금",
    "…………真的无语了————",
    "<br/>&nbsp;图片<img src='x'>",
    "#E-s[数字x] 谢谢 [姓名x]",
    "龘靐齉爩鱻麤龗灪吁龖厵滟",
    "鱻了鱻鱻了了鱻鱻鱻是",
    "哈" * 40,
    "！" * 40,
]
ENDINGS = ("", "。", "！！！", "[微笑]", "😊", " 谢谢", "了了", " 13 号", "\n", "吗？请尽快回复我")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_service_sentence_scores_exactly_as_in_the_package(ending: str) -> None:
    for text in SERVICE + TRADITIONAL + ODD:
        assert exact().score(text + ending) == original_score(text + ending), repr(text + ending)


def test_two_sentences_in_one_text_score_exactly_as_in_the_package() -> None:
    texts = [a + b for a, b in zip(SERVICE, reversed(TRADITIONAL + ODD), strict=False)]
    assert len(texts) >= 30
    for text in texts:
        assert exact().score(text) == original_score(text), repr(text)


def test_a_text_of_3000_characters_scores_exactly_as_in_the_package() -> None:
    with_breaks = ("，".join(SERVICE) * 10)[:3_000]
    one_run = ("".join(filter(str.isalnum, "".join(SERVICE))) * 10)[:3_000]
    assert len(with_breaks) == len(one_run) == 3_000
    assert exact().score(with_breaks) == original_score(with_breaks)
    # Of one run the package's segmenter copies the whole history at every step: seconds.
    assert exact().score(one_run) == original_score(one_run)


def test_a_lone_character_of_the_chinese_block_scores_exactly_as_in_the_package() -> None:
    for code in range(0x4E00, 0x9FA7, 11):
        assert exact().score(chr(code)) == original_score(chr(code)), hex(code)


@pytest.mark.parametrize("text", [None, "", " ", "\n\t", "\u3000\u3000"])
def test_a_text_that_says_nothing_scores_one_half(text: str | None) -> None:
    assert exact().score(text) == UNDEFINED == 0.5


def test_the_package_raises_on_empty_text_which_is_why_ours_has_its_own_value() -> None:
    with pytest.raises(ZeroDivisionError):
        original_score("")


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("😊", 0.5),
        ("😡😡😡", 0.5),
        ("[微笑]", 0.7608695652173911),
        ("12345", 0.5),
        ("12345 67890", 0.4737672181921908),
        ("hello", 0.5262327818078083),
        ("OK thank you very much", 0.27500000000000024),
        ("謝謝您的幫忙", 0.5080789493995203),
        ("的", 0.5262327818078083),
        ("\x00", 0.5),
    ],
)
def test_what_is_hardly_chinese_has_a_defined_score_which_is_the_package_s(
    text: str, score: float
) -> None:
    assert exact().score(text) == original_score(text) == score


def test_overwhelming_evidence_stays_in_the_range_0_to_1_without_an_overflow() -> None:
    for text in ("差评" * 4_000, "好吃" * 4_000, "太差了，退货！" * 1_400):
        assert 0.0 <= exact().score(text) <= 1.0
    assert exact().score("差评，" * 700) == original_score("差评，" * 700)
    assert exact().score("好吃，" * 700) == original_score("好吃，" * 700)


def test_a_text_over_10000_characters_is_scored_on_its_first_and_last_5000() -> None:
    # Blanks say nothing, so the score stays away from 0 and 1, where a wrong window would not show.
    first, last = "服务很好".ljust(WINDOW_CHARS), "不太满意".rjust(WINDOW_CHARS)
    ends = exact().score(first + last)
    assert 0.01 < ends < 0.99
    assert ends == exact().score("服务很好 不太满意") == original_score(first + last)
    for middle in ("垃圾", "x", "好吃" * 3_000):
        assert exact().score(first + middle + last) == ends
    # At exactly 10,000 nothing is left out: the characters in the middle count.
    at_limit = first[:-2] + "垃圾" + last
    assert exact().score(at_limit) == original_score(at_limit) != ends
    # One below, cutting would count the character in the middle twice.
    below = first[:-1] + "差" + last[1:]
    assert len(below) == 2 * WINDOW_CHARS - 1
    assert exact().score(below) == original_score(below)


@pytest.mark.parametrize("filler", ["", "，"], ids=["one run", "many runs"])
def test_the_cost_of_a_text_is_linear_in_its_length(filler: str) -> None:
    chance = Random(11)

    def seconds(length: int) -> float:
        best = float("inf")
        for _ in range(3):
            # Never the same twice, so no cache helps; only characters that the model knows.
            chars = chance.choices("的了是我不你好在有这个们客服快递退款货单什么时候到没", k=length)
            text = "".join(char + filler * (n % 7 == 6) for n, char in enumerate(chars))[:length]
            start = process_time()
            exact().score(text)
            best = min(best, process_time() - start)
        return best

    seconds(MAX_SCORED_CHARS)  # pairs and triples are known from here on
    # Ten times the length; quadratic cost would be a hundred times.
    assert seconds(MAX_SCORED_CHARS) < 35 * seconds(MAX_SCORED_CHARS // 10)
    # What is allowed at most in an event costs no more than the window does.
    assert seconds(MAX_TEXT_CHARS) < 3 * seconds(MAX_SCORED_CHARS)


def test_what_was_scored_before_does_not_change_a_score() -> None:
    texts = SERVICE + TRADITIONAL + ODD
    expected = [fresh().score(text) for text in texts[:20]]
    scorer = fresh(cached_runs=2)
    for _ in range(2):
        for text in reversed(texts):
            scorer.score(text)
        assert [scorer.score(text) for text in texts[:20]] == expected


def test_the_cache_of_runs_holds_no_more_than_its_bound() -> None:
    scorer = fresh(cached_runs=8)
    for text in SERVICE:
        scorer.score(text)
    assert scorer._run.cache_info().currsize == 8


def test_a_run_is_cut_into_the_same_words_as_in_the_package() -> None:
    runs = ["".join(filter(lambda c: "\u4e00" <= c <= "\u9fa5", t)) for t in SERVICE + TRADITIONAL]
    for run in filter(None, runs):
        assert exact()._segmenter.words(run) == original_words(run), run


def test_where_no_tagging_is_possible_the_first_wins_as_in_the_package() -> None:
    # Two unseen characters after one that is never a word by itself leave no possible state: from
    # there on all scores are minus infinity, and only the order of ties decides.
    data = model_data().segmentation
    never_alone = [
        char
        for char, n in data.ids.items()
        if "\u4e00" <= char <= "\u9fa5" and not data.uni[n * 4 + 3]
    ]
    assert len(never_alone) > 100
    for number, text in enumerate(SERVICE):
        tail = "".join(char for char in text if "\u4e00" <= char <= "\u9fa5")
        run = never_alone[number * 3] + "龘靐" + tail
        assert exact()._segmenter.words(run) == original_words(run), run


def test_of_sums_that_are_equal_only_by_rounding_the_first_wins() -> None:
    chance = Random(5)
    by_rounding = 0
    for _ in range(500):
        # At 2**54 floats are 4 apart (beyond it): adding less than that often rounds to a tie.
        scores = [-(2.0**54) - 4 * chance.randrange(3) for _ in range(16)]
        rows = tuple(float(-chance.choice((1, 3, 5, 6, 7, 2**60))) for _ in range(16))
        expected, origins = [], []
        for state, row in enumerate(rows):
            four = scores[(state & 3) * 4 : (state & 3) * 4 + 4]
            sums = [score + row for score in four]
            expected.append(max(sums))
            origins.append(sums.index(max(sums)))
            by_rounding += origins[-1] != four.index(max(four))
        assert _step(scores, rows) == (expected, origins)
    assert by_rounding > 100


def test_converting_and_scoring_never_imports_the_package() -> None:
    code = (
        "import sys\n"
        "from pipeline.sentiment.snownlp_exact import ExactSnowNLP\n"
        "from pipeline.sentiment.snownlp_model import read_model\n"
        "ExactSnowNLP.of(read_model()).score('服务态度太差了')\n"
        "sys.exit('snownlp' in sys.modules)\n"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_scorer_made_of_a_model_is_named_by_it_and_scores_as_the_tested_one() -> None:
    made = ExactSnowNLP.of(model_data())
    assert made.name == "snownlp-0.12.3"
    assert all(made.score(text) == exact().score(text) for text in SERVICE)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package's model files."""
    for name in HASHES:
        (tmp_path / name).parent.mkdir()
        shutil.copy(package_folder() / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", sorted(HASHES))
def test_a_model_file_with_one_changed_byte_is_refused_by_name_and_hash(
    package: Path, name: str
) -> None:
    content = bytearray((package / name).read_bytes())
    content[len(content) // 2] ^= 1
    (package / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=name) as caught:
        read_model(package)
    assert caught.value.reason == "file_changed"
    assert HASHES[name] in str(caught.value)


@pytest.mark.parametrize("name", sorted(HASHES))
def test_a_missing_model_file_is_one_clear_error(package: Path, name: str) -> None:
    (package / name).unlink()
    with pytest.raises(ModelFileError, match=name) as caught:
        read_model(package)
    assert caught.value.reason == "file_unreadable"


def test_foreign_bytes_are_never_unpacked(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package / "sentiment/sentiment.marshal.3").write_bytes(marshal.dumps({"total": 1, "d": {}}))
    unpacked: list[bytes] = []
    monkeypatch.setattr(gzip, "decompress", unpacked.append)
    monkeypatch.setattr(marshal, "loads", unpacked.append)
    with pytest.raises(ModelFileError):
        read_model(package)
    assert unpacked == []


def test_a_missing_package_is_one_clear_error_that_names_the_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snownlp_model, "find_spec", lambda name: None)
    with pytest.raises(ModelFileError, match=r"snownlp==0\.12\.3") as caught:
        read_model()
    assert caught.value.reason == "package_missing"
