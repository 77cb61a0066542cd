"""Words that a supervisor wants to know of at once: authorities, publicity, law, abuse.

Each is guarded against its look-alikes: `SB` is not in `USB`, and who asks for the number of the
complaints line threatens nobody. 退款 and 注销 are plain requests and not here.
"""

import re

RISK_VERSION = "risk-1"
"""Changes with every word or guard here."""
AUTHORITIES = (
    "12315 12345 12318 12300 12321 12378 12363 12366 12393 12398 消协 消费者协会 工商局 "
    "工商投诉 市场监管 市监局 工信部 银保监 金监局 银监会 证监会 民航局 邮政管理局 教育局 "
    "卫健委 住建局 物价局 网信办 消保官 消保会 公平会 消基会 信访 黑猫投诉 纪委 质监局 "
    "交通局 金融局 电监会 行政复议 公安 经侦"
)
PUBLICITY = (
    "曝光 媒体 记者 电视台 上热搜 热搜 发抖音 发微博 发小红书 挂网上 微博见 朋友圈曝光 爆料 "
    "315 上新闻 网上见 报社 小红书见 放网上 拉横幅 上电视 开记者会 挂出来"
)
LAW = (
    "起诉 法院 法庭 律师 律师函 告你 告你们 告死 打官司 吃官司 报警 警察 派出所 仲裁 维权 "
    "退一赔三 假一赔十 索赔 立案 集体诉讼 检举 举报 申诉 消费欺诈"
)
COMPLAINTS = "投诉 差评 给你差评 一星"
ABUSE = (
    "骗子 诈骗 骗钱 骗我 骗人 黑心 黑店 奸商 无良 流氓 土匪 强盗 垃圾 混蛋 王八蛋 傻逼 傻b "
    "煞笔 脑残 智障 白痴 废物 不要脸 他妈的 你妈 尼玛 妈的 nmsl tmd cnm wtf 狗屁 放屁 去死 "
    "滚蛋 人肉 砸店 砸了 弄死 不得好死 草泥马 有病 神经病 坑货 人渣 畜生 饭桶 吸血鬼 传销 "
    "性骚扰 跳楼 不活了 辣鸡"
)
_LATIN = ("sb", "mlgb", "nmd")
_GUARDED = {
    "12315": r"(?<!\d)12315(?!\d)",
    "315": r"(?<!\d)315(?![\d元块号房室层楼包升毫米斤克])",
    "举报": r"举报(?!电话|热线|渠道|邮箱|入口|平台|功能|按钮)",
    "投诉": (
        r"(?<!无)(?<!被)投诉"
        r"(?!电话|热线|渠道|邮箱|入口|平台|流程|怎么走|进度|编号|单号|的?号码)"
    ),
    "差评": r"(?<!没有)(?<!恶意)差评(?!率|回复|管理)",
    "垃圾": r"垃圾(?!桶|袋|分类|箱|费|清运|短信|邮件|处理|站|车|房|篓)",
    "废物": r"废物(?!利用|处理)",
    "警察": r"(?<!交通)警察(?!证)",
    "报警": r"(?<!自动)(?<!器)(?<!在)报警(?!器|灯|声|音|提示|系统|装置|代码)",
    "律师": r"(?<!做)律师(?!费险|证|执业)",
    "有病": r"(?:你|你们|脑子|是不是|他)有病",
    "维权": r"维权(?!中心电话)",
    "申诉": r"申诉(?=你|到)",
    "媒体": r"(?<!流)(?<!多)(?<!自)媒体(?!播放|文件|账号|运营|查询|库)",
    "法院": r"法院(?!路|站|附近)",
    "滚": r"(?:^|[,.!?叫让你给])滚(?=$|[,.!?蛋开吧出])",
    "去死": r"去死(?!皮|角质)",
    "一星": r"(?:打|给)(?:你们?)?一星",
}
_PLAIN = [
    word
    for word in f"{AUTHORITIES} {PUBLICITY} {LAW} {COMPLAINTS} {ABUSE}".split()
    if word not in _GUARDED
]
_PATTERNS = {word: re.escape(word) for word in _PLAIN if not word.isdigit() and not word.isascii()}
_PATTERNS |= {word: rf"(?<!\d){word}(?!\d)" for word in _PLAIN if word.isdigit()}
_PATTERNS |= {
    word: rf"(?<![a-z0-9]){word}(?![a-z0-9])"
    for word in (*_LATIN, *(word for word in _PLAIN if word.isascii() and word.isalpha()))
}
_PATTERNS |= _GUARDED
_STARTS = frozenset(word[:2] for word in _PATTERNS if not word[0].isdigit())
"""Every match has one of these in it; checking for them is much cheaper than the search."""
_RISK = re.compile(
    "|".join(_PATTERNS[word] for word in sorted(_PATTERNS, key=lambda word: -len(word)))
)
_NUMBER = re.compile("12[0-9]{3}|315")


def risk_words(normal: str, seen: set[str]) -> tuple[str, ...]:
    """The risk words of a normalised text in order, each once, as they are written there.

    `seen` are its grams (`pipeline.sentiment.grams`).
    """
    if _STARTS.isdisjoint(seen) and not ("0" in seen and _NUMBER.search(normal)):
        return ()
    return tuple(dict.fromkeys(word.strip(",.!?叫让给") for word in _RISK.findall(normal)))
