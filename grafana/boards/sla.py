"""SLA and breaches: how long customers wait, by every reading of it."""

from grafana.boards.board import Board
from grafana.boards.panels import AMBER, GREEN, PLAIN, RED, Panel, Row
from grafana.boards.queries import CHANNEL, PLACE, QUEUE, increase, of_partition, quantile, ratio

LEVEL = ((None, RED), (0.8, AMBER), (0.95, GREEN))
TARGET = ((None, GREEN), (210, RED))
ABANDON = ((None, GREEN), (0.05, AMBER), (0.1, RED))
MET = f'outcome="met",{PLACE}'
BREACHED = f'outcome="breached",{PLACE}'
FIRST = f'clock="first_response",{QUEUE}'
NEXT = f'clock="next_response",{QUEUE}'


def decided(outcome: str, by: str = "", span: str = "1h") -> str:
    """Decisions with one outcome."""
    return increase("kefu_sla_total", by, span, where=outcome)


def interval(metric: str, by: str = "", where: str = "") -> str:
    """A gauge of the last closed half hour."""
    return of_partition(metric, by, f"{where},{QUEUE}" if where else QUEUE)


def responses(clock: str) -> dict[str | tuple[str, str], str]:
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
            ("Met / (met + breached) of all clocks, as first said; corrections are beside it.",
             "按时 /（按时 + 超时），所有时钟，首次判定；更正数见右侧。"),
            "percentunit", {"kept": ratio(decided(MET), f"({decided(MET)} + {decided(BREACHED)})")},
            (4, 4), LEVEL,
        ),
        Panel(
            "stat", ("Breaches", "超时"),
            ("Waits that passed their target.",
             "超过目标的等待次数。"),
            "short", {"breaches": decided(BREACHED)}, (4, 4), ((None, GREEN), (1, AMBER)),
        ),
        Panel(
            "stat", ("Warnings", "预警"),
            ("Waits that came near their target.",
             "接近目标的等待次数。"),
            "short", {"warnings": increase("kefu_sla_warnings_total")}, (4, 4),
        ),
        Panel(
            "stat", ("Corrections", "更正"),
            ("Statements that late events took back. Many: a source delivers late, and the "
             "counters beside it are provisional.",
             "被迟到事件推翻的判定。若较多，说明来源迟到，旁边的计数只是暂定。"),
            "short", {"corrections": "sum(increase(kefu_sla_corrections_total[1h]))"}, (4, 4),
        ),
        Panel(
            "stat", ("First response within 210 s", "首响 210 秒内"),
            ("Share of first responses within 3.5 minutes, exact: 210 s is a bound of the "
             "buckets. Unanswered waits are not in it, breaches are.",
             "3.5 分钟内首次响应的占比；210 秒是直方图边界，所以是准确值。未回复者不在其中，见超"
             "时。"),
            "percentunit", {"within": within("210.0", FIRST)}, (4, 4), LEVEL,
        ),
        Panel(
            "stat", ("Speed of answer, half hour", "平均应答速度（半小时）"),
            ("ASA of calls and chats in queue, of the last closed half hour; it falls when "
             "customers leave: read it beside the abandonment.",
             "上一个已关闭半小时的 ASA；客户放弃会使其变小，请与放弃率同看。"),
            "s", {"ASA": f"avg(max by (queue,partition) "
                         f"(kefu_interval_speed_of_answer_seconds{{{QUEUE}}}))"},
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
            ("The same of every later turn of a customer.",
             "客户后续每轮提问的响应时长。"),
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
            "short", {"{{clock}}": decided(BREACHED, "clock", "5m") + " > 0"}, (8, 8), stacked=True,
        ),
        Panel(
            "bargauge", ("By queue, 1 h", "按队列（1 小时）"),
            ("Breaches of the last hour by queue.", "最近一小时各队列的超时次数。"),
            "short", {"{{queue}}": decided(BREACHED, "queue")}, (4, 8),
        ),
        Panel(
            "bargauge", ("By channel, 1 h", "按渠道（1 小时）"),
            ("Breaches of the last hour by channel.", "最近一小时各渠道的超时次数。"),
            "short", {"{{channel}}": decided(BREACHED, "channel")}, (4, 8),
        ),
        Panel(
            "bargauge", ("By priority, 1 h", "按优先级（1 小时）"),
            ("Breaches of the last hour by priority, of all queues.",
             "最近一小时各优先级的超时次数（全部队列）。"),
            "short",
            {"{{priority}}": increase("kefu_sla_by_priority_total", "priority",
                                      where=f'outcome="breached",{CHANNEL}')},
            (4, 8),
        ),
        Panel(
            "bargauge", ("Corrections by outcome, 1 h", "更正结果（1 小时）"),
            ("What late events showed to be true instead, of all queues.",
             "迟到事件表明的真实结果（全部队列）。"),
            "short",
            {"{{outcome}}": "sum by (outcome) (increase(kefu_sla_corrections_total[1h]))"}, (4, 8),
        ),
    ),
)  # fmt: skip

LEVELS = Row(
    ("Service level of the last closed half hour", "上一个已关闭半小时的服务水平"),
    (
        Panel(
            "bargauge", ("Five formulas", "五种公式"),
            ("1 answered or abandoned in time of all offered; 2 answered in time of the answered; "
             "3 of the offered; 4 of the offered without early abandons; 5 short abandons count as "
             "met. They differ by several points: name the one you report. Days begin at midnight "
             "of the tenant's time zone.",
             "1 按时接听与放弃／全部进线；2 按时接听／接听；3 按时接听／进线；4 扣除过早放弃；"
             "5 短放弃算达标。相差数个百分点，汇报时请注明公式。日报以租户时区零点为界。"),
            "percentunit",
            {"{{formula}}": ratio(
                interval("kefu_interval_service_level_numerator", "formula"),
                interval("kefu_interval_service_level_denominator", "formula"))},
            (8, 8), LEVEL, highest=1,
        ),
        Panel(
            "timeseries", ("Answered and abandoned", "接听与放弃"),
            ("Waits of the last closed half hour, by how they ended: below 10 the shares beside "
             "it say little.",
             "上一个已关闭半小时的接听与放弃数；少于 10 时旁边的比例参考意义不大。"),
            "short", {"{{fate}}": interval("kefu_interval_contacts", "fate")}, (8, 8),
        ),
        Panel(
            "timeseries", ("Abandonment", "放弃率"),
            ("Abandoned of offered, in the last half hour up to each moment, plain and without "
             "the short abandons.",
             "放弃／进线，截至每一时刻的最近半小时；以及扣除短放弃的。"),
            "percentunit",
            {
                ("plain", "原始"): ratio(
                    increase("kefu_contacts_total", span="30m", where=f'fate="abandoned",{QUEUE}'),
                    increase("kefu_contacts_total", span="30m")),
                ("adjusted", "修正"): ratio(
                    "(" + increase("kefu_contacts_total", span="30m",
                                   where=f'fate="abandoned",{QUEUE}')
                    + " - " + increase("kefu_contacts_abandoned_short_total", span="30m") + ")",
                    "(" + increase("kefu_contacts_total", span="30m")
                    + " - " + increase("kefu_contacts_abandoned_short_total", span="30m") + ")"),
            },
            (8, 8), ABANDON,
        ),
    ),
)  # fmt: skip

HANDLING = Row(
    ("Handling", "处理"),
    (
        Panel(
            "timeseries", ("Handling time by part", "平均处理时长构成"),
            ("Mean talk, hold and wrap-up of the calls handled in the last half hour up to each "
             "moment; together the AHT.",
             "截至每一时刻最近半小时的平均通话、保持、话后时长，合计即 AHT。"),
            "s",
            {"{{part}}": increase("kefu_handling_seconds_total", "part", "30m")
             + " / on() group_left() (" + increase(
                 "kefu_handled_total", span="30m", where=f'what="all",{QUEUE}') + " > 0)"},
            (12, 8), stacked=True,
        ),
        Panel(
            "timeseries", ("Transfers and holds", "转接与保持"),
            ("Share of the calls handled in the last half hour that were transferred, or held.",
             "最近半小时处理的通话中被转接、被保持的占比。"),
            "percentunit",
            {"{{what}}": increase("kefu_handled_total", "what", "30m",
                                  where=f'what!="all",{QUEUE}')
             + " / on() group_left() (" + increase(
                 "kefu_handled_total", span="30m", where=f'what="all",{QUEUE}') + " > 0)"},
            (12, 8),
        ),
    ),
)  # fmt: skip

QUEUES = Row(
    ("By queue", "按队列"),
    (
        Panel(
            "table", ("Queues, last hour", "队列（最近一小时）"),
            ("One row a queue; the name leads to its quality board.",
             "每行一个队列；点击名称进入该队列的质检看板。"),
            "short",
            {
                ("met", "按时"): decided(MET, "queue"),
                ("breached", "超时"): decided(BREACHED, "queue"),
                ("kept", "按时率"): ratio(
                    decided(MET, "queue"),
                    f"({decided(MET, 'queue')} + {decided(BREACHED, 'queue')})"),
                ("first response p90", "首响 p90"):
                    "histogram_quantile(0.9, sum by (le,queue) "
                    f"(increase(kefu_response_seconds_bucket{{{FIRST}}}[1h])))",
                ("service level 1", "服务水平 1"): ratio(
                    interval("kefu_interval_service_level_numerator", "queue", 'formula="1"'),
                    interval("kefu_interval_service_level_denominator", "queue", 'formula="1"')),
            },
            (24, 10),
            columns={
                ("met", "按时"): ("short", PLAIN),
                ("breached", "超时"): ("short", ((None, GREEN), (1, AMBER))),
                ("kept", "按时率"): ("percentunit", LEVEL),
                ("first response p90", "首响 p90"): ("s", TARGET),
                ("service level 1", "服务水平 1"): ("percentunit", LEVEL),
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
    rows=(STATS, TIMES, BREACHES, LEVELS, HANDLING, QUEUES),
)  # fmt: skip
