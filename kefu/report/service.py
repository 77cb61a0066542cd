"""The sections on service: responses, customers and language, the trend, what it was about."""

from collections import Counter
from collections.abc import Mapping

from kefu.report import words as w
from kefu.report.charts import Series, share_bar, trend
from kefu.report.figures import Mean, Ratio, Sums
from kefu.report.markup import Content, Markup, join, tag
from kefu.report.model import Bucket, Report
from kefu.report.say import Say, tenths
from kefu.report.tables import folded, note, section, table
from pipeline.quality.fold import OTHER

Row = tuple[Content, Content, Content]

LABELS = {"time": "{:%H:%M}", "hour": "{:%m-%d %H}", "day": "{:%m-%d}", "month": "{:%Y-%m}"}
TIMES = {"hour": "{:%Y-%m-%d %H:%M}", "day": "{:%Y-%m-%d}", "month": "{:%Y-%m}"}


def responses(report: Report, say: Say) -> Markup:
    """How long customers waited, by every definition of the service level."""
    sums, queues, targets = report.sums, report.queues, report.targets
    p90_s = None if report.first_response_p90_ms is None else report.first_response_p90_ms / 1000
    matured = [] if queues.is_matured else [say(w.NOT_MATURED)]
    missed = Ratio(queues.breached, queues.breached + queues.met)
    rows: list[Row] = [
        _mean_row(say, say(w.FIRST_RESPONSE), sums.first_response_ms, sums.first_responses),
        (say(w.FIRST_RESPONSE_P90), say.duration(p90_s), _n(say, report.first_response_n)),
        _mean_row(say, say(w.NEXT_RESPONSE), sums.next_response_ms, sums.next_responses),
        _share_row(
            say,
            say(w.RESPONSE_RATE, f"{targets.response_hours:g}"),
            queues.response_rate,
            say(w.TARGET, f"{targets.response_rate:.0%}"),
            *matured,
        ),
        _share_row(say, say(w.BREACHES), missed),
        *(
            _share_row(
                say,
                say(w.LEVEL_OF, number, say(w.FORMULAS[number])),
                queues.service_level.get(number, Ratio(0, 0)),
                *([say(w.TARGET, f"{targets.service_level:.0%}")] if number == 1 else []),
            )
            for number in (1, 2, 3, 4, 5)
        ),
        _share_row(say, say(w.ABANDONMENT), queues.abandonment),
        _seconds_row(say, say(w.SPEED_OF_ANSWER), queues.speed_of_answer),
        _seconds_row(say, say(w.HANDLING), queues.handling),
    ]
    within = say(w.WITHIN, f"{targets.call_threshold_s:g}", f"{targets.chat_threshold_s:g}")
    return section(say(w.SECTION_RESPONSE), _figures(say, rows), note(within), id_="responses")


def customers(report: Report, say: Say) -> Markup:
    """Moods, the agents' language, ratings."""
    sums = report.sums
    heard, spoken = sums.customer_messages, sums.agent_messages
    mood = Mean(sums.mood_permille / 1000, heard).value
    rating = Mean(sums.rating_permille / 1000, sums.rated).value
    of_heard = say(w.OF_CUSTOMERS, f"{heard:,}")
    targets = report.targets
    rows: list[Row] = [
        _share_row(say, say(w.NEGATIVE), Ratio(sums.negative, heard)),
        (say(w.MOOD_MEAN), say.number(mood, 2), _n(say, heard)),
        (say(w.TURNED), f"{sums.turned:,}", of_heard),
        (say(w.SUSTAINED), f"{sums.sustained_negative:,}", of_heard),
        _share_row(
            say, say(w.EMPATHY), Ratio(sums.empathy, spoken),
            say(w.TARGET, f"{targets.empathy:.0%}"),
        ),
        _share_row(
            say, say(w.POSITIVE), Ratio(sums.positive_language, spoken),
            say(w.TARGET, f"{targets.positive_language:.0%}"),
        ),
        _share_row(say, say(w.ON_SCRIPT), Ratio(sums.on_script, spoken)),
        _share_row(say, say(w.AGENT_NEGATIVE), Ratio(sums.agent_negative, spoken)),
        (
            say(w.CSAT),
            say.percent(rating),
            say(w.CSAT_NOTE, f"{sums.rated:,}", say.percent(Ratio(sums.rated, sums.closed).share)),
        ),
        _share_row(say, say(w.TOP_BOX), report.top_box),
    ]  # fmt: skip
    return section(say(w.SECTION_MOOD), _figures(say, rows), id_="customers")


def _figures(say: Say, rows: list[Row]) -> Markup:
    return table((say(w.FIGURE), say(w.VALUE), "n"), rows, numbers=(1,))


def _n(say: Say, n: int) -> str:
    return say(w.N, f"{n:,}")


def _share_row(say: Say, name: str, ratio: Ratio, *notes: str) -> Row:
    counted = f"{ratio.part:,} / {ratio.n:,}"
    return name, say.percent(ratio.share), " · ".join([counted, *notes])


def _mean_row(say: Say, name: str, total_ms: int, n: int) -> Row:
    return _seconds_row(say, name, Mean(total_ms / 1000, n))


def _seconds_row(say: Say, name: str, mean: Mean) -> Row:
    return name, say.duration(mean.value), _n(say, mean.n)


def over_time(report: Report, say: Say) -> Markup:
    """Score, fail rate and volume over the same time."""
    buckets, unit = report.trend, report.trend_unit
    title = say(w.TREND_UNITS[unit])
    times = [TIMES[unit].format(say.local(bucket.start_ms)) for bucket in buckets]
    content: list[Content] = []
    if len(buckets) > 1:
        one_day = len({say.local(bucket.start_ms).date() for bucket in buckets}) == 1
        form = LABELS["time" if one_day else unit]
        labels = [form.format(say.local(bucket.start_ms)) for bucket in buckets]
        chart = trend(_series(report, say), labels, title=title)
        content.append(tag("div", tag("figure", chart), class_="scroll"))
    heads = [say(x) for x in (w.TIME, w.SCORE, w.SCORED, w.FAIL_RATE, w.CLOSED)]
    rows = [_bucket(time, bucket, say) for time, bucket in zip(times, buckets, strict=True)]
    content.append(folded(say(w.TREND_TABLE), table(heads, rows, numbers=(1, 2, 3, 4))))
    return section(title, *content, id_="trend")


def _series(report: Report, say: Say) -> list[Series]:
    sums = [bucket.sums or Sums() for bucket in report.trend]
    scores = [one.score.value for one in sums]
    failed = [one.fail_rate.share for one in sums]
    volume = [None if bucket.sums is None else bucket.sums.closed for bucket in report.trend]
    pass_score = report.targets.pass_score
    lowest = min([pass_score, *(value for value in scores if value is not None)])
    bottom = int(lowest // 10 * 10)
    worst = max([0.1, *(value for value in failed if value is not None)])
    top_share = -(-worst * 10 // 1) / 10
    most = _round_number(max([1, *(value for value in volume if value is not None)]))
    return [
        Series(
            f"{say(w.SCORE)} · {say(w.PASS_LINE, pass_score)}",
            scores,
            [say.number(value) for value in scores],
            bottom,
            100,
            (str(bottom), "100"),
            limit=pass_score,
        ),
        Series(
            say(w.FAIL_RATE),
            failed,
            [say.percent(value) for value in failed],
            0,
            top_share,
            ("0%", f"{top_share:.0%}"),
        ),
        Series(
            say(w.VOLUME),
            volume,
            ["" if value is None else f"{value:,}" for value in volume],
            0,
            most,
            ("0", f"{most:,}"),
            is_bars=True,
        ),
    ]


def _round_number(value: int) -> int:
    """The next number of one digit and zeros that is not below `value`: the end of a scale."""
    unit = int(10 ** (len(str(value)) - 1))
    return -(-value // unit) * unit


def _bucket(time: str, bucket: Bucket, say: Say) -> tuple[Content, ...]:
    sums = bucket.sums
    if sums is None:
        return (time, *[say(w.NO_DATA)] * 4)
    return (
        time,
        say.number(sums.score.value),
        f"{sums.scored:,}",
        say.percent(sums.fail_rate.share),
        f"{sums.closed:,}",
    )


def subjects(report: Report, say: Say) -> Markup:
    """The taxonomy in two levels, and what customers came for; each adds up to all the closed."""
    name = say(w.SECTION_SUBJECTS)
    counts = {key: count for key, count in report.sums.subjects.items() if count > 0}
    purposes = {key: count for key, count in report.sums.purposes.items() if count > 0}
    if not counts:
        return section(name, note(say(w.NO_DATA)), id_="subjects")
    total = sum(counts.values())
    groups: Counter[str] = Counter()
    for key, count in counts.items():
        groups[key.partition("/")[0]] += count
    shares = tenths(groups)
    rows: list[tuple[Content, ...]] = []
    for group in sorted(groups, key=lambda one: _order(one, groups)):
        word = tag("strong", say.known(w.SUBJECTS, group))
        rows.append((word, *_cells(say, groups[group], total, shares[group])))
        rows += _children(say, group, counts, shares[group])
    first = table((say(w.SUBJECT), say(w.SHARE), "n", ""), rows, numbers=(1, 2))
    of_purposes = tenths(purposes)
    second = table(
        (say(w.PURPOSE), say(w.SHARE), "n", ""),
        [
            (
                say.known(w.PURPOSES, key),
                *_cells(say, purposes[key], sum(purposes.values()), of_purposes[key]),
            )
            for key in sorted(purposes, key=lambda one: _order(one, purposes))
        ],
        numbers=(1, 2),
    )
    remark = note(say(w.SUBJECTS_NOTE, f"{total:,}", say.tenths(sum(shares.values()))))
    return section(name, remark, tag("div", first, second, class_="two"), id_="subjects")


def _order(name: str, counts: Mapping[str, int]) -> tuple[bool, int, str]:
    """The most frequent first, the unrecognised last."""
    return name == OTHER, -counts[name], name


def _children(
    say: Say, group: str, counts: Mapping[str, int], share: int
) -> list[tuple[Content, ...]]:
    """The second level of a group, whose shares add up to that of the group."""
    own = {key: n for key, n in counts.items() if key.startswith(f"{group}/")}
    shares = tenths(own, share)
    total = sum(counts.values())
    rows: list[tuple[Content, ...]] = []
    for key in sorted(own, key=lambda one: (-own[one], one)):
        word = say.known(w.SUBJECTS, key) if key in w.SUBJECTS else key.partition("/")[2]
        rows.append((tag("span", word, class_="child"), *_cells(say, own[key], total, shares[key])))
    return rows


def _cells(say: Say, count: int, total: int, share: int) -> tuple[Content, ...]:
    return say.tenths(share), f"{count:,}", share_bar(count / total)


def footer(report: Report, say: Say) -> Markup:
    """By what was judged."""
    versions = report.versions
    lines = [
        say(
            w.FOOT_VERSIONS,
            ", ".join(versions.rules),
            ", ".join(versions.policies),
            versions.word_lists,
        ),
        say(w.FOOT_ENDED, f"{sum(report.scores.values()):,}"),
        say(w.FOOT_MASKED),
    ]
    if versions.rules != (versions.configured_rules,):
        lines.insert(1, say(w.FOOT_OTHER_RULES, versions.configured_rules))
    return tag("footer", join(tag("p", line) for line in lines))
