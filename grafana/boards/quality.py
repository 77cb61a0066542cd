"""Quality and sentiment: the hourly check, and how customers feel meanwhile."""

from grafana.boards.board import Board
from grafana.boards.panels import AMBER, COUNT, GREEN, PLAIN, RED, Panel, Row
from grafana.boards.queries import PLACE, QUEUE, increase, of_partition, ratio

SCORE = ((None, RED), (60, AMBER), (80, GREEN))
"""60 is the pass score that ships."""
FAILED = ((None, GREEN), (0.1, AMBER), (0.2, RED))
EMPATHY = ((None, AMBER), (0.3, GREEN))
POSITIVE = ((None, AMBER), (0.4, GREEN))
COVERAGE = ((None, RED), (0.5, AMBER), (0.9, GREEN))
RATING = ((None, RED), (0.6, AMBER), (0.8, GREEN))
NEGATIVE = ((None, GREEN), (0.2, AMBER), (0.35, RED))
HOURLY_AGE = ((None, GREEN), (7200, RED))
"""An hour is published when the next one has begun and its lateness is over."""


def share_of_messages(what: str, span: str = "1h", by: str = "") -> str:
    """Share of the agents' messages with a tone."""
    return ratio(
        increase("kefu_agent_messages_total", by, span, where=f'what="{what}",{QUEUE}'),
        increase("kefu_agent_messages_total", by, span, where=f'what="all",{QUEUE}'),
    )


def of_interactions(above: str, below: str, by: str = "", span: str = "1h") -> str:
    """Ratio of two counts of interactions."""
    return ratio(
        increase("kefu_interactions_total", by, span, where=f'what="{above}",{QUEUE}'),
        increase("kefu_interactions_total", by, span, where=f'what="{below}",{QUEUE}'),
    )


MEAN_SCORE = ratio(increase("kefu_qa_score_sum"), increase("kefu_qa_score_count"))
CSAT = ratio(increase("kefu_rating_ratio_sum_total"), increase("kefu_rated_total"))
END = "kefu_qa_scorecard_window_end_timestamp_seconds"
SCORECARD_AGE = f"scalar(max(kefu_clock_timestamp_seconds)) - max({END}{{{QUEUE}}})"


def negative(by: str = "", span: str = "1h") -> str:
    """Share of the customers' messages that read as negative."""
    return ratio(
        increase("kefu_customer_messages_total", by, span, where=f'label="negative",{PLACE}'),
        increase("kefu_customer_messages_total", by, span, where=PLACE),
    )


STATS = Row(
    ("Last hour", "最近一小时"),
    (
        Panel(
            "stat", ("Score", "质检得分"),
            ("Mean score of the interactions that closed in the last hour, out of 100; red "
             "below the pass score. It judges the service by the rules, it is not satisfaction.",
             "最近一小时结束的会话平均得分（百分制）；低于及格线为红。它按规则评服务，不等于满意"
             "度。"),
            "none", {"score": MEAN_SCORE}, (4, 4), SCORE,
        ),
        Panel(
            "stat", ("Failed", "不及格率"),
            ("Share of the scored interactions below the pass score.",
             "低于及格线的占比。"),
            "percentunit", {"failed": of_interactions("failed", "scored")}, (4, 4), FAILED,
        ),
        Panel(
            "stat", ("Coverage", "覆盖率"),
            ("Scored of closed: an interaction without a human agent has no score. A low coverage "
             "makes every share beside it speak of few.",
             "已评分／已结束；没有人工参与的不评分。覆盖率低时旁边的比例代表性差。"),
            "percentunit", {"coverage": of_interactions("scored", "closed")}, (4, 4), COVERAGE,
        ),
        Panel(
            "stat", ("Empathy", "共情率"),
            ("Share of the agents' messages with empathy, by the lexicon in config/lexicons.yaml; "
             "plans aim at 30 %. Only comparable under one lexicon version.",
             "坐席消息中含共情用语的占比（词表见 config/lexicons.yaml），目标 30%。"
             "仅同一词表版本可比。"),
            "percentunit", {"empathy": share_of_messages("empathy")}, (4, 4), EMPATHY,
        ),
        Panel(
            "stat", ("Customer rating", "客户评价"),
            ("Mean rating of the last hour, 0 to 100 % of its scale, of those who rated: few do.",
             "最近一小时客户评价均值（折算为 0–100%），只含评价者。"),
            "percentunit", {"rating": CSAT}, (4, 4), RATING,
        ),
        Panel(
            "stat", ("Scorecard age", "小时报告距今"),
            ("Event time now less the end of the last published hour. Up to an hour and the "
             "allowed lateness is normal.",
             "当前事件时间减去最近一张小时报告的结束时间；一小时加容许迟到以内属正常。"),
            "s", {"age": SCORECARD_AGE}, (4, 4), HOURLY_AGE,
        ),
    ),
)  # fmt: skip

SCORES = Row(
    ("Score and language", "得分与用语"),
    (
        Panel(
            "timeseries", ("Score by queue", "各队列得分"),
            ("Mean score of the interactions that closed in the hour up to each moment; the line "
             "is the pass score.",
             "截至每一时刻一小时内结束会话的平均得分；横线为及格线。"),
            "none",
            {"{{queue}}": ratio(increase("kefu_qa_score_sum", "queue"),
                                increase("kefu_qa_score_count", "queue"))},
            (8, 8), ((None, RED), (60, GREEN)), highest=100,
        ),
        Panel(
            "timeseries", ("Empathy", "共情率趋势"),
            ("Share of the agents' messages with empathy in the hour up to each moment; the line "
             "is the target of 30 %.",
             "截至每一时刻一小时的共情率；横线为 30% 目标。"),
            "percentunit", {("empathy", "共情"): share_of_messages("empathy")}, (8, 8),
            ((None, AMBER), (0.3, GREEN)),
        ),
        Panel(
            "timeseries", ("Positive language", "积极用语率趋势"),
            ("Share of the agents' messages with positive language in the hour up to each moment; "
             "the line is the target of 40 %. And the share by the script.",
             "截至每一时刻一小时的积极用语率；横线为 40% 目标。以及按话术的占比。"),
            "percentunit",
            {
                ("positive", "积极用语"): share_of_messages("positive_language"),
                ("by the script", "按话术"): share_of_messages("on_script"),
            },
            (8, 8), POSITIVE,
        ),
    ),
)  # fmt: skip

ISSUES = Row(
    ("Issues", "质检问题"),
    (
        Panel(
            "bargauge", ("Ten most frequent rules, 1 h", "命中最多的十条规则（1 小时）"),
            ("Hits of quality rules as first said; what late events undid is beside it.",
             "质检规则命中次数（首次判定）；撤回数见右侧。"),
            COUNT, {"{{rule}}": f"topk(10, {increase('kefu_qa_issues_total', 'rule')} > 0)"},
            (8, 9),
        ),
        Panel(
            "timeseries", ("Issues by severity", "按严重程度"),
            ("Hits in ten minutes by severity, as first said.",
             "每十分钟命中次数（首次判定），按严重程度。"),
            COUNT, {"{{severity}}": increase("kefu_qa_issues_total", "severity", "10m")},
            (8, 9), stacked=True,
        ),
        Panel(
            "bargauge", ("Withdrawn by severity, 1 h", "撤回（1 小时）"),
            ("Hits that late events undid, of all queues.", "被迟到事件撤回的命中（全部队列）。"),
            COUNT,
            {"{{severity}}": "sum by (severity) (increase(kefu_qa_withdrawn_total[1h]))"}, (4, 9),
        ),
        Panel(
            "bargauge", ("Complaints by a breach before, 1 h", "投诉前是否超时（1 小时）"),
            ("Interactions closed as complaints, by whether a deadline was missed in them "
             "before.",
             "以投诉结束的会话，按此前是否超时。"),
            COUNT, {"{{after_breach}}": increase("kefu_complaints_total", "after_breach")},
            (4, 9),
        ),
    ),
)  # fmt: skip

MOOD = Row(
    ("Mood and risk", "情绪与风险"),
    (
        Panel(
            "timeseries", ("Customer messages by mood", "客户消息情绪"),
            ("Customer messages in ten minutes by class.",
             "每十分钟客户消息，按情绪类别。"),
            COUNT,
            {"{{label}}": increase("kefu_customer_messages_total", "label", "10m", where=PLACE)},
            (8, 8), stacked=True,
        ),
        Panel(
            "timeseries", ("Negative share by queue", "各队列负面占比"),
            ("Share of the customers' messages that read as negative in the hour up to each "
             "moment. A lower bound (docs/model-card.md): compare it with its own past.",
             "截至每一时刻一小时内负面消息占比；是下限，宜与自身历史比较。"),
            "percentunit", {"{{queue}}": negative("queue")}, (8, 8), NEGATIVE,
        ),
        Panel(
            "timeseries", ("Falls and negative runs", "情绪骤降与持续负面"),
            ("Moods that fell, customers who stayed negative, and what late events took back, "
             "in ten minutes.",
             "每十分钟情绪骤降、持续负面以及撤回的次数。"),
            COUNT, {"{{what}}": increase("kefu_moods_total", "what", "10m")}, (4, 8),
        ),
        Panel(
            "bargauge", ("Risk words by class, 1 h", "风险词（1 小时）"),
            ("Customer messages with a risk word: regulator, legal, media, complaint.",
             "含风险词的客户消息：监管、法律、媒体、投诉。"),
            COUNT, {"{{risk}}": increase("kefu_risk_words_total", "risk")}, (4, 8),
        ),
    ),
)  # fmt: skip

ABOUT = Row(
    ("What it was about", "咨询内容"),
    (
        Panel(
            "bargauge", ("Subjects, 1 h", "问题分类（1 小时）"),
            ("Closed interactions by what most of the customer's messages were about, of all "
             "queues; the shares add up to 1.",
             "按客户消息的主要内容分类（全部队列），合计为 100%。"),
            "percentunit",
            {"{{subject}}": "topk(12, sum by (subject) (increase(kefu_subjects_total[1h])) / on() "
             "group_left() (sum(increase(kefu_subjects_total[1h])) > 0))"},
            (10, 9), highest=1,
        ),
        Panel(
            "bargauge", ("Purposes, 1 h", "来意（1 小时）"),
            ("Closed interactions by what the customer came for, of all queues.",
             "按客户来意（投诉、建议、咨询、其他），全部队列。"),
            "percentunit",
            {"{{purpose}}": "sum by (purpose) (increase(kefu_purposes_total[1h])) / on() "
             "group_left() (sum(increase(kefu_purposes_total[1h])) > 0)"},
            (10, 9), highest=1,
        ),
        Panel(
            "bargauge", ("Scorecards, 24 h", "小时报告（24 小时）"),
            ("Hourly scorecards published, and those published again because late events changed "
             "them: many of these, and the newest hours are provisional. The 24 hours end now; "
             "the days of reports begin at midnight of the tenant's time zone.",
             "已发布的小时报告，以及因迟到事件重新发布的；后者较多时，最近几小时只是暂定。"
             "24 小时截至当前；日报以租户时区零点为界。"),
            COUNT,
            {
                ("first", "首版"): 'sum(increase(kefu_scorecards_total{revised="no"}[24h]))',
                ("revised", "修订"): 'sum(increase(kefu_scorecards_total{revised="yes"}[24h]))',
            },
            (4, 9),
        ),
    ),
)  # fmt: skip

QUEUES = Row(
    ("By queue", "按队列"),
    (
        Panel(
            "table", ("Queues, last hour", "队列（最近一小时）"),
            ("One row a queue; the name leads to its SLA board, or narrows this one. The published "
             "columns speak of the last closed hour, the others of the last 60 minutes.",
             "每行一个队列；点击名称进入该队列的时效看板，或仅看该队列。"
             "“小时报告”列为上一个已关闭的小时，其余为最近 60 分钟。"),
            COUNT,
            {
                ("score", "得分"): ratio(increase("kefu_qa_score_sum", "queue"),
                                       increase("kefu_qa_score_count", "queue")),
                ("scored", "已评分"): increase(
                    "kefu_interactions_total", "queue", where=f'what="scored",{QUEUE}'),
                ("failed", "不及格率"): of_interactions("failed", "scored", "queue"),
                ("negative", "负面占比"): negative("queue"),
                ("empathy", "共情率"): share_of_messages("empathy", by="queue"),
                ("rating", "评价"): ratio(
                    increase("kefu_rating_ratio_sum_total", "queue"),
                    increase("kefu_rated_total", "queue")),
                ("published score", "小时报告得分"): of_partition("kefu_qa_score_points", "queue"),
                ("published coverage", "小时报告覆盖率"): of_partition(
                    "kefu_qa_share_ratio", "queue", f'share="coverage",{QUEUE}'),
            },
            (24, 10),
            columns={
                ("score", "得分"): ("none", SCORE),
                ("scored", "已评分"): (COUNT, PLAIN),
                ("failed", "不及格率"): ("percentunit", FAILED),
                ("negative", "负面占比"): ("percentunit", NEGATIVE),
                ("empathy", "共情率"): ("percentunit", EMPATHY),
                ("rating", "评价"): ("percentunit", RATING),
                ("published score", "小时报告得分"): ("none", SCORE),
                ("published coverage", "小时报告覆盖率"): ("percentunit", COVERAGE),
            },
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "kefu-quality",
    ("What quality checking finds, hour by hour, and how customers feel meanwhile.",
     "质检每小时发现了什么，客户情绪如何。"),
    refresh="1m",
    since="now-12h",
    drill_down="kefu-sla",
    rows=(STATS, SCORES, ISSUES, MOOD, ABOUT, QUEUES),
)  # fmt: skip
