"""The top of the page: what it speaks of, and the figures that are looked at first."""

from kefu.report import words as w
from kefu.report.charts import share_bar
from kefu.report.figures import Ratio
from kefu.report.markup import Content, Markup, join, tag
from kefu.report.model import Report, Span
from kefu.report.say import Say


def header(report: Report, say: Say) -> Markup:
    """Hour, zone, coverage, revision, and whether this is the last word."""
    span, sums = report.span, report.sums
    facts = [
        span.zone.key,
        *([say(w.TENANT, span.tenant)] if span.tenant else []),
        say(w.COVERAGE, f"{sums.scored:,}", f"{sums.closed:,}", say.percent(sums.coverage.share)),
        say(w.OPENED, f"{sums.opened:,}"),
        say(w.REVISION, span.revision)
        if span.is_hour
        else say(w.HOURS, f"{span.hours:,}", f"{span.corrected:,}"),
    ]
    return tag(
        "header",
        tag("p", say(w.KICKER if span.is_hour else w.KICKER_ALL), class_="kicker"),
        tag("h1", title(span, say), " ", _finality(span, say)),
        tag("p", join(tag("span", fact) for fact in facts), class_="facts"),
        tag("p", _why(span, say), class_="note"),
        *([tag("p", say(w.SYNTHETIC), class_="warning")] if span.is_synthetic else []),
    )


def title(span: Span, say: Say) -> str:
    """The hour, or the time from the first to the last."""
    return say.stretch(span.start_ms, span.end_ms)


def _finality(span: Span, say: Say) -> Markup:
    if span.open_until_ms is None:
        return tag("span", say(w.FINAL), class_="badge final")
    return tag("span", say(w.PROVISIONAL), class_="badge")


def _why(span: Span, say: Say) -> str:
    if span.open_until_ms is None:
        return say(w.FINAL_WHY)
    return say(w.PROVISIONAL_WHY, say.moment(span.open_until_ms), say.moment(span.newest_ms))


def key_figures(report: Report, say: Say) -> Markup:
    """Eight figures, each with its n and, where there is one, its target."""
    sums, targets = report.sums, report.targets
    score, fail = sums.score, sums.fail_rate
    level = report.queues.service_level.get(1, Ratio(0, 0))
    first_s = sums.first_response_ms / sums.first_responses / 1000 if sums.first_responses else None
    rating = sums.rating_permille / sums.rated / 1000 if sums.rated else None
    interactions = say(w.N_INTERACTIONS, f"{fail.n:,}")
    cards = [
        _card(
            say(w.SCORE),
            say.number(score.value),
            interactions,
            say(w.OF_100),
            is_lead=True,
        ),
        _card(
            say(w.FAIL_RATE),
            say.percent(fail.share),
            interactions,
            say(w.PASS_LINE, targets.pass_score),
        ),
        _card(
            say(w.COMPLIANCE),
            say.percent(report.compliance.share),
            say(w.N_INTERACTIONS, f"{report.compliance.n:,}"),
            say(w.COMPLIANCE_HINT),
        ),
        _shared(
            say, say(w.SERVICE_LEVEL), level, say(w.N_CUSTOMERS, f"{level.n:,}"),
            targets.service_level,
        ),
        _card(
            say(w.FIRST_RESPONSE),
            say.duration(first_s),
            say(w.N_RESPONSES, f"{sums.first_responses:,}"),
        ),
        _card(
            say(w.NEGATIVE),
            say.percent(Ratio(sums.negative, sums.customer_messages).share),
            say(w.N_MESSAGES, f"{sums.customer_messages:,}"),
        ),
        _shared(
            say, say(w.EMPATHY), Ratio(sums.empathy, sums.agent_messages),
            say(w.N_MESSAGES, f"{sums.agent_messages:,}"), targets.empathy,
        ),
        _shared(
            say, say(w.POSITIVE), Ratio(sums.positive_language, sums.agent_messages),
            say(w.N_MESSAGES, f"{sums.agent_messages:,}"), targets.positive_language,
        ),
        _card(
            say(w.CSAT),
            say.percent(rating),
            say(
                w.CSAT_NOTE,
                f"{sums.rated:,}",
                say.percent(Ratio(sums.rated, sums.closed).share),
            ),
        ),
    ]  # fmt: skip
    return tag("section", *cards, class_="cards")


def _shared(say: Say, name: str, ratio: Ratio, n: str, target: float) -> Markup:
    """A share beside its target: as words, and as a bar with a mark."""
    if ratio.share is None:
        return _card(name, say.percent(None), n, say(w.TARGET, f"{target:.0%}"))
    kind = "met" if ratio.share >= target else "missed"
    bar = share_bar(ratio.share, target=target, kind=kind)
    return _card(name, say.percent(ratio.share), n, say(w.TARGET, f"{target:.0%}"), bar)


def _card(name: str, value: str, *notes: Content, is_lead: bool = False) -> Markup:
    lines = [note if isinstance(note, Markup) else tag("small", note) for note in notes]
    return tag(
        "div",
        tag("span", name, class_="name"),
        tag("strong", value, class_=None if value[0].isdigit() else "none"),
        *lines,
        class_="card lead" if is_lead else "card",
    )
