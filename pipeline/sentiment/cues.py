"""Cue words that say what a service text is about, where the bare SnowNLP score cannot.

At the usual cuts SnowNLP calls about half of all ordinary service chat negative ("好的", "在吗", an
order number). So a text counts as negative or positive only where a cue word says so; the score
settles texts with cues of both kinds.
"""

import re
from typing import NamedTuple

from schemas.outputs import SentimentLabel

CUES_VERSION = "cues-1"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NEGATIVE = _words(
    "差评 垃圾 太差 很差 差劲 恶心 骗子 欺骗 骗人 坑人 气死 生气 愤怒 无语 失望 烦死 "
    "烦人 受不了 忍无可忍 过分 太慢 这么慢 什么态度 态度差 态度恶劣 不负责 推卸 推脱 "
    "敷衍 糊弄 忽悠 耍我 浪费时间 后悔 不满 投诉 举报 曝光 起诉 维权 退一赔三 霸王条款 "
    "没人管 没人理 不理人 不回复 等了半天 等了几天 等了好久 还没到 还没收到 还没发货 "
    "一直没 到底什么时候 怎么还不 坏了 破损 假货 有问题也不 再也不 凭什么 太过分 真行 "
    "呵呵 服了 搞什么 什么破 什么玩意 解决不了 不解决 欺负 可恶 无耻 丢人 操蛋 滚 "
)
_POSITIVE = _words(
    "谢谢 感谢 多谢 谢了 辛苦了 满意 很好 太好了 不错 真好 挺好 好评 赞 给力 棒 喜欢 "
    "开心 高兴 完美 贴心 耐心 热情 专业 很快 解决了 麻烦你了 点赞 五星 靠谱 放心了 "
    "感恩 "
)
_TURNED_POSITIVE = re.compile(
    "(?:不|没有?|并不|一点也?不|不太|不是很|不怎么|未)(?:" + "|".join(_POSITIVE[5:]) + ")"
)
_NEGATIVE_CUE = re.compile("|".join(map(re.escape, _NEGATIVE)))
_POSITIVE_CUE = re.compile("|".join(map(re.escape, _POSITIVE)))
_QUESTION_ABOUT = re.compile("(?:投诉|举报)(?:电话|热线|渠道|邮箱|入口|平台)")

RISK_WORDS = _words(
    "12315 12345 消协 消费者协会 工商 市场监管 曝光 起诉 法院 律师 报警 媒体 "
    "记者 微博 差评 投诉 举报 维权 "
)
_RISK = re.compile("|".join(map(re.escape, RISK_WORDS)))

_INTENTS = (
    ("asks_for_human", re.compile("转人工|轉人工|人工客服|找人工|要人工|接人工|真人")),
    ("complaint", re.compile("投诉(?!电话|热线|渠道|邮箱|入口|平台)|举报(?!电话|热线)|差评|维权")),
    ("refund", re.compile("退款|退钱|退货|退回|賠|赔")),
    ("order_status", re.compile("物流|快递|发货|到货|单号|什么时候到|派送|配送")),
)


class Reading(NamedTuple):
    """What the cues say of one text."""

    label: SentimentLabel
    intents: list[str]
    risk_words: list[str]


def read(text: str, score: float | None) -> Reading:
    """Label a text; `score` is the model's probability of positive, 0…1, or None without one."""
    risks = sorted(set(_RISK.findall(text)))
    if risks and _QUESTION_ABOUT.search(text):
        risks = [word for word in risks if word not in ("投诉", "举报")]
    intents = [name for name, pattern in _INTENTS if pattern.search(text)]
    asked = _QUESTION_ABOUT.sub("", text)
    turned = _TURNED_POSITIVE.search(asked)
    negative = bool(turned or _NEGATIVE_CUE.search(asked))
    positive = bool(_POSITIVE_CUE.search(_TURNED_POSITIVE.sub("", asked)))
    if negative and positive:
        positive = score is not None and score > 0.8
        negative = not positive
    label: SentimentLabel = "negative" if negative else "positive" if positive else "neutral"
    return Reading(label, intents, risks)
