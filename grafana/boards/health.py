"""Pipeline health: whether the other boards can be trusted, and why not."""

from grafana.boards.board import Board
from grafana.boards.monitoring import ANY_BAD, SELF, SOME_BAD, VERSIONS
from grafana.boards.panels import AMBER, COUNT, GREEN, RED, Panel, Row
from grafana.boards.queries import CHANNEL, DATA_AGE, increase

AGE = ((None, GREEN), (15, AMBER), (30, RED))
LAG = ((None, GREEN), (60, AMBER), (300, RED))
BEHIND = "max(kefu_event_time_lag_seconds)"

TRUST = Row(
    ("Can it be trusted?", "数据可信吗？"),
    (
        Panel(
            "stat", ("Data age", "数据延迟"),
            ("How long ago the partition that has waited longest was refreshed; an hour is an hour "
             "or more, or never. Red: it is not read, and every board is partly blind.",
             "最久未刷新的分区距今多久；1 小时表示一小时以上或从未有数据。"
             "红色：有分区未被处理，各看板均不完整。"),
            "s", {"age": DATA_AGE}, (4, 4), AGE,
        ),
        Panel(
            "stat", ("Event-time lag", "事件时间延迟"),
            ("How far the slowest partition's event time is behind the wall clock while records "
             "wait; 0 when none does. Breaches are late by as much.",
             "最慢分区的事件时间落后多少；无积压时为 0。超时判定也会晚这么久。"),
            "s", {"lag": BEHIND}, (4, 4), LAG,
        ),
        Panel(
            "stat", ("Watermark", "水位线"),
            ("Event time of the slowest partition: what happened before is judged. In a replay it "
             "is a time of the past.",
             "最慢分区的事件时间，此前发生的均已判定。回放历史数据时为过去的时间。"),
            "dateTimeAsIso",
            {"watermark": "1000 * min(max by (topic,partition) (kefu_clock_timestamp_seconds))"},
            (5, 4),
        ),
        Panel(
            "stat", ("Records waiting", "积压记录"),
            ("Records between the workers and the end of the input.",
             "输入末尾与处理位置之间的记录数。"),
            COUNT, {"lag": "sum(max by (topic,partition) (kefu_input_lag))"}, (3, 4),
        ),
        Panel(
            "stat", ("Dead letters, 1 h", "死信（1 小时）"),
            ("Events that could not be taken in the last hour, of all reasons; they are kept.",
             "最近一小时无法处理的事件（已保留）。"),
            COUNT, {"dead letters": "sum(increase(kefu_dead_letters_total[1h]))"},
            (3, 4), ANY_BAD,
        ),
        Panel(
            "stat", ("Workers", "工作进程"),
            ("Workers that answer Prometheus, and those that it knows of. Fewer than these: one is "
             "down, and the data age says whether its partitions are taken over.",
             "有响应的工作进程数与已知总数。少于总数说明有进程停止；其分区是否已被接管见“数据延迟”。"),
            COUNT,
            {
                ("up", "在线"): 'sum(up{job="kefu-worker"})',
                ("known", "已知"): 'count(up{job="kefu-worker"})',
            },
            (3, 4), ((None, RED), (1, GREEN)),
        ),
        Panel(
            "stat", ("Partitions", "分区"),
            ("Input partitions that some worker shows.",
             "正在被处理的输入分区数。"),
            COUNT,
            {"read": "count(count by (topic,partition) (kefu_state_shown_timestamp_seconds))"},
            (2, 4),
        ),
    ),
)  # fmt: skip

FLOW = Row(
    ("In and out", "输入与输出"),
    (
        Panel(
            "timeseries", ("Events by outcome", "事件去向"),
            ("Input events a second by what became of them: processed, backfilled (more than an "
             "hour behind the clock: in scorecards and the report, not in what the boards count "
             "as now), known as a duplicate, read twice after a restart, dead letter.",
             "每秒输入事件：已处理、补录（比时钟晚一小时以上：进入评分卡与报表，不计入看板的实时数字）、"
             "重复、重启后重读、死信。"),
            "cps", {"{{outcome}}": "sum by (outcome) (rate(kefu_events_total[$__rate_interval]))"},
            (8, 8),
        ),
        Panel(
            "timeseries", ("Outputs by type", "输出类型"),
            ("Outputs a second that Kafka has confirmed.", "每秒输出（Kafka 已确认）。"),
            "cps", {"{{type}}": "sum by (type) (rate(kefu_outputs_total[$__rate_interval]))"},
            (8, 8),
        ),
        Panel(
            "bargauge", ("Dead letters by reason, 24 h", "死信原因（24 小时）"),
            ("Why events were refused; the runbook says what to do about each. The 24 hours end "
             "now; they are no calendar day.",
             "事件被拒的原因；处理办法见运行手册。24 小时截至当前，不是自然日。"),
            COUNT,
            {"{{reason}}": "sum by (reason) (increase(kefu_dead_letters_total[24h])) > 0 or "
             "topk(1, sum by (reason) (increase(kefu_dead_letters_total[24h])))"},
            (8, 8), SOME_BAD,
        ),
    ),
)  # fmt: skip

CHANNELS = Row(
    ("Channels", "渠道"),
    (
        Panel(
            "timeseries", ("Messages by channel, 5 min", "各渠道消息（5 分钟）"),
            ("Messages and utterances read in five minutes, of everybody who speaks. A channel "
             "that is open and falls to 0 may have lost its connection.",
             "每五分钟读入的消息与话语（所有角色）。营业中的渠道降为 0 时，接入可能已中断。"),
            COUNT,
            {"{{channel}}": increase("kefu_messages_total", "channel", "5m", where=CHANNEL)},
            (16, 8),
        ),
        Panel(
            "bargauge", ("Open now", "营业中"),
            ("1 where the channel is open at the wall time by its calendar, 0 where closed: a "
             "closed one may be silent.",
             "按日历当前营业为 1，否则为 0；未营业的渠道没有消息属正常。"),
            COUNT, {"{{channel}}": f"max by (channel) (kefu_channel_open{{{CHANNEL}}})"},
            (8, 8), ((None, AMBER), (1, GREEN)), highest=1,
        ),
    ),
)  # fmt: skip

TIME = Row(
    ("Time", "时间"),
    (
        Panel(
            "timeseries", ("Event-time lag by partition", "各分区事件时间延迟"),
            ("How far each partition's event time is behind while records wait; the red line is "
             "five minutes. One partition alone: a hot key or a stuck worker.",
             "各分区事件时间落后多少；红线为 5 分钟。仅一个分区落后多为热点或卡住。"),
            "s",
            {"{{topic}}/{{partition}}":
             "topk(8, max by (topic,partition) (kefu_event_time_lag_seconds))"},
            (6, 8), ((None, GREEN), (300, RED)),
        ),
        Panel(
            "timeseries", ("Records waiting by partition", "各分区积压"),
            ("Records between the workers and the end of the input, the eight longest queues. Much "
             "in one partition alone: a hot key or a stuck worker; in all: too few workers.",
             "输入末尾与处理位置之间的记录数，最多的八个分区。仅一个分区积压多为热点或卡住；"
             "全部积压说明进程不足。"),
            COUNT,
            {"{{topic}}/{{partition}}": "topk(8, max by (topic,partition) (kefu_input_lag))"},
            (6, 8),
        ),
        Panel(
            "timeseries", ("Delay of events", "事件迟到"),
            ("Share of the events that came more than 5 s, 30 s and 2 min behind the clock of "
             "their partition; those beyond the allowed lateness correct closed windows. Without "
             "the backfilled.",
             "比分区时钟晚 5 秒、30 秒、2 分钟以上的事件占比（不含补录）；"
             "超过容许迟到的会更正已关闭的窗口。"),
            "percentunit",
            {
                f"> {name}": "1 - sum(rate(kefu_event_delay_seconds_bucket"
                f'{{le="{bound}"}}[$__rate_interval])) / '
                "(sum(rate(kefu_event_delay_seconds_count[$__rate_interval])) > 0)"
                for bound, name in (("5.0", "5 s"), ("30.0", "30 s"), ("120.0", "2 min"))
            },
            (6, 8),
        ),
        Panel(
            "timeseries", ("Batch time", "批处理时长"),
            ("Half and 99 hundredths of the batches were read, judged and confirmed within this.",
             "批次从读取到确认的时长 p50、p99。"),
            "s",
            {
                f"p{round(share * 100)}": f"histogram_quantile({share}, sum by (le) "
                "(rate(kefu_batch_seconds_bucket[$__rate_interval])))"
                for share in (0.5, 0.99)
            },
            (6, 8),
        ),
    ),
)  # fmt: skip

WORKERS = Row(
    ("Workers", "工作进程"),
    (
        Panel(
            "timeseries", ("Partitions by worker", "各进程分区数"),
            ("Input partitions that each worker has; a rebalance moves them.",
             "各工作进程持有的输入分区数；再均衡时会移动。"),
            COUNT, {"{{instance}}": "sum by (instance) (kefu_assigned_partitions)"}, (6, 8),
        ),
        Panel(
            "timeseries", ("Memory by worker", "各进程内存"),
            ("Resident memory.",
             "常驻内存。"),
            "bytes",
            {
                "{{instance}}": "sum by (instance) "
                '(process_resident_memory_bytes{job="kefu-worker"})'
            },
            (6, 8),
        ),
        Panel(
            "timeseries", ("Interactions in state", "状态中的会话"),
            ("Interactions and agents held in state.",
             "状态中保存的会话、通话与坐席数。"),
            COUNT, {"{{topic}}": "sum by (topic) (max by (topic,partition) (kefu_live_records))"},
            (6, 8),
        ),
        Panel(
            "bargauge", ("Rebalances, restarts, gaps, 24 h", "再均衡、重启、缺口（24 小时）"),
            ("Assignments received, recoveries from a failure of Kafka, and offsets proven missing "
             "(the markers of transactions are among them).",
             "收到的分区分配、Kafka 故障后的恢复、确认缺失的偏移（含事务标记）。24 小时截至当前。"),
            COUNT,
            {
                ("rebalances", "再均衡"): "sum(increase(kefu_rebalances_total[24h]))",
                ("restarts", "重启"): "sum(increase(kefu_restarts_total[24h]))",
                ("gaps", "缺口"): "sum(increase(kefu_input_gap_offsets_total[24h]))",
            },
            (6, 8),
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "kefu-pipeline",
    ("Whether the other boards can be trusted, and why not.", "其他看板是否可信，以及原因。"),
    refresh="10s",
    since="now-3h",
    drill_down="kefu-wallboard",
    rows=(TRUST, FLOW, CHANNELS, TIME, WORKERS, SELF, VERSIONS),
)  # fmt: skip
