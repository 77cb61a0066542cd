"""SLA and breaches: how long customers wait, by every reading of it."""

from grafana.boards.board import Board
from grafana.boards.panels import AMBER, COUNT, GREEN, PLAIN, RED, Panel, Row, Text
from grafana.boards.queries import (
    CHANNEL,
    KEPT_CLOCKS,
    PLACE,
    QUEUE,
    increase,
    interval,
    quantile,
    ratio,
)
from grafana.boards.service_level import HANDLING, LEVEL, LEVELS

TARGET = ((None, GREEN), (210, RED))
BREACHED_BAD = ((None, GREEN), (1, AMBER))
MET = f'outcome="met",{PLACE}'
BREACHED = f'outcome="breached",{PLACE}'
FIRST = f'clock="first_response",{QUEUE}'
NEXT = f'clock="next_response",{QUEUE}'


def decided(outcome: str, by: str = "", span: str = "1h") -> str:
    """Decisions with one outcome."""
    return increase("kefu_sla_total", by, span, where=outcome)


def kept(by: str = "") -> str:
    """Share of the decisions that were met, of clocks that can be."""
    met = decided(f"{MET},{KEPT_CLOCKS}", by)
    return ratio(met, f"({met} + {decided(f'{BREACHED},{KEPT_CLOCKS}', by)})")


def first_by_priority(outcome: str = "") -> str:
    """Decisions about the first response in the last hour."""
    where = f'{outcome}clock="first_response",{CHANNEL}'
    return increase("kefu_sla_by_priority_total", "priority", where=where)


def responses(clock: str) -> dict[Text | str, str]:
    """Median, ninth tenth and 99th hundredth of a response time."""
    return {
        f"p{round(share * 100)}": quantile(share, "kefu_response_seconds", clock)
        for share in (0.5, 0.9, 0.99)
    }


def within(seconds: str, where: str) -> str:
    """Share of the answers of the last hour that came within a bound of the buckets."""
    return ratio(
        increase("kefu_response_seconds_bucket", where=f'le="{seconds}",{where}'),
        increase("kefu_response_seconds_count", where=where),
    )


STATS = Row(
    ("Last hour", "最近一小时"),
    (
        Panel(
            "stat", ("Promises kept", "按时率"),
            ("Met / (met + breached) of all clocks but the alarms, which never say met; as first "
             "said: corrections are beside it.",
             "按时 /（按时 + 超时），不含只报超时的告警时钟；首次判定，更正数见右侧。"),
            "percentunit", {"kept": kept()}, (4, 4), LEVEL,
        ),
        Panel(
            "stat", ("Breaches", "超时"),
            ("Waits that passed their target, of all clocks, as first said.",
             "超过目标的等待次数（所有时钟，首次判定）。"),
            COUNT, {"breaches": decided(BREACHED)}, (4, 4), BREACHED_BAD,
        ),
        Panel(
            "stat", ("Warnings", "预警"),
            ("Waits that came near their target; most are answered then, if someone looks.",
             "接近目标的等待次数；及时处理多数可避免超时。"),
            COUNT, {"warnings": increase("kefu_sla_warnings_total")}, (4, 4),
        ),
        Panel(
            "stat", ("Corrections", "更正"),
            ("Statements that late events took back. Many: a source delivers late, and the "
             "counters beside it are provisional.",
             "被迟到事件推翻的判定。若较多，说明来源迟到，旁边的计数只是暂定。"),
            COUNT, {"corrections": "sum(increase(kefu_sla_corrections_total[1h]))"}, (4, 4),
        ),
        Panel(
            "stat", ("Answered within 210 s", "210 秒内响应"),
            ("Share of the first and of the next responses within 3.5 minutes, exact: 210 s is a "
             "bound of the buckets. Waits without an answer are not in it: see the breaches.",
             "3.5 分钟内的首次、后续响应占比；210 秒是直方图边界，所以是准确值。"
             "未回复者不在其中，见超时。"),
            "percentunit",
            {("first", "首次"): within("210.0", FIRST), ("next", "后续"): within("210.0", NEXT)},
            (4, 4), LEVEL,
        ),
        Panel(
            "stat", ("Speed of answer, 30 min", "平均应答速度（30 分钟）"),
            ("ASA: mean wait of those who queued and were answered. It falls when customers leave: "
             "read it beside the abandonment.",
             "ASA：排队并被接听者的平均等待。客户放弃会使其变小，请与放弃率同看。"),
            "s", {"ASA": ratio(
                increase("kefu_contact_wait_seconds_total", span="30m"),
                increase("kefu_contacts_total", span="30m", where=f'fate="answered",{QUEUE}'))},
            (4, 4), ((None, GREEN), (20, AMBER), (60, RED)),
        ),
    ),
)  # fmt: skip

TIMES = Row(
    ("Response and resolution", "响应与解决"),
    (
        Panel(
            "timeseries", ("First response", "首次响应"),
            ("Half, nine tenths and 99 hundredths of the first answers came within this; the "
             "line is the 210 s target.",
             "首次响应时长的 p50、p90、p99；横线为 210 秒目标。"),
            "s", responses(FIRST), (8, 8), TARGET,
        ),
        Panel(
            "timeseries", ("Next response", "后续响应"),
            ("The same of every later turn of a customer, from the first message that was left "
             "without an answer.",
             "客户后续每轮提问的响应时长（从该轮第一条未回复的消息算起）。"),
            "s", responses(NEXT), (8, 8), TARGET,
        ),
        Panel(
            "timeseries", ("Resolution", "解决时长"),
            ("Mean time to the first and to the last resolution of what closed in the hour up "
             "to each moment. The line is 8 hours, the target of complaints.",
             "截至每一时刻一小时内结束者的平均解决时长（首次解决、最终解决）；横线为投诉的 8 小"
             "时目标。"),
            "s", {
                "{{clock}}": ratio(
                    increase("kefu_resolution_seconds_sum", "clock"),
                    increase("kefu_resolution_seconds_count", "clock"),
                )
            }, (8, 8),
            ((None, GREEN), (28800, RED)),
        ),
    ),
)  # fmt: skip

BREACHES = Row(
    ("Breaches", "超时分布"),
    (
        Panel(
            "timeseries", ("Breaches by clock", "按时钟"),
            ("Breaches in five minutes, by clock; docs/clocks.md says what each measures.",
             "每五分钟的超时次数，按时钟；含义见 docs/clocks.md。"),
            COUNT, {"{{clock}}": decided(BREACHED, "clock", "5m") + " > 0"}, (8, 8), stacked=True,
        ),
        Panel(
            "bargauge", ("By queue, 1 h", "按队列（1 小时）"),
            ("Breaches of the last hour by queue, as first said.",
             "最近一小时各队列的超时次数（首次判定）。"),
            COUNT, {"{{queue}}": decided(BREACHED, "queue")}, (4, 8),
        ),
        Panel(
            "bargauge", ("By channel, 1 h", "按渠道（1 小时）"),
            ("Breaches of the last hour by channel, as first said.",
             "最近一小时各渠道的超时次数（首次判定）。"),
            COUNT, {"{{channel}}": decided(BREACHED, "channel")}, (4, 8),
        ),
        Panel(
            "bargauge", ("By priority, 1 h", "按优先级（1 小时）"),
            ("Breaches of the last hour by priority, of all queues.",
             "最近一小时各优先级的超时次数（全部队列）。"),
            COUNT,
            {"{{priority}}": increase("kefu_sla_by_priority_total", "priority",
                                      where=f'outcome="breached",{CHANNEL}')},
            (4, 8),
        ),
        Panel(
            "bargauge", ("Corrections by outcome, 1 h", "更正结果（1 小时）"),
            ("What late events showed to be true instead, of all queues.",
             "迟到事件表明的真实结果（全部队列）。"),
            COUNT,
            {"{{outcome}}": "sum by (outcome) (increase(kefu_sla_corrections_total[1h]))"}, (4, 8),
        ),
    ),
)  # fmt: skip

CLOCKS = Row(
    ("By clock, channel and priority, last hour", "按时钟、渠道、优先级（最近一小时）"),
    (
        Panel(
            "table", ("Decisions by clock", "各时钟的判定"),
            ("What was decided by each clock, as first said, and what late events corrected "
             "(these of all queues). docs/clocks.md says what each measures; alarms have no met.",
             "各时钟的判定（首次判定），以及迟到事件的更正（全部队列）。各时钟含义见 "
             "docs/clocks.md；告警时钟没有“按时”。"),
            COUNT,
            {
                ("met", "按时"): decided(MET, "clock"),
                ("breached", "超时"): decided(BREACHED, "clock"),
                ("kept", "按时率"): kept("clock"),
                ("warned", "预警"): increase("kefu_sla_warnings_total", "clock"),
                ("corrected", "更正"): "sum by (clock) (increase(kefu_sla_corrections_total[1h]))",
            },
            (12, 11),
            columns={
                ("met", "按时"): (COUNT, PLAIN),
                ("breached", "超时"): (COUNT, BREACHED_BAD),
                ("kept", "按时率"): ("percentunit", LEVEL),
                ("warned", "预警"): (COUNT, PLAIN),
                ("corrected", "更正"): (COUNT, PLAIN),
            },
            rows_by="clock",
        ),
        Panel(
            "bargauge", ("First response p90 by channel", "各渠道首响 p90"),
            ("Nine tenths of the first answers came within this, of all queues; a quantile between "
             "the bounds of its bucket. Empty: nobody was answered there.",
             "九成首次响应在此时长内（全部队列），为所在直方图区间内的估计。空白：无人被响应。"),
            "s",
            {"{{channel}}": "histogram_quantile(0.9, " + increase(
                "kefu_response_by_channel_seconds_bucket", "le,channel",
                where=f'clock="first_response",{CHANNEL}') + ")"},
            (6, 11), TARGET,
        ),
        Panel(
            "bargauge", ("First response in time, by priority", "各优先级首响按时率"),
            ("Met / (met + breached) of the first response, each priority by its own target (P1: "
             "30 s as shipped), of all queues, as first said.",
             "首次响应的按时 /（按时 + 超时），各优先级按各自目标（P1 出厂为 30 秒）；全部队列，"
             "首次判定。"),
            "percentunit",
            {"{{priority}}": ratio(first_by_priority('outcome="met",'), first_by_priority())},
            (6, 11), LEVEL, highest=1,
        ),
    ),
)  # fmt: skip

QUEUES = Row(
    ("By queue", "按队列"),
    (
        Panel(
            "table", ("Queues, last hour", "队列（最近一小时）"),
            ("One row a queue; the name leads to its quality board, or narrows this one. The "
             "service level is of the last closed half hour, by the first formula, of so many.",
             "每行一个队列；点击名称进入该队列的质检看板，或仅看该队列。"
             "服务水平为上一个已关闭的半小时（公式 1）及其分母。"),
            COUNT,
            {
                ("met", "按时"): decided(MET, "queue"),
                ("breached", "超时"): decided(BREACHED, "queue"),
                ("kept", "按时率"): kept("queue"),
                ("first response p90", "首响 p90"):
                    "histogram_quantile(0.9, sum by (le,queue) "
                    f"(increase(kefu_response_seconds_bucket{{{FIRST}}}[1h])))",
                ("service level 1", "服务水平 1"): ratio(
                    interval("kefu_interval_service_level_numerator", "queue", 'formula="1"'),
                    interval("kefu_interval_service_level_denominator", "queue", 'formula="1"')),
                ("of", "总数"):
                    interval("kefu_interval_service_level_denominator", "queue", 'formula="1"'),
            },
            (24, 10),
            columns={
                ("met", "按时"): (COUNT, PLAIN),
                ("breached", "超时"): (COUNT, BREACHED_BAD),
                ("kept", "按时率"): ("percentunit", LEVEL),
                ("first response p90", "首响 p90"): ("s", TARGET),
                ("service level 1", "服务水平 1"): ("percentunit", LEVEL),
                ("of", "总数"): (COUNT, PLAIN),
            },
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "kefu-sla",
    ("How long customers wait, which promises were broken, and what late events corrected.",
     "客户等待多久、哪些承诺未兑现、哪些判定被更正。"),
    refresh="30s",
    since="now-6h",
    drill_down="kefu-quality",
    rows=(STATS, TIMES, BREACHES, LEVELS, HANDLING, CLOCKS, QUEUES),
)  # fmt: skip
