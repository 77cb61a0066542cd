"""Makes a report of what was collected: one hour of one tenant, or all its hours."""

from collections import Counter
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from kefu.errors import UserError
from kefu.report.collect import Collector, Ended, Issue
from kefu.report.consistency import consistency_of
from kefu.report.figures import Queues, Ratio, Sums
from kefu.report.hours import bucket_start, hours_named, next_bucket, parse_hour
from kefu.report.model import Bucket, Quote, Report, Rule, RuleHits, Span, Targets, Unit, Versions
from kefu.report.ranking import agents_of
from pipeline.config import EngineConfig
from pipeline.scorecards import KEPT_MS
from pipeline.window_outputs import distribution
from pipeline.windows import HOUR_MS
from schemas.codec import to_ms
from schemas.quality import Distribution, ScorecardData

QUOTES_PER_RULE = 3
ENOUGH_CHARS = 20
"""A quote of so many characters is mostly understood by itself; a keyword of two is not."""
TREND_HOURS = 24
"""How far the trend of a page of one hour goes back."""
MAX_BUCKETS: dict[Unit, int] = {"hour": 72, "day": 92}
"""Beyond so many hours a trend is by days, beyond so many days by months."""
MAX_EMPTY = 3
"""A longer stretch without anything is shown as so many empty hours (or days, or months)."""
SERIOUS = ("critical", "major")
"""An interaction with an issue of such a severity is not compliant."""
TOP_BOX_PERMILLE = 1000
"""The best rating that could be given."""


def build(
    collected: Collector,
    config: EngineConfig,
    *,
    hour: str | None = None,
    tenant: str | None = None,
    is_complete: bool = False,
) -> Report:
    """The report of an hour like `2026-11-23T09` in the time zone of the policy, or of all hours.

    `tenant` may be left out where there is one only. `is_complete`: no event can come any more.
    Raises `UserError` where the hour, or the tenant, has no scorecard.
    """
    zone = ZoneInfo(config.sla.timezone)
    tenant = _tenant(collected, tenant)
    cards = [card for card in collected.cards() if card.tenant == tenant]
    hours = {to_ms(card.window_start): card for card in cards if card.group == "tenant"}
    if hour is None:
        wanted = set(hours)
    else:
        start = parse_hour(hour, zone)
        if start not in hours:
            raise UserError(
                f"--hour {hour}: no scorecard of that hour ({zone.key}); "
                f"there are: {hours_named(hours, zone)}"
            )
        wanted = {start}
    own = [card for card in cards if to_ms(card.window_start) in wanted]
    totals = [hours[start] for start in sorted(wanted)]
    sums = Sums.of(totals)
    span = _span(collected, totals, zone, tenant, is_hour=hour is not None, is_complete=is_complete)
    within = _Within(span)
    ended = [one for one in collected.interactions() if within.has(one.ended_ms, one.tenant)]
    standing = collected.issues()
    rules = _rules(config, standing)
    issues = [i for i in standing if within.has(i.time_ms, i.data.tenant or "")]
    scores = Counter(one.score for one in ended if one.score is not None)
    responses = sorted(x.first_response_ms for x in ended if x.first_response_ms is not None)
    ratings = [one.rating_permille for one in ended if one.rating_permille is not None]
    unit: Unit = "hour" if hour is not None else _unit(totals, zone)
    return Report(
        span=span,
        targets=_targets(config),
        versions=_versions(totals, config),
        sums=sums,
        scores=dict(sorted(scores.items())),
        distribution=_distribution(totals, scores),
        compliance=_compliance(ended, rules),
        rules=_rule_hits(sums.issues, issues, rules),
        agents=agents_of(own, sums, ended, rules),
        queues=Queues.of(
            one
            for one in collected.intervals()
            if one.tenant == tenant and to_ms(one.window_start) in wanted
        ),
        first_response_p90_ms=responses[-(-len(responses) * 90 // 100) - 1] if responses else None,
        first_response_n=len(responses),
        top_box=Ratio(sum(r >= TOP_BOX_PERMILLE for r in ratings), len(ratings)),
        consistency=consistency_of(ended, rules),
        trend=_trend(hours, span, unit),
        trend_unit=unit,
    )


def _tenant(collected: Collector, wanted: str | None) -> str:
    found = sorted({card.tenant for card in collected.cards() if card.group == "tenant"})
    if not found:
        raise UserError("no scorecards among the outputs: there is no hour to report on")
    named = ", ".join(f"`{name}`" for name in found)
    if wanted is None:
        if len(found) > 1:
            raise UserError(f"several tenants: name one with --tenant: {named}")
        return found[0]
    if wanted not in found:
        raise UserError(f"--tenant {wanted}: no scorecards of it; there are: {named}")
    return wanted


class _Within:
    """Whether something happened in the time, and for the tenant, of the page."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def has(self, time_ms: int | None, tenant: str) -> bool:
        span = self._span
        return (
            time_ms is not None and span.start_ms <= time_ms < span.end_ms and tenant == span.tenant
        )


def _span(
    collected: Collector,
    totals: list[ScorecardData],
    zone: ZoneInfo,
    tenant: str,
    *,
    is_hour: bool,
    is_complete: bool,
) -> Span:
    end_ms = to_ms(totals[-1].window_end)
    open_until_ms = end_ms + KEPT_MS
    return Span(
        zone=zone,
        tenant=tenant,
        start_ms=to_ms(totals[0].window_start),
        end_ms=end_ms,
        hours=len(totals),
        is_hour=is_hour,
        revision=max(card.revision for card in totals),
        corrected=sum(card.revision > 1 for card in totals),
        open_until_ms=None
        if is_complete or collected.newest_ms >= open_until_ms
        else open_until_ms,
        newest_ms=collected.newest_ms,
        is_synthetic=collected.is_synthetic,
    )


def _targets(config: EngineConfig) -> Targets:
    level, rate = config.sla.service_level, config.sla.response_rate
    return Targets(
        pass_score=config.qa.pass_score,
        service_level=level.target_share,
        response_rate=rate.target_share,
        response_hours=rate.within_hours,
        call_threshold_s=level.call.threshold_seconds,
        chat_threshold_s=level.conversation.threshold_seconds,
    )


def _versions(totals: list[ScorecardData], config: EngineConfig) -> Versions:
    return Versions(
        rules=tuple(sorted({card.rules_version for card in totals})),
        policies=tuple(sorted({card.policy_version for card in totals})),
        configured_rules=config.qa.version,
        word_lists=config.lexicons.version,
    )


def _rules(config: EngineConfig, issues: Iterable[Issue]) -> dict[str, Rule]:
    """What the issues say of their rules; of rules without an issue, what the configuration says.

    The issues were judged by the rules of their time, which may no longer be the configured ones.
    """
    found = {
        info.id: Rule(info.id, info.name, info.name_zh, info.severity, info.speaks_of)
        for info in config.qa.infos.values()
    }
    seen: set[str] = set()
    for issue in issues:  # the newest first
        data = issue.data
        if data.rule not in seen:
            seen.add(data.rule)
            found[data.rule] = Rule(
                data.rule, data.rule_name, data.rule_name_zh, data.severity, data.speaks_of
            )
    return found


def _distribution(totals: list[ScorecardData], scores: Counter[int]) -> Distribution:
    if len(totals) == 1:
        return totals[0].score
    return distribution({str(score): count for score, count in scores.items()})


def _compliance(ended: Iterable[Ended], rules: dict[str, Rule]) -> Ratio:
    """Scored interactions without a serious issue. One with a rule that nobody can tell the
    severity of is left out of both sides.
    """
    scored = [one for one in ended if one.score is not None and one.rules <= rules.keys()]
    clean = sum(all(rules[r].severity not in SERIOUS for r in one.rules) for one in scored)
    return Ratio(clean, len(scored))


def _rule_hits(
    hits: Counter[str], issues: list[Issue], rules: dict[str, Rule]
) -> tuple[RuleHits, ...]:
    """The most frequent first; notes, which cost no points, after all others."""
    by_rule: dict[str, list[Issue]] = {}
    for issue in issues:
        by_rule.setdefault(issue.data.rule, []).append(issue)
    total = sum(hits.values())
    found = []
    for name, count in hits.items():
        if count > 0:
            seen = by_rule.get(name, [])
            rule = rules.get(name, Rule(name, name, name, "info", "agent"))
            interactions = len({issue.interaction_id for issue in seen})
            found.append(RuleHits(rule, Ratio(count, total), interactions, _quotes(seen)))
    return tuple(
        sorted(found, key=lambda one: (one.rule.severity == "info", -one.hits.part, one.rule.id))
    )


def _quotes(issues: list[Issue]) -> tuple[Quote, ...]:
    """Those that say most, of them the newest; of different interactions, no text twice."""
    found: list[Quote] = []
    interactions: set[str] = set()
    said: set[tuple[str, ...]] = set()
    for issue in sorted(issues, key=_said_little):
        texts = tuple(e.text for e in issue.data.evidence if e.text.strip())
        if not texts or issue.interaction_id in interactions or texts in said:
            continue
        interactions.add(issue.interaction_id)
        said.add(texts)
        found.append(Quote(issue.interaction_id, issue.time_ms, issue.data.agent_id, texts))
        if len(found) == QUOTES_PER_RULE:
            break
    return tuple(found)


def _said_little(issue: Issue) -> int:
    """How much an issue's text lacks to be understood by itself, in characters."""
    return max(0, ENOUGH_CHARS - sum(len(e.text) for e in issue.data.evidence))


def _unit(totals: list[ScorecardData], zone: ZoneInfo) -> Unit:
    first, last = to_ms(totals[0].window_start), to_ms(totals[-1].window_start)
    hours = (last - first) // HOUR_MS + 1
    if hours <= MAX_BUCKETS["hour"]:
        return "hour"
    return "day" if hours <= MAX_BUCKETS["day"] * 24 else "month"


def _trend(hours: dict[int, ScorecardData], span: Span, unit: Unit) -> tuple[Bucket, ...]:
    first_ms = min(hours)
    if span.is_hour:
        first_ms = max(first_ms, span.start_ms - (TREND_HOURS - 1) * HOUR_MS)
    grouped: dict[int, list[ScorecardData]] = {}
    for start, card in hours.items():
        if first_ms <= start < span.end_ms:
            grouped.setdefault(bucket_start(start, unit, span.zone), []).append(card)
    found: list[Bucket] = []
    at_ms = bucket_start(first_ms, unit, span.zone)
    while at_ms < span.end_ms:
        if at_ms in grouped:
            found.append(Bucket(at_ms, Sums.of(grouped[at_ms])))
        elif any(bucket.sums for bucket in found[-MAX_EMPTY:]):
            found.append(Bucket(at_ms, None))
        at_ms = next_bucket(at_ms, unit, span.zone)
    return tuple(found)
