"""Service level, abandonment and the handling of calls: rows of the SLA board."""

from grafana.boards.panels import AMBER, COUNT, GREEN, PLAIN, RED, Panel, Row
from grafana.boards.queries import QUEUE, increase, interval, ratio

LEVEL = ((None, RED), (0.8, AMBER), (0.95, GREEN))
ABANDON = ((None, GREEN), (0.05, AMBER), (0.1, RED))

LEVELS = Row(
    ("Service level of the last closed half hour", "上一个已关闭半小时的服务水平"),
    (
        Panel(
            "table", ("Five formulas", "五种公式"),
            ("Contacts that were answered in time, by the five definitions in use: they differ by "
             "several points, so name the one you report. In time and short are set in "
             "config/sla.yaml. Days begin at midnight of the tenant's time zone.",
             "业内五种口径，可相差数个百分点，汇报时请注明公式。“及时”与“短时”的秒数在"
             " config/sla.yaml 中设定。日报以租户时区零点为界。"),
            COUNT,
            {
                ("level", "服务水平"): ratio(
                    interval("kefu_interval_service_level_numerator", "formula"),
                    interval("kefu_interval_service_level_denominator", "formula")),
                ("in time", "达标"): interval("kefu_interval_service_level_numerator", "formula"),
                ("of", "总数"): interval("kefu_interval_service_level_denominator", "formula"),
            },
            (10, 8),
            columns={
                ("level", "服务水平"): ("percentunit", LEVEL),
                ("in time", "达标"): (COUNT, PLAIN),
                ("of", "总数"): (COUNT, PLAIN),
            },
            rows_by="formula",
        ),
        Panel(
            "timeseries", ("Answered and abandoned", "接听与放弃"),
            ("Waits of the last closed half hour, by how they ended: below 10 the shares beside "
             "it say little.",
             "上一个已关闭半小时的接听与放弃数；少于 10 时旁边的比例参考意义不大。"),
            COUNT, {"{{fate}}": interval("kefu_interval_contacts", "fate")}, (7, 8),
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
            (7, 8), ABANDON,
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
            (6, 8), stacked=True,
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
            (6, 8),
        ),
        Panel(
            "timeseries", ("Occupancy", "利用率"),
            ("Time occupied of the time signed in, of the agents whose presence is told, in the "
             "half hour up to each moment; the lines are 85 % and 95 %. Not utilisation: breaks "
             "are not in it.",
             "截至每一时刻最近半小时，坐席忙碌时间占在线时间的比例（仅统计有状态上报的坐席）；"
             "横线为 85% 与 95%。不含小休，不同于出勤利用率。"),
            "percentunit",
            {"{{queue}}": ratio(
                increase("kefu_agent_time_seconds_total", "queue", "30m",
                         where=f'state="occupied",{QUEUE}'),
                increase("kefu_agent_time_seconds_total", "queue", "30m"))},
            (6, 8), ((None, GREEN), (0.85, AMBER), (0.95, RED)),
        ),
        Panel(
            "timeseries", ("Speed of answer by queue", "各队列平均应答速度"),
            ("ASA of the half hour up to each moment. It falls when customers leave: read it "
             "beside the abandonment.",
             "截至每一时刻最近半小时的 ASA。客户放弃会使其变小，请与放弃率同看。"),
            "s",
            {"{{queue}}": ratio(
                increase("kefu_contact_wait_seconds_total", "queue", "30m"),
                increase("kefu_contacts_total", "queue", "30m",
                         where=f'fate="answered",{QUEUE}'))},
            (6, 8),
        ),
    ),
)  # fmt: skip
