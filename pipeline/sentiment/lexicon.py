"""Words of mood for service talk, written for kefu: the trained model weighs each group as a whole.

So a word that the corpus never uses still counts. None is longer than four characters, which is as
far as the model sees. Normalised spelling (`pipeline.sentiment.normalise`).
"""

from pipeline.sentiment import emoticons


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABUSE = _words(
    "垃圾 辣鸡 骗子 骗人 坑人 坑爹 坑货 无耻 可恶 恶心 混蛋 王八 傻逼 傻x 煞笔 沙雕 脑残 "
    "智障 白痴 废物 滚 妈的 他妈 特么 tmd 尼玛 你妈 狗屁 放屁 屁用 流氓 土匪 强盗 黑心 "
    "黑店 奸商 不要脸 缺德 有病 诈骗 霸王 欺诈 欺骗 欺负 耍人 耍我 玩我 忽悠 糊弄 骗我 骗钱 "
    "坑我 坑钱 烂透 渣渣 狗东西 神经病 丢人 丧良心"
)
"""Abuse and accusation."""
UPSET = _words(
    "生气 气死 气愤 愤怒 火大 恼火 窝火 来气 失望 无语 郁闷 心寒 寒心 心累 崩溃 烦死 烦人 "
    "很烦 好烦 真烦 抓狂 受不了 忍不了 受够 受够了 后悔 难受 糟心 闹心 憋屈 委屈 伤心 着急 "
    "急死 急死了 担心 害怕 焦虑 头疼 头大 不满 不爽 不开心 不高兴 不耐烦 服了 醉了 呵呵 真行 "
    "可笑 笑话 搞笑 离谱 过分 太过分 凭什么 至于吗 绝望 傻眼 吐血"
)
"""What the speaker feels."""
FAULT = _words(
    "太差 很差 真差 差劲 差评 极差 超差 好差 差死 太烂 很烂 真烂 太慢 很慢 好慢 真慢 这么慢 "
    "超慢 太贵 难吃 难喝 难用 难看 太脏 很脏 臭 馊 糟糕 糟透 态度差 敷衍 推卸 推脱 推诿 "
    "踢皮球 甩锅 不负责 没人管 没人理 不理人 不理我 不回 不回复 装死 装傻 不管 不解决 没解决 "
    "解决不了 没用 没有用 坏了 又坏 坏的 破损 碎了 漏了 少了 漏发 错发 发错 送错 假货 假的 "
    "次品 二手 过期 发霉 异味 掉漆 开裂 卡顿 闪退 死机 黑屏 乱扣 多扣 乱收 投诉 举报 曝光 "
    "起诉 维权 索赔 赔偿 上当 受骗 再也不 永不 拉黑 卸载 避雷 踩雷 差距 缩水 货不对板 "
    "偷工减料 不新鲜 不熟 太咸 太少 凉了 冷了 没熟 不好吃 不好 不行 不值 不对 有问题 什么破 "
    "浪费 白等 白跑 失误"
)
"""What went wrong, as customers say it."""
DELAY = _words(
    "还没 还没有 还不 一直没 一直不 迟迟 至今 到现在 这么久 好久了 多久了 好几天 好几次 "
    "几次了 几遍 几遍了 多少次 又是 又来 又要 又没 等了 等到 拖了 拖到 催了 半天 都没 "
    "都不 都没有 没人 就是不 老是 总是 每次 说好 说好的 不是说 明明 根本 居然 竟然 究竟 到底 "
    "怎么还 难道 何时才 天了 小时了 个月了 星期了"
)
"""Waiting, repetition, and promises not kept."""
GLAD = _words(
    "谢谢 感谢 多谢 谢了 谢啦 蟹蟹 谢谢你 谢谢您 感恩 感激 thx 3q 唔该 多谢晒 辛苦了 "
    "麻烦你了 满意 很满意 开心 高兴 喜欢 爱了 惊喜 暖心 感动 舒服 放心 放心了 安心 解决了 "
    "好了谢谢 搞定 好评 五星 点赞 赞 棒 很棒 真棒 太棒了 给力 靠谱 厉害 优秀 完美 周到 "
    "贴心 细心 耐心 热情 负责 专业 热心 真好 很好 挺好 太好了 不错 很不错 好吃 很好吃 好喝 "
    "很快 超快 真快 及时 准时 美味 实惠 划算 便宜 值得 推荐 回购 还会来 下次还 新鲜 干净 "
    "味道好 分量足 量足 态度好 服务好 质量好 包装好 速度快 人真好 人很好 祝你 祝您 爱你 "
    "么么哒 哈哈 嘻嘻"
)
"""Thanks, praise and relief."""
EMPATHY = _words(
    "理解您 非常理解 能理解 体谅 换位 着急了 别着急 别急 别担心 放心吧 请放心 您放心 我帮您 "
    "帮您 马上帮 给您 为您 我来 尽快 第一时间 跟进 心情 抱歉让 让您久等 久等了 辛苦您 感谢您 "
    "祝您 亲亲 生活愉快 荣幸"
)
"""Warmth, or the formulas of it, of an agent."""

GROUPS = {
    "abuse": ABUSE,
    "upset": UPSET | {emoticons.UPSET, emoticons.SAD},
    "fault": FAULT,
    "delay": DELAY,
    "glad": GLAD | {emoticons.GLAD},
    "empathy": EMPATHY,
}
"""Every group by name; the model has one weight of each for each of its outputs."""
INTENSIFIERS = _words(
    "太 很 真 超 好 极 特别 非常 十分 实在 简直 完全 根本 绝对 死了 透了 到底 一点都 一点也 彻底"
)
"""What makes a mood stronger."""
NEGATIONS = frozenset("不没别未无莫勿非")
"""Characters that turn a mood round."""
