"""What labels and their values are called: names of a table's rows, closed sets in Chinese."""

from kefu.report.words import FORMULAS as REPORTED

LABELS = {
    "queue": ("queue", "队列"),
    "clock": ("clock", "时钟"),
    "formula": ("formula", "公式"),
}
"""Labels by which a table has its rows: English, Chinese."""

FORMULAS = {str(number): (f"{number} {t.en}", f"{number} {t.zh}") for number, t in REPORTED.items()}
"""The five definitions of the service level, as the hourly report says them: English, Chinese."""

CHINESE = {
    # agents
    "available": "空闲", "busy": "忙碌", "after_call_work": "话后处理", "away": "小休",
    "offline": "离线", "occupied": "占用",
    # the five nodes
    "intake": "受理", "triage": "分诊", "handling": "处理", "feedback": "反馈",
    "follow_up": "回访",
    # clocks
    "first_response": "首次响应", "next_response": "后续响应", "joined_response": "接入后响应",
    "answer": "接听", "long_wait": "超长等待", "hold": "保持", "silent_progress": "无进展",
    "resolution_first": "首次解决", "resolution_total": "最终解决",
    # outcomes
    "met": "按时", "breached": "超时", "cancelled": "取消", "running": "进行中",
    "answered": "接听", "abandoned": "放弃", "transferred": "转接", "held": "保持",
    "talk": "通话", "wrap_up": "话后",
    # moods, risks, quality
    "negative": "负面", "neutral": "中性", "positive": "正面", "turned": "骤降",
    "sustained_negative": "持续负面", "withdrawn": "撤回", "regulator": "监管", "legal": "法律",
    "media": "媒体", "complaint": "投诉", "suggestion": "建议", "consultation": "咨询",
    "info": "提示", "minor": "轻微", "major": "较重", "critical": "严重",
    "yes": "是", "no": "否", "other": "其他", "none": "未标明",
    # the pipeline
    "processed": "已处理", "duplicate": "重复", "replayed": "重读", "dead_letter": "死信",
}  # fmt: skip
"""A value that is not here is shown as it is: queues, channels, rules, topics."""

CLOSED = frozenset(
    {
        "state", "node", "clock", "outcome", "fate", "what", "part", "label", "risk", "purpose",
        "severity", "after_breach",
    }
)  # fmt: skip
"""Labels of which every value is in the table, or an id that needs no translation."""
