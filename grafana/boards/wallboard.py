"""The wallboard: what happens now, for the people who can still do something about it."""

from grafana.boards.board import Board
from grafana.boards.panels import AMBER, COUNT, GREEN, PLAIN, RED, Panel, Row
from grafana.boards.queries import (
    CLOCK,
    DATA_AGE,
    NOBODY,
    PLACE,
    QUEUE,
    SINCE,
    WAITING,
    increase,
    of_partition,
    ratio,
)

AGE = ((None, GREEN), (15, AMBER), (30, RED))
WAIT = ((None, GREEN), (30, AMBER), (120, "dark-orange"), (210, RED))
"""30 s: the P1 lane; 120 s: under 25; 210 s: everybody's first response."""
LEVEL = ((None, RED), (0.8, AMBER), (0.95, GREEN))
SHARE_BAD = ((None, GREEN), (0.2, AMBER), (0.35, RED))
SOME_BAD = ((None, GREEN), (1, AMBER), (10, RED))

BREACHED_15M = increase("kefu_sla_total", span="15m", where=f'outcome="breached",{PLACE}')
NEGATIVE = increase("kefu_customer_messages_total", span="30m", where=f'label="negative",{PLACE}')
HEARD = increase("kefu_customer_messages_total", span="30m", where=PLACE)
NUMERATOR = of_partition("kefu_interval_service_level_numerator", "", f'formula="$formula",{QUEUE}')
DENOMINATOR = of_partition(
    "kefu_interval_service_level_denominator", "", f'formula="$formula",{QUEUE}'
)
OCCUPIED = increase("kefu_agent_time_seconds_total", span="30m", where=f'state="occupied",{QUEUE}')
SIGNED_IN = increase("kefu_agent_time_seconds_total", span="30m")

NOW = Row(
    ("Now", "现在"),
    (
        Panel(
            "stat", ("Waiting now", "等待人数"),
            ("Customers who wait for a human now. In a hand-over between workers a partition "
             "counts once. Too low while the data age is red: what nobody reads is not in it.",
             "正在等待人工回复的客户数；分区交接期间不重复计数。"
             "“数据延迟”为红时偏低：未被处理的分区不在其中。"),
            COUNT, {"waiting": f"sum({WAITING}) or {NOBODY}"}, (3, 4),
        ),
        Panel(
            "stat", ("Longest wait", "最长等待"),
            ("Event time now less the beginning of the longest present wait. Amber from 30 s (P1 "
             "lane), red from 210 s. It stands still with the data: look at the data age first.",
             "当前事件时间减去最早未回复的开始时间。30 秒（P1 快线）起橙色，210 秒起红色。"
             "数据停更时该值也会停，请先看“数据延迟”。"),
            "s", {"longest": f"clamp_min({CLOCK} - min({SINCE}), 0) or {NOBODY}"}, (4, 4), WAIT,
        ),
        Panel(
            "stat", ("Service level, last half hour", "服务水平（上一半小时）"),
            ("Of the last closed half hour, by the formula chosen above: they differ by several "
             "points.",
             "上一个已关闭的半小时，按上方所选公式；不同公式可相差数个百分点。"),
            "percentunit", {"service level": ratio(NUMERATOR, DENOMINATOR)}, (4, 4), LEVEL,
        ),
        Panel(
            "stat", ("Service level: of how many", "服务水平：分子与分母"),
            ("The two sides of the service level beside it, by the formula chosen above. Of fewer "
             "than 10 it says little.",
             "左侧服务水平的分子与分母（按上方所选公式）；分母少于 10 时参考意义不大。"),
            COUNT, {("in time", "达标"): NUMERATOR, ("of all", "总数"): DENOMINATOR}, (4, 4),
        ),
        Panel(
            "stat", ("Breaches, 15 min", "超时（15 分钟）"),
            ("Waits that passed their target in the last 15 minutes, of all clocks; corrections "
             "are not taken off.",
             "最近 15 分钟内超过目标的等待（所有时钟），不扣除事后更正。"),
            COUNT, {"breaches": BREACHED_15M}, (3, 4), SOME_BAD,
        ),
        Panel(
            "stat", ("Negative, 30 min", "负面占比（30 分钟）"),
            ("Share of the customers' messages that read as negative. A lower bound: see the "
             "model card.",
             "客户消息中判为负面的占比；是下限，见模型说明。"),
            "percentunit", {"negative": ratio(NEGATIVE, HEARD)}, (3, 4), SHARE_BAD,
        ),
        Panel(
            "stat", ("Data age", "数据延迟"),
            ("How long ago the partition that has waited longest was refreshed; an hour is an hour "
             "or more, or never. Red: do not trust this board, see Pipeline health.",
             "最久未刷新的分区距今多久；1 小时表示一小时以上或从未有数据。"
             "红色：本看板不可信，请看“管道健康”。"),
            "s", {"age": DATA_AGE}, (3, 4), AGE,
        ),
    ),
)  # fmt: skip

WAITS = Row(
    ("Who waits, who works", "等待与坐席"),
    (
        Panel(
            "timeseries", ("Waiting by queue", "各队列等待人数"),
            ("Customers who wait for a human, by queue; a gap is time that no worker showed.",
             "各队列正在等待人工的客户数；断线处为无工作进程上报的时间。"),
            COUNT, {"{{queue}}": f"sum by (queue) ({WAITING})"}, (8, 8), stacked=True,
        ),
        Panel(
            "bargauge", ("Waiting by priority", "各优先级等待人数"),
            ("Customers who wait for a human, by priority; P1 is the fast lane.",
             "各优先级正在等待人工的客户数；P1 为快线。"),
            COUNT, {"{{priority}}": f"sum by (priority) ({WAITING})"}, (4, 8),
        ),
        Panel(
            "bargauge", ("Longest wait by queue", "各队列最长等待"),
            ("Event time now less the beginning of the queue's longest present wait; amber from "
             "30 s, red from 210 s. A queue where nobody waits is not shown.",
             "当前事件时间减去该队列最早未回复的开始时间；30 秒起橙色，210 秒起红色。"
             "无人等待的队列不显示。"),
            "s", {"{{queue}}": f"clamp_min({CLOCK} - min by (queue) ({SINCE}), 0)"}, (4, 8), WAIT,
        ),
        Panel(
            "bargauge", ("Agents by state", "坐席状态"),
            ("Human agents of these queues by what they do now; only those whose presence is told.",
             "这些队列的人工坐席当前状态；仅统计有状态上报的坐席。"),
            COUNT, {"{{state}}": of_partition("kefu_agents", "state")}, (4, 8),
        ),
        Panel(
            "stat", ("Occupancy, 30 min", "利用率（30 分钟）"),
            ("Time occupied of the time signed in, of the agents whose presence is known. Above "
             "85 % for long wears people out.",
             "坐席忙碌时间占在线时间的比例（仅统计有状态上报的坐席）。长期高于 85 % 不可持续。"),
            "percentunit", {"occupancy": ratio(OCCUPIED, SIGNED_IN)}, (4, 8),
            ((None, GREEN), (0.85, AMBER), (0.95, RED)),
        ),
    ),
)  # fmt: skip

FLOW = Row(
    ("Flow", "流量"),
    (
        Panel(
            "timeseries", ("Opened and closed", "进线与结束"),
            ("Interactions opened and closed in five minutes.",
             "每五分钟新开与结束的会话、通话数。"),
            COUNT,
            {
                ("opened", "进线"): increase(
                    "kefu_interactions_total", span="5m", where=f'what="opened",{QUEUE}'),
                ("closed", "结束"): increase(
                    "kefu_interactions_total", span="5m", where=f'what="closed",{QUEUE}'),
            },
            (8, 8),
        ),
        Panel(
            "timeseries", ("Decisions, 5 min", "时效判定（5 分钟）"),
            ("Waits that ended in time, passed their target, or came near it, as first said; what "
             "late events took back is on the SLA board.",
             "按时、超时、预警的次数（首次判定）；被迟到事件推翻的见时效看板。"),
            COUNT,
            {
                ("met", "按时"): increase(
                    "kefu_sla_total", span="5m", where=f'outcome="met",{PLACE}'),
                ("breached", "超时"): increase(
                    "kefu_sla_total", span="5m", where=f'outcome="breached",{PLACE}'),
                ("warned", "预警"): increase("kefu_sla_warnings_total", span="5m"),
            },
            (8, 8),
        ),
        Panel(
            "bargauge", ("Nodes reached, 1 h", "到达节点（1 小时）"),
            ("How often conversations came to each of the five nodes.",
             "一小时内到达受理、分诊、处理、反馈、回访各节点的次数。"),
            COUNT, {"{{node}}": increase("kefu_node_reached_total", "node")}, (4, 8),
        ),
        Panel(
            "bargauge", ("Dwell by node, 1 h", "节点停留（1 小时）"),
            ("Mean length of the visits to a node that ended.",
             "一小时内结束的节点平均停留时长。"),
            "s",
            {
                "{{node}}": ratio(
                    increase("kefu_node_seconds_total", "node"),
                    increase("kefu_node_visits_total", "node"),
                )
            },
            (4, 8),
        ),
    ),
)  # fmt: skip

QUEUES = Row(
    ("By queue", "按队列"),
    (
        Panel(
            "table", ("Queues now", "队列现状"),
            ("One row a queue; the name leads to its SLA board, or narrows this one. Counts and "
             "shares are of the last hour.",
             "每行一个队列；点击名称进入该队列的时效看板，或仅看该队列。计数与占比为最近一小时。"),
            COUNT,
            {
                ("waiting", "等待"): f"sum by (queue) ({WAITING})",
                ("longest wait", "最长等待"):
                    f"clamp_min({CLOCK} - min by (queue) ({SINCE}), 0)",
                ("breaches, 1 h", "超时（1 小时）"): increase(
                    "kefu_sla_total", "queue", where=f'outcome="breached",{PLACE}'),
                ("opened, 1 h", "进线（1 小时）"): increase(
                    "kefu_interactions_total", "queue", where=f'what="opened",{QUEUE}'),
                ("negative, 1 h", "负面占比（1 小时）"): ratio(
                    increase("kefu_customer_messages_total", "queue",
                             where=f'label="negative",{PLACE}'),
                    increase("kefu_customer_messages_total", "queue", where=PLACE)),
            },
            (24, 10),
            columns={
                ("waiting", "等待"): (COUNT, PLAIN),
                ("longest wait", "最长等待"): ("s", WAIT),
                ("breaches, 1 h", "超时（1 小时）"): (COUNT, SOME_BAD),
                ("opened, 1 h", "进线（1 小时）"): (COUNT, PLAIN),
                ("negative, 1 h", "负面占比（1 小时）"): ("percentunit", SHARE_BAD),
            },
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "kefu-wallboard",
    ("Who waits now, whether promises are kept, and whether the numbers can be trusted.",
     "现在谁在等、承诺是否兑现、数据是否可信。"),
    refresh="5s",
    since="now-3h",
    drill_down="kefu-sla",
    rows=(NOW, WAITS, FLOW, QUEUES),
    has_formula=True,
)  # fmt: skip
