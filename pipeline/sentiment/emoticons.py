"""The mood of emoji and of emoticons written by name (`[微笑]`, as chat programs export them)."""

GLAD, UPSET, SAD, ODD = "\ue001", "\ue002", "\ue003", "\ue004"
"""One character for each mood: glad or grateful; angry or disgusted; sad or worried; no clear one
(a bare smile may be polite, cold or mocking in Chinese chats)."""

_NAMES = {
    GLAD: (
        "呲牙 愉快 可爱 偷笑 憨笑 大笑 嘻嘻 哈哈 鼓掌 强 赞 点赞 握手 抱拳 OK ok 耶 爱心 "
        "玫瑰 鲜花 拥抱 亲亲 飞吻 色 太开心 开心 笑脸 高兴 胜利 庆祝 烟花 蛋糕 礼物 爱你 心 "
        "加油 谢谢 太阳 嘿哈"
    ),
    UPSET: (
        "发怒 怒 愤怒 生气 抓狂 咒骂 怒骂 鄙视 弱 踩 差评 便便 炸弹 菜刀 敲打 哼 左哼哼 "
        "右哼哼 白眼 吐 恶心 呕吐 再见 拜拜 拳头 折磨 衰 猪头 裂开 无语 翻白眼 骷髅 黑线 "
        "打脸 汗 流汗 冷汗 撇嘴 吓 晕"
    ),
    SAD: (
        "流泪 大哭 泪 哭 难过 委屈 快哭了 可怜 心碎 伤心 失望 悲伤 苦涩 叹气 惊恐 尴尬 捂脸 "
        "囧 凋谢 疲惫 困 允悲 泪奔 担心"
    ),
    ODD: (
        "微笑 呵呵 疑问 发呆 思考 害羞 得意 闭嘴 睡 惊讶 调皮 酷 奸笑 阴险 坏笑 嘘 机智 旺柴 "
        "吃瓜 咖啡 月亮 抠鼻 doge 二哈 允许 图片 表情 动画表情 语音 视频 文件 链接"
    ),
}
_EMOJI = {
    GLAD: (
        "😀😃😄😁😆😊😍🥰😘😗🤗🤩😋😎👍👏🙏❤🧡💛💚💙💜💕💖🌹🌸💐🎉🎁✨👌✌🤝😇🥳😂🤣☺💪🫶🆗✅⭐🌟💯"
    ),
    UPSET: ("😠😡🤬😤👎💢🖕👿😒🙄😑🤮🤢💩🔪💣😾🤡😬👊🗑☠💀😫😖😣"),
    SAD: ("😢😭😞😔😟😥😰😨😱😩😿💔🥺😓😪🥲😮‍💨😵"),
    ODD: ("🙂😏🤔😅🤷🤦😶😐🙃😳🤨🧐👀❓❔⁉‼❗"),
}
MOODS = {letter: mood for mood, letters in _EMOJI.items() for letter in letters}
"""The mood of one emoji."""
NAMED = {name: mood for mood, names in _NAMES.items() for name in names.split()} | {"": ODD}
"""The mood of a name in brackets; of one that is not here none is known: it may be a mask."""
