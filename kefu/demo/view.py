"""The demo's terminal view."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kefu.demo.alerting import FiringAlert
from kefu.demo.board import Board, Queue
from kefu.demo.health import Health

ZONE = ZoneInfo("Asia/Shanghai")
MOOD_WIDTH = 10
LONG_WAIT_S = 210
CLOCKS = {"first_response": "首响 first", "next_response": "响应 next", "answer": "接听 answer"}


def render(
    board: Board,
    health: Health,
    speed: float,
    notes: list[str],
    alerts: list[FiringAlert] | None,
) -> RenderableType:
    """The whole screen; `alerts` None: nobody watches for any."""
    layout = Layout()
    layout.split_column(
        Layout(_header(health, speed), size=3),
        Layout(name="middle", ratio=3),
        Layout(name="bottom", ratio=2, minimum_size=9),
    )
    layout["middle"].split_row(
        Layout(_queues(board, health), ratio=5), Layout(name="right", ratio=4)
    )
    if alerts is None:
        layout["right"].update(_breaches(board))
    else:
        layout["right"].split_column(
            Layout(_breaches(board), ratio=1), Layout(_alerts(alerts), ratio=1)
        )
    layout["bottom"].split_row(
        Layout(_issues(board), ratio=2), Layout(_pipeline(board, health, notes), ratio=3)
    )
    return layout


def _header(health: Health, speed: float) -> Panel:
    waiting = sum(count for count, _ in health.waiting.values())
    longest = max((_age(health, since) for _, since in health.waiting.values()), default=0.0)
    clock = datetime.fromtimestamp(health.clock_s, UTC).astimezone(ZONE)
    text = Text.assemble(
        ("kefu ", "bold cyan"),
        "客服实时质检   ",
        (f"{clock:%Y-%m-%d %H:%M:%S}" if health.clock_s else "–", "bold"),
        f"  ({speed:g}× real time)   ",
        ("等待 waiting ", "dim"),
        (f"{waiting}", "bold yellow"),
        ("   最长 longest ", "dim"),
        (_duration(longest), "bold red" if longest > LONG_WAIT_S else "bold green"),
    )
    return Panel(text)


def _queues(board: Board, health: Health) -> Panel:
    table = Table(expand=True, box=None, pad_edge=False)
    table.add_column("队列\nqueue", no_wrap=True)
    table.add_column("等待\nnow", justify="right")
    table.add_column("最长\nlongest", justify="right", min_width=7)
    table.add_column("达标\nin\u00a0time", justify="right", min_width=7)
    table.add_column("超时\nlate", justify="right")
    table.add_column("客户情绪\nmood", no_wrap=True)
    table.add_column("质检分\nscore", justify="right", min_width=6)
    for name in sorted({*board.queues, *health.waiting}):
        queue = board.queues.get(name, Queue())
        count, since = health.waiting.get(name, (0, None))
        age = _age(health, since)
        level = queue.service_level
        table.add_row(
            name,
            str(count),
            Text(_duration(age), style="red" if age > LONG_WAIT_S else ""),
            "–" if level is None else Text(f"{level:.0%}", style=_level_style(level)),
            Text(str(queue.breached), style="red" if queue.breached else "dim"),
            _mood(queue),
            "–" if queue.score is None else f"{queue.score:.1f}",
        )
    return Panel(table, title="队列 queues")


def _breaches(board: Board) -> Panel:
    table = Table(expand=True, box=None, pad_edge=False, show_header=False)
    for _ in range(5):
        table.add_column(no_wrap=True)
    for breach in board.breaches:
        table.add_row(
            f"{breach.at.astimezone(ZONE):%H:%M:%S}",
            Text(CLOCKS.get(breach.clock, breach.clock), style="red"),
            f">{breach.target_s:g} s",
            breach.queue,
            breach.channel,
        )
    return Panel(table, title=f"超时 SLA breaches ({board.totals['breaches']})")


def _alerts(alerts: list[FiringAlert]) -> Panel:
    table = Table(expand=True, box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, ratio=3)
    table.add_column(no_wrap=True, ratio=2)
    table.add_column(justify="right", no_wrap=True)
    now = datetime.now(UTC)
    for alert in alerts:
        style = "bold red" if alert.severity == "page" else "yellow"
        age = max(0.0, (now - alert.since).total_seconds())
        table.add_row(Text(alert.name, style=style), alert.queue, _duration(age))
    return Panel(table, title=f"告警 firing alerts ({len(alerts)})")


def _issues(board: Board) -> Panel:
    table = Table(expand=True, box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", min_width=4)
    table.add_column(no_wrap=True, ratio=1)
    for name, count in board.issues.most_common(8):
        table.add_row(str(count), name)
    return Panel(table, title=f"质检问题 quality issues ({board.totals['qa_issues']})")


def _pipeline(board: Board, health: Health, notes: list[str]) -> Panel:
    events = health.events
    numbers = Table(box=None, pad_edge=False, show_header=False)
    numbers.add_row("workers", str(health.workers_up), "partitions", str(health.partitions))
    numbers.add_row("events", f"{events.get('processed', 0):,}", "lag", f"{health.lag:,}")
    numbers.add_row(
        "duplicates",
        f"{events.get('duplicate', 0) + events.get('replayed', 0):,}",
        "dead letters",
        f"{events.get('dead_letter', 0):,}",
    )
    numbers.add_row(
        "enriched", f"{board.totals['enriched']:,}", "scorecards", str(board.totals["scorecards"])
    )
    lines = [Text(note, style="dim") for note in notes]
    return Panel(Group(numbers, *lines), title="管道 pipeline")


def _mood(queue: Queue) -> Text:
    total = sum(queue.mood.values())
    if not total:
        return Text("–", style="dim")
    text = Text()
    upto = drawn = 0
    for label, style in (("negative", "red"), ("neutral", "grey50"), ("positive", "green")):
        upto += queue.mood[label]
        width = round(upto / total * MOOD_WIDTH) - drawn
        text.append("█" * width, style=style)
        drawn += width
    return text.append(f" {queue.mood['negative'] / total:.0%} 负", style="dim")


def _age(health: Health, since: float | None) -> float:
    return max(0.0, health.clock_s - since) if since is not None else 0.0


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _level_style(level: float) -> str:
    return "green" if level >= 0.9 else "yellow" if level >= 0.8 else "red"
