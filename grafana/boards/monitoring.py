"""How the monitoring itself does: its series, the versions that run, how alerts reach people."""

from grafana.boards.panels import AMBER, COUNT, GREEN, RED, Panel, Row

ANY_BAD = ((None, GREEN), (1, RED))
SOME_BAD = ((None, GREEN), (1, AMBER))

SELF = Row(
    ("The monitoring itself", "监控自身"),
    (
        Panel(
            "stat", ("Fullest page", "最满的指标页"),
            ("Series that the fullest worker shows, of those it may (max_series): at 100 % further "
             "queues and channels become `other`. The process' own few series are counted too.",
             "指标最多的进程已用的序列占上限（max_series）的比例；满后新的队列、渠道显示为 other。"
             "含少量进程自身的序列。"),
            "percentunit",
            {"full": 'max(scrape_samples_scraped{job="kefu-worker"} / on(instance) '
                     'kefu_series_limit)'},
            (5, 4), ((None, GREEN), (0.8, AMBER), (1, RED)),
        ),
        Panel(
            "stat", ("Series refused, 1 h", "被拒序列（1 小时）"),
            ("Label sets shown as `other` because the page (max_series) or a partition's list of "
             "who waits (max_waiting_groups) is full, and windows that are not shown because "
             "their queue is `other`, or a second tenant's of the same name.",
             "因指标页（max_series）或分区的等待分组（max_waiting_groups）已满而显示为 other 的"
             "标签组合，以及因队列为 other 或与另一租户同名而未显示的窗口。"),
            COUNT, {"refused": "sum(increase(kefu_series_refused_total[1h]))"}, (5, 4), SOME_BAD,
        ),
        Panel(
            "stat", ("Names not admitted, 1 h", "未收录名称（1 小时）"),
            ("Queues and channels shown as `other`: add them to config/metrics.yaml.",
             "显示为 other 的队列、渠道；请加入 config/metrics.yaml。"),
            COUNT, {"refused": "sum(increase(kefu_label_values_refused_total[1h]))"}, (5, 4),
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
            COUNT, {"fields": "sum(increase(kefu_unknown_fields_total[1h]))"}, (5, 4), SOME_BAD,
        ),
    ),
)  # fmt: skip

VERSIONS = Row(
    ("What runs, and who is told", "运行版本与通知"),
    (
        Panel(
            "stat", ("Versions running", "运行版本"),
            ("Different combinations of kefu, policies and rules among the workers: 1, but for "
             "a deployment.",
             "各进程的版本、策略、规则组合数；除发布期间外应为 1。"),
            COUNT, {"versions": "count(count by (version,sla,qa) (kefu_build))"}, (4, 8),
            ((None, GREEN), (2, AMBER)),
        ),
        Panel(
            "bargauge", ("Workers by version", "各版本进程数"),
            ("Workers by version of kefu, of the policies and of the rules. Two lines outside of a "
             "deployment: workers judge by different rules.",
             "按 kefu、策略、规则的版本统计进程数。发布期间以外出现两行，说明判定规则不一致。"),
            COUNT,
            {"kefu {{version}} · sla {{sla}} · qa {{qa}}":
             "count by (version,sla,qa) (kefu_build)"},
            (8, 8),
        ),
        Panel(
            "timeseries", ("Posts to chat robots, 5 min", "群机器人发送（5 分钟）"),
            ("Messages posted in five minutes by what the robot said: what is limited or busy is "
             "tried again, what is refused is not. Empty where the adapter does not run.",
             "每五分钟发送次数，按机器人答复；limited、busy 会重试，refused 不会。"
             "未运行适配器时为空。"),
            COUNT,
            {"{{outcome}}": "sum by (outcome) (increase(kefu_notify_posts_total[5m]))"},
            (8, 8),
        ),
        Panel(
            "stat", ("Alerts to chat", "告警通知"),
            ("Groups of alerts that wait for a robot now, and those that none took in the last "
             "hour (Alertmanager sends these again). – where the adapter does not run.",
             "正在等待发送的告警组，以及最近一小时未被接收的（Alertmanager 会重发）。"
             "未运行适配器时显示 –。"),
            COUNT,
            {
                ("waiting", "等待"): "sum(kefu_notify_waiting)",
                ("failed, 1 h", "失败（1 小时）"):
                    'sum(increase(kefu_notify_notices_total{fate="failed"}[1h]))',
            },
            (4, 8), ANY_BAD,
        ),
    ),
)  # fmt: skip
