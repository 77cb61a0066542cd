"""Pipeline health: whether the other boards can be trusted, and why not."""

from grafana.boards.board import Board
from grafana.boards.panels import AMBER, GREEN, RED, Panel, Row
from grafana.boards.queries import DATA_AGE

AGE = ((None, GREEN), (15, AMBER), (30, RED))
LAG = ((None, GREEN), (60, AMBER), (300, RED))
ANY_BAD = ((None, GREEN), (1, RED))
SOME_BAD = ((None, GREEN), (1, AMBER))
BEHIND = "max(kefu_event_time_lag_seconds)"

TRUST = Row(
    ("Can it be trusted?", "数据可信吗？"),
    (
        Panel(
            "stat", ("Data age", "数据延迟"),
            ("Since the oldest partition last showed its state. Red: some partition is not "
             "read, and every board is partly blind.",
             "最久未刷新的分区距今多久；红色表示有分区未被处理。"),
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
            "stat", ("Records waiting", "积压记录"),
            ("Records between the workers and the end of the input.",
             "输入末尾与处理位置之间的记录数。"),
            "short", {"lag": "sum(max by (topic,partition) (kefu_input_lag))"}, (4, 4),
        ),
        Panel(
            "stat", ("Dead letters, 1 h", "死信（1 小时）"),
            ("Events that could not be taken in the last hour, of all reasons; they are kept.",
             "最近一小时无法处理的事件（已保留）。"),
            "short", {"dead letters": "sum(increase(kefu_dead_letters_total[1h]))"},
            (4, 4), ANY_BAD,
        ),
        Panel(
            "stat", ("Workers", "工作进程"),
            ("Workers that answer, of those that Prometheus knows of.",
             "有响应的工作进程数。"),
            "short", {"up": 'sum(up{job="kefu-worker"})'}, (4, 4), ((None, RED), (1, GREEN)),
        ),
        Panel(
            "stat", ("Partitions read", "已处理分区"),
            ("Input partitions that some worker shows.",
             "正在被处理的输入分区数。"),
            "short",
            {"read": "count(count by (topic,partition) (kefu_state_shown_timestamp_seconds))"},
            (4, 4),
        ),
    ),
)  # fmt: skip

FLOW = Row(
    ("In and out", "输入与输出"),
    (
        Panel(
            "timeseries", ("Events by outcome", "事件去向"),
            ("Input events a second by what became of them: processed, known as a duplicate, "
             "read twice after a restart, dead letter.",
             "每秒输入事件：已处理、重复、重启后重读、死信。"),
            "cps", {"{{outcome}}": "sum by (outcome) (rate(kefu_events_total[$__rate_interval]))"},
            (8, 8),
        ),
        Panel(
            "timeseries", ("Outputs by type", "输出类型"),
            ("Outputs a second.",
             "每秒输出。"),
            "cps", {"{{type}}": "sum by (type) (rate(kefu_outputs_total[$__rate_interval]))"},
            (8, 8),
        ),
        Panel(
            "bargauge", ("Dead letters by reason, 24 h", "死信原因（24 小时）"),
            ("Why events were refused; the runbook says what to do about each.",
             "事件被拒的原因；处理办法见运行手册。"),
            "short",
            {"{{reason}}": "sum by (reason) (increase(kefu_dead_letters_total[24h])) > 0 or "
             "topk(1, sum by (reason) (increase(kefu_dead_letters_total[24h])))"},
            (8, 8), SOME_BAD,
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
            (8, 8), ((None, GREEN), (300, RED)),
        ),
        Panel(
            "timeseries", ("Delay of events", "事件迟到"),
            ("Share of the events that came more than 5 s, 30 s and 2 min behind the clock of "
             "their partition; those beyond the allowed lateness correct closed windows.",
             "比分区时钟晚 5 秒、30 秒、2 分钟以上的事件占比；超过容许迟到的会更正已关闭的窗口。"),
            "percentunit",
            {
                f"> {name}": "1 - sum(rate(kefu_event_delay_seconds_bucket"
                f'{{le="{bound}"}}[$__rate_interval])) / '
                "(sum(rate(kefu_event_delay_seconds_count[$__rate_interval])) > 0)"
                for bound, name in (("5.0", "5 s"), ("30.0", "30 s"), ("120.0", "2 min"))
            },
            (8, 8),
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
            (8, 8),
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
            "short", {"{{instance}}": "sum by (instance) (kefu_assigned_partitions)"}, (6, 8),
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
            "short", {"{{topic}}": "sum by (topic) (max by (topic,partition) (kefu_live_records))"},
            (6, 8),
        ),
        Panel(
            "bargauge", ("Rebalances, restarts, gaps, 24 h", "再均衡、重启、缺口（24 小时）"),
            ("Assignments received, recoveries from a failure of Kafka, and offsets proven missing "
             "(the markers of transactions are among them).",
             "收到的分区分配、Kafka 故障后的恢复、确认缺失的偏移（含事务标记）。"),
            "short",
            {
                ("rebalances", "再均衡"): "sum(increase(kefu_rebalances_total[24h]))",
                ("restarts", "重启"): "sum(increase(kefu_restarts_total[24h]))",
                ("gaps", "缺口"): "sum(increase(kefu_input_gap_offsets_total[24h]))",
            },
            (6, 8),
        ),
    ),
)  # fmt: skip

SELF = Row(
    ("The monitoring itself", "监控自身"),
    (
        Panel(
            "stat", ("Series refused, 1 h", "被拒序列（1 小时）"),
            ("Label sets shown as `other` because the page is full: raise max_series or list "
             "fewer names in config/metrics.yaml.",
             "因页面已满而显示为 other 的标签组合；请调高 max_series 或精简配置。"),
            "short", {"refused": "sum(increase(kefu_series_refused_total[1h]))"}, (4, 4), SOME_BAD,
        ),
        Panel(
            "stat", ("Names not admitted, 1 h", "未收录名称（1 小时）"),
            ("Queues and channels shown as `other`: add them to config/metrics.yaml.",
             "显示为 other 的队列、渠道；请加入 config/metrics.yaml。"),
            "short", {"refused": "sum(increase(kefu_label_values_refused_total[1h]))"}, (4, 4),
            SOME_BAD,
        ),
        Panel(
            "stat", ("Last recovery", "最近恢复用时"),
            ("How long the slowest worker's last recovery took.",
             "最慢的进程最近一次恢复用时。"),
            "s", {"recovery": "max(kefu_recovery_seconds)"}, (4, 4), ((None, GREEN), (30, AMBER)),
        ),
        Panel(
            "stat", ("Unknown fields, 1 h", "未知字段（1 小时）"),
            ("Fields of events that this version does not know; it drops them.",
             "本版本不认识而忽略的事件字段。"),
            "short", {"fields": "sum(increase(kefu_unknown_fields_total[1h]))"}, (4, 4), SOME_BAD,
        ),
        Panel(
            "stat", ("Versions running", "运行版本"),
            ("Different combinations of kefu, policies and rules among the workers: 1, but for "
             "a deployment.",
             "各进程的版本、策略、规则组合数；除发布期间外应为 1。"),
            "short", {"versions": "count(count by (version,sla,qa) (kefu_build))"}, (4, 4),
            ((None, GREEN), (2, AMBER)),
        ),
        Panel(
            "stat", ("Chat messages failed, 1 h", "群消息失败（1 小时）"),
            ("Groups of alerts that a chat robot did not take; 0 also where the adapter does "
             "not run.",
             "群机器人未接收的告警组；未运行适配器时也为 0。"),
            "short",
            {"failed": 'sum(increase(kefu_notify_notices_total{fate="failed"}[1h])) or vector(0)'},
            (4, 4), ANY_BAD,
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "kefu-pipeline",
    ("Whether the other boards can be trusted, and why not.", "其他看板是否可信，以及原因。"),
    refresh="10s",
    since="now-3h",
    drill_down="kefu-wallboard",
    rows=(TRUST, FLOW, TIME, WORKERS, SELF),
)  # fmt: skip
