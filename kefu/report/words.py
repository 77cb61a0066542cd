"""Everything that the page says, in English and in Chinese. `{}` is filled in with `str.format`."""

from typing import Literal, NamedTuple

Language = Literal["en", "zh"]


class Text(NamedTuple):
    """One thing said in both languages."""

    en: str
    zh: str

    def __call__(self, language: Language, *values: object) -> str:
        """In that language, with the values filled in."""
        return (self.en if language == "en" else self.zh).format(*values)


# --- head and foot -------------------------------------------------------------------------------
KICKER = Text("Service quality · hourly check", "客服质检 · 每小时检查")
KICKER_ALL = Text("Service quality · all hours", "客服质检 · 全部时段")
TENANT = Text("tenant {}", "租户 {}")
COVERAGE = Text("scored {} of {} closed ({})", "已结束 {1} 通，已评分 {0} 通（覆盖率 {2}）")
OPENED = Text("{} opened", "新进线 {} 通")
REVISION = Text("revision {}", "第 {} 版")
HOURS = Text(
    "{} hours with traffic, {} of them corrected later",
    "共 {} 个有进线的小时，其中 {} 个后来更正过",
)
PROVISIONAL = Text("provisional", "暂定")
PROVISIONAL_WHY = Text(
    "Late events may still change these figures until {}; the newest scorecard read ends at {}.",
    "{} 之前，迟到的消息仍可能改变这些数字；已读到的最新小时截至 {}。",
)
FINAL = Text("final", "最终")
FINAL_WHY = Text("Everything has been read; nothing more can come.", "数据已全部读完，不会再变。")
SYNTHETIC = Text(
    "The export lacks times, and perhaps agents: what is missing was made up by the importer. "
    "Response figures, hours and the trend, and then the ranking, say nothing about the real "
    "service.",
    "导出的数据缺少时间（可能也缺少坐席），缺失部分由导入程序生成：响应时长、小时与趋势"
    "（以及坐席排名）不代表真实服务情况。",
)
NO_DATA = Text("no data", "无数据")
FOOT_VERSIONS = Text(
    "Judged by rules {} and policy {}; word lists {}.",
    "质检规则 {}，服务策略 {}，词表 {}。",
)
FOOT_OTHER_RULES = Text(
    "The configuration now has rules {}: the pass line is the one of today.",
    "当前配置的规则版本为 {}：合格线按当前配置显示。",
)
FOOT_MASKED = Text(
    "Quotes were masked before they were stored. n is what a share or mean is taken of.",
    "引用的原文在入库前已脱敏。n 为该比例或均值的样本数。",
)
FOOT_ENDED = Text(
    "Distribution, compliance and channels are taken of the newest summaries of the interactions "
    "that ended in this time (n = {}), everything else of the scorecards.",
    "分布、合规率与渠道差异取自本时段内结束会话的最新小结（n = {}），其余取自评分卡。",
)

# --- key figures ---------------------------------------------------------------------------------
SCORE = Text("Mean score", "平均质检分")
OF_100 = Text("of 100", "满分 100")
FAIL_RATE = Text("Below the pass line", "不合格率")
COMPLIANCE = Text("Compliance", "合规率")
COMPLIANCE_HINT = Text("no critical or major issue", "无致命、严重问题")
SERVICE_LEVEL = Text("Service level", "服务水平")
FIRST_RESPONSE = Text("First response, mean", "平均首响时长")
NEGATIVE = Text("Negative messages", "客户负面消息占比")
EMPATHY = Text("Empathy", "共情表达占比")
POSITIVE = Text("Positive language", "积极用语占比")
CSAT = Text("CSAT, mean", "满意度均分")
CSAT_NOTE = Text("n = {} ratings · {} of the closed rated", "n = {} 个评价 · 参评率 {}")
TARGET = Text("target {}", "目标 {}")
PASS_LINE = Text("pass line {}", "合格线 {}")
N = Text("n = {}", "n = {}")
N_INTERACTIONS = Text("n = {} interactions", "n = {} 通会话")
N_MESSAGES = Text("n = {} messages", "n = {} 条消息")
N_RESPONSES = Text("n = {} responses", "n = {} 次响应")
N_CUSTOMERS = Text("n = {} who waited", "n = {} 位等待的客户")

# --- sections ------------------------------------------------------------------------------------
SECTION_SCORE = Text("Score", "质检得分")
DISTRIBUTION = Text("Interactions by score", "得分分布")
QUANTILES = Text(
    "Of ten interactions one scores {} or less, half score {} or less, nine score {} or less.",
    "10% 的会话不高于 {} 分，一半不高于 {} 分，90% 不高于 {} 分。",
)
FAILED = Text("{} of {} below {} points", "{1} 通中 {0} 通低于 {2} 分")

SECTION_ISSUES = Text("Top issues", "主要问题")
ISSUES_NOTE = Text(
    "{} hits of {} rules; share is of all hits. Notes, which cost no points, come last.",
    "共 {} 次命中、{} 条规则；占比以全部命中为 100%。不扣分的提示排在最后。",
)
ISSUES_NONE = Text("No rule hit.", "没有规则命中。")
HITS = Text("{} hits", "{} 次")
HITS_ONE = Text("1 hit", "1 次")
SHARE_OF_HITS = Text("{} of all hits", "占 {}")
IN_INTERACTIONS = Text("in {} interactions", "涉及 {} 通会话")
IN_ONE = Text("in 1 interaction", "涉及 1 通会话")
NO_TEXT = Text("No text to quote: a wait, a hold or a hang-up.", "无原文可引用：等待、保持或挂断。")
MORE_ISSUES = Text("{} further rules", "其余 {} 条规则")
RULE = Text("Rule", "规则")
SEVERITY = Text("Severity", "严重程度")
COUNT = Text("Hits", "命中")
SHARE = Text("Share", "占比")
INTERACTIONS = Text("Interactions", "会话数")
AGENT = Text("Agent", "坐席")

SECTION_AGENTS = Text("Agents", "坐席")
AGENTS_NOTE = Text(
    "Ranked by mean score against the mean of all, {}. Only agents with at least {} scored "
    "interactions: {} are, {} have fewer and are not ranked. ± is twice the standard error; a mean "
    "that lies closer to that of all may be chance.",
    "按平均分与全员均值 {} 比较排名，仅计评分会话不少于 {} 通的坐席："
    "{} 人参与，{} 人不足而未排名。"
    "± 为两倍标准误，与全员均值之差在此之内可能属偶然。",
)
TO_COACH = Text("To coach", "需辅导")
TO_PRAISE = Text("To praise", "可表扬")
AGENTS_NONE = Text(
    "Nobody: no agent has enough scored interactions.", "无：没有坐席达到最少评分会话数。"
)
AGENTS_NONE_SIDE = Text("Nobody on this side of the mean.", "无人在均值的这一侧。")
SCORED = Text("Scored", "评分数")
MEAN = Text("Mean", "均分")
FAILED_SHARE = Text("Failed", "不合格")
MARGIN = Text("±", "±")
CHANCE = Text("may be chance", "可能为偶然")
MOST_FREQUENT = Text("Most frequent issue", "最常见问题")
LOWEST = Text("Begin with (score)", "建议先看（得分）")

SECTION_RESPONSE = Text("Response and service level", "响应与服务水平")
FIGURE = Text("Figure", "指标")
VALUE = Text("Value", "数值")
FIRST_RESPONSE_P90 = Text("First response, nine of ten within", "首响时长 P90")
NEXT_RESPONSE = Text("Next response, mean", "平均后续响应时长")
RESPONSE_RATE = Text("Answered within {} h", "{} 小时内响应率")
NOT_MATURED = Text("not all of that time has passed", "时限尚未全部到期")
LEVEL_OF = Text("Service level {}: {}", "服务水平 {}：{}")
FORMULAS = {
    1: Text("answered or left in time, of all", "及时接入或及时离开 ÷ 全部"),
    2: Text("answered in time, of the answered", "及时接入 ÷ 已接入"),
    3: Text("answered in time, of all", "及时接入 ÷ 全部"),
    4: Text("answered in time, of all but who left in time", "及时接入 ÷ 除及时离开者外"),
    5: Text("answered in time or left at once, of all", "及时接入或短时放弃 ÷ 全部"),
}
WITHIN = Text(
    "In time: {} s for calls, {} s for chats. Means of waits fall when customers leave: read the "
    "speed of answer beside the abandonment.",
    "及时：电话 {} 秒，在线 {} 秒。客户离开会使平均等待变短，请与放弃率一并查看。",
)
ABANDONMENT = Text("Abandoned in the queue", "排队放弃率")
SPEED_OF_ANSWER = Text("Speed of answer (ASA)", "平均接入时长（ASA）")
HANDLING = Text("Handling time of calls (AHT)", "通话平均处理时长（AHT）")
BREACHES = Text("Promised times missed", "时限超时")

SECTION_MOOD = Text("Customers and language", "客户情绪与用语")
MOOD_MEAN = Text("Mood, 0 negative … 1 positive", "情绪均值（0 负面 … 1 正面）")
TURNED = Text("Moods that fell", "情绪转负次数")
SUSTAINED = Text("Negative several turns running", "持续负面次数")
ON_SCRIPT = Text("On script", "话术使用率")
AGENT_NEGATIVE = Text("Agents' own negative tone", "坐席负面语气占比")
TOP_BOX = Text("CSAT, best rating", "满意度满分占比")
OF_CUSTOMERS = Text("of n = {} customer messages", "客户消息 n = {}")

SECTION_CHANNELS = Text("One rule, all channels", "规则在各渠道的一致性")
CHANNELS_NOTE = Text(
    "Share of the scored interactions in which a rule hit; largest gaps between channels of the "
    "same kind. Only channels with at least {} scored interactions: {}.",
    "某条规则命中的会话占已评分会话的比例，列出同类渠道间差距最大的规则；"
    "仅计评分会话不少于 {} 通的渠道：{}。",
)
CHANNELS_NONE = Text(
    "No data: it takes two channels of a kind with at least {} scored interactions each{}.",
    "无数据：需要至少两个同类渠道，且各有不少于 {} 通评分会话{}。",
)
CHANNELS_ENOUGH = Text("; enough have: {}", "；达到的渠道：{}")
GAP = Text("Gap", "差距")
POINTS = Text("{} points", "{} 个百分点")
HIGHEST = Text("Highest", "最高")
LOWEST_CHANNEL = Text("Lowest", "最低")

TREND_UNITS = {
    "hour": Text("Trend by hour", "趋势（按小时）"),
    "day": Text("Trend by day", "趋势（按天）"),
    "month": Text("Trend by month", "趋势（按月）"),
}
VOLUME = Text("Closed interactions", "结束会话数")
TREND_TABLE = Text("The same as a table", "查看表格")
TIME = Text("Time", "时间")
CLOSED = Text("Closed", "结束")

SECTION_SUBJECTS = Text("What it was about", "咨询内容")
SUBJECTS_NOTE = Text(
    "{} closed interactions; shares add up to {}.", "{} 通已结束会话，占比合计 {}。"
)
SUBJECT = Text("Subject", "分类")
PURPOSE = Text("Purpose", "来意")

SEVERITIES = {
    "critical": Text("critical", "致命"),
    "major": Text("major", "严重"),
    "minor": Text("minor", "一般"),
    "info": Text("note", "提示"),
}
SUBJECTS = {
    "product": Text("Product", "产品"),
    "product/quality": Text("quality", "质量"),
    "product/description": Text("description", "描述与规格"),
    "product/price": Text("price", "价格"),
    "product/stock": Text("stock", "库存"),
    "product/use": Text("use", "使用方法"),
    "service": Text("Service", "服务"),
    "service/attitude": Text("attitude", "态度"),
    "service/waiting": Text("waiting", "等待"),
    "service/competence": Text("competence", "专业能力"),
    "service/promise": Text("promise", "承诺兑现"),
    "process": Text("Process", "流程"),
    "process/delivery": Text("delivery", "物流配送"),
    "process/refund": Text("refund", "退换货"),
    "process/payment": Text("payment", "支付"),
    "process/invoice": Text("invoice", "发票"),
    "process/account": Text("account", "账户"),
    "process/order": Text("order", "订单"),
    "other": Text("Other", "其他"),
}
"""Of the subjects in the shipped `config/lexicons.yaml`; others are shown as they are named."""
PURPOSES = {
    "complaint": Text("Complaint", "投诉"),
    "suggestion": Text("Suggestion", "建议"),
    "consultation": Text("Consultation", "咨询"),
    "other": Text("Other", "其他"),
}
CHANNELS = {
    "wechat": Text("WeChat", "微信"),
    "web": Text("web", "网页"),
    "app": Text("app", "App"),
    "phone": Text("phone", "电话"),
    "hotline": Text("hotline", "热线"),
    "sms": Text("SMS", "短信"),
    "email": Text("e-mail", "邮件"),
    "weibo": Text("Weibo", "微博"),
    "twitter": Text("Twitter", "推特"),
}
