"""What the messages say, in Chinese and in English."""

from dataclasses import dataclass

from kefu.notify.config import Language


@dataclass(frozen=True)
class Words:
    """One language. Fields with `{}` are filled in with `str.format`."""

    suffix: str
    """Of annotations in this language: `summary_zh`; without one, `summary` is taken."""
    firing: str
    resolved: str
    more: str
    queue: str
    began: str
    ended: str
    colon: str
    runbook: str
    dashboard: str
    long_link: str
    severities: dict[str, str]
    overflow: str
    overflow_tail: str
    test: str


ZH = Words(
    suffix="_zh",
    firing="{} 条告警",
    resolved="{} 条恢复",
    more="… 另有 {} 条",
    queue="队列",
    began="开始时间",
    ended="恢复时间",
    colon="：",
    runbook="处理手册",
    dashboard="仪表盘",
    long_link="链接过长，请见 Alertmanager",
    severities={
        "page": "呼叫",
        "ticket": "待办",
        "critical": "严重",
        "warning": "警告",
        "info": "提示",
    },
    overflow="告警过多：{} 组未逐条发送，共 {} 条告警、{} 条恢复",
    overflow_tail="请到 Alertmanager 查看全部告警。",
    test="kefu 测试消息：告警机器人工作正常",
)
EN = Words(
    suffix="_en",
    firing="{} firing",
    resolved="{} resolved",
    more="… and {} more",
    queue="Queue",
    began="Since",
    ended="Resolved at",
    colon=": ",
    runbook="Runbook",
    dashboard="Dashboard",
    long_link="link too long, see Alertmanager",
    severities={},
    overflow="Too many alerts: {} groups are not shown one by one, {} firing and {} resolved",
    overflow_tail="See Alertmanager for all of them.",
    test="kefu test message: this robot works",
)
IN: dict[Language, tuple[Words, ...]] = {"zh": (ZH,), "en": (EN,), "both": (ZH, EN)}
"""The languages of a message, in the order of their lines."""
