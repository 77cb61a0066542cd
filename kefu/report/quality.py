"""The sections on quality: score, issues with their evidence, agents, channels."""

from kefu.report import words as w
from kefu.report.charts import histogram, share_bar
from kefu.report.figures import Ratio
from kefu.report.markup import Content, Markup, join, tag
from kefu.report.model import AgentRow, Gap, Quote, Report, RuleHits, Span
from kefu.report.say import Say
from kefu.report.tables import folded, note, section, table

TOP_ISSUES = 8
MAX_QUOTE_CHARS = 90
"""Longer evidence is cut here; the interaction id leads to all of it."""


def score(report: Report, say: Say) -> Markup:
    """The distribution with the pass line."""
    sums, spread = report.sums, report.distribution
    name = say(w.SECTION_SCORE)
    if not sums.scored:
        return section(name, note(say(w.NO_DATA)), id_="score")
    pass_score = report.targets.pass_score
    sentences = [say(w.FAILED, f"{sums.failed:,}", f"{sums.scored:,}", pass_score)]
    if spread.p50 is not None:
        sentences.append(say(w.QUANTILES, spread.p10, spread.p50, spread.p90))
    content: list[Content] = [note(" · ".join(sentences))]
    if report.scores:
        chart = histogram(
            report.scores,
            pass_score,
            title=say(w.DISTRIBUTION),
            line=say(w.PASS_LINE, pass_score),
        )
        count = say(w.N_INTERACTIONS, f"{sum(report.scores.values()):,}")
        caption = tag("figcaption", f"{say(w.DISTRIBUTION)} · {count}")
        content.append(tag("figure", chart, caption))
    return section(name, *content, id_="score")


def issues(report: Report, say: Say) -> Markup:
    """The most frequent rules, each with what was said; the others as a table."""
    name, found = say(w.SECTION_ISSUES), report.rules
    if not found:
        return section(name, note(say(w.ISSUES_NONE)), id_="issues")
    total = found[0].hits.n
    content: list[Content] = [note(say(w.ISSUES_NOTE, f"{total:,}", len(found)))]
    time_format = _time_format(report.span, say)
    content += [_issue(one, time_format, say) for one in found[:TOP_ISSUES]]
    rest = found[TOP_ISSUES:]
    if rest:
        heads = [say(x) for x in (w.RULE, w.SEVERITY, w.COUNT, w.SHARE, w.INTERACTIONS)]
        rows = [
            (
                say.rule(one.rule),
                say.severity(one.rule),
                f"{one.hits.part:,}",
                say.percent(one.hits.share),
                f"{one.interactions:,}" if one.interactions else "–",
            )
            for one in rest
        ]
        content.append(folded(say(w.MORE_ISSUES, len(rest)), table(heads, rows, numbers=(2, 3, 4))))
    return section(name, *content, id_="issues")


def _time_format(span: Span, say: Say) -> str:
    """No more of the date than the head of the page leaves open."""
    first, last = say.local(span.start_ms), say.local(span.end_ms - 1)
    if first.date() == last.date():
        return "{:%H:%M}"
    return "{:%m-%d %H:%M}" if first.year == last.year else "{:%Y-%m-%d %H:%M}"


def _issue(one: RuleHits, time_format: str, say: Say) -> Markup:
    hits, share = one.hits.part, one.hits.share or 0.0
    facts = [
        say(w.HITS_ONE) if hits == 1 else say(w.HITS, f"{hits:,}"),
        say(w.SHARE_OF_HITS, say.percent(share)),
    ]
    if one.interactions:
        seen = one.interactions
        facts.append(
            say(w.IN_ONE) if seen == 1 else say(w.IN_INTERACTIONS, f"{seen:,}")
        )  # fmt: skip
    quotes = [_quote(quote, time_format, say) for quote in one.quotes]
    return tag(
        "article",
        tag(
            "h3",
            say.rule(one.rule),
            " ",
            say.severity(one.rule),
            tag("span", join(tag("span", fact) for fact in facts), class_="facts"),
        ),
        share_bar(share, kind=one.rule.severity),
        tag("ul", *quotes, class_="quotes") if quotes else note(say(w.NO_TEXT)),
    )


def _quote(quote: Quote, time_format: str, say: Say) -> Markup:
    said = join((tag("q", _cut(text), dir="auto") for text in quote.texts[:2]), " … ")
    where = [time_format.format(say.local(quote.time_ms))]
    if quote.agent_id is not None:
        where.append(quote.agent_id)
    return tag(
        "li",
        said,
        tag("small", " · ".join(where), " ", tag("code", quote.interaction_id)),
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_QUOTE_CHARS else f"{text[:MAX_QUOTE_CHARS]}…"


def agents(report: Report, say: Say) -> Markup:
    """Who to coach and who to praise, with what to begin with."""
    found, name = report.agents, say(w.SECTION_AGENTS)
    remark = note(
        say(
            w.AGENTS_NOTE,
            say.number(found.mean),
            found.min_scored,
            found.ranked,
            found.too_few,
        )
    )
    if not found.ranked:
        return section(name, remark, note(say(w.AGENTS_NONE)), id_="agents")
    coach = _agents(w.TO_COACH, found.to_coach, say, (w.MOST_FREQUENT, w.LOWEST))
    praise = _agents(w.TO_PRAISE, found.to_praise, say, (w.EMPATHY, w.POSITIVE))
    return section(name, remark, coach, praise, id_="agents")


def _agents(
    title: w.Text, rows: tuple[AgentRow, ...], say: Say, more: tuple[w.Text, w.Text]
) -> Markup:
    if not rows:
        return tag("div", tag("h3", say(title)), note(say(w.AGENTS_NONE_SIDE)))
    heads = [say(x) for x in (w.AGENT, w.MEAN, w.MARGIN, w.SCORED, w.FAILED_SHARE, *more)]
    last = _to_begin_with if w.LOWEST in more else _to_name
    cells = [
        (
            tag("strong", row.agent_id)
            if row.is_clear
            else join((row.agent_id, " ", say.small(say(w.CHANCE)))),
            say.number(row.sums.score.value),
            "–" if row.margin is None else f"± {row.margin:.1f}",
            f"{row.sums.scored:,}",
            say.percent(row.sums.fail_rate.share),
            *last(row, say),
        )
        for row in rows
    ]
    return tag("div", tag("h3", say(title)), table(heads, cells, numbers=(1, 2, 3, 4)))


def _to_begin_with(row: AgentRow, say: Say) -> tuple[Content, Content]:
    issue: Content = say(w.NO_DATA)
    if row.issue is not None:
        rule, count = row.issue
        issue = join((say.rule(rule), " ", say.small(f"× {count:,}")))
    if row.lowest is None:
        return issue, say(w.NO_DATA)
    name, points = row.lowest
    return issue, join((tag("code", name), " ", say.small(f"({points})")))


def _to_name(row: AgentRow, say: Say) -> tuple[Content, Content]:
    sums = row.sums
    n = say.small(say(w.N, f"{sums.agent_messages:,}"))
    empathy, positive = (
        say.percent(Ratio(part, sums.agent_messages).share)
        for part in (sums.empathy, sums.positive_language)
    )
    return join((empathy, " ", n)), join((positive, " ", n))


def channels(report: Report, say: Say) -> Markup:
    """The rules that are kept least alike."""
    found, name = report.consistency, say(w.SECTION_CHANNELS)
    listed = say.listed(
        f"{say.known(w.CHANNELS, channel)} (n = {n:,})" for channel, n in found.channels.items()
    )
    if not found.gaps:
        enough = say(w.CHANNELS_ENOUGH, listed) if listed else ""
        return section(
            name, note(say(w.CHANNELS_NONE, found.min_scored, enough)), id_="channels"
        )  # fmt: skip
    heads = [say(x) for x in (w.RULE, w.GAP, w.HIGHEST, w.LOWEST_CHANNEL)]
    rows = [
        (
            join((say.rule(gap.rule), " ", say.severity(gap.rule))),
            say(w.POINTS, f"{100 * gap.size:.1f}"),
            *(_side(gap, is_high, say) for is_high in (True, False)),
        )
        for gap in found.gaps
    ]
    return section(
        name,
        note(say(w.CHANNELS_NOTE, found.min_scored, listed)),
        table(heads, rows, numbers=(1,)),
        id_="channels",
    )


def _side(gap: Gap, is_high: bool, say: Say) -> Markup:
    channel, ratio = gap.high if is_high else gap.low
    n = say.small(f"{ratio.part:,} / {ratio.n:,}")
    return join((f"{say.known(w.CHANNELS, channel)} {say.percent(ratio.share)} ", n))
