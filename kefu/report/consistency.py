"""Whether one rule is kept alike everywhere: how far the channels lie apart."""

from collections import Counter
from collections.abc import Iterable

from kefu.report.collect import Ended
from kefu.report.figures import Ratio
from kefu.report.model import Consistency, Gap, Rule
from schemas.envelope import InteractionKind

MIN_SCORED = 30
"""Below that a share moves by more than three points with each interaction."""
LISTED = 3


def consistency_of(ended: Iterable[Ended], rules: dict[str, Rule]) -> Consistency:
    """The largest gaps. Chats are compared with chats and calls with calls: some rules (a hold, an
    overtalk) can hit in one of them only.
    """
    scored: Counter[tuple[InteractionKind, str]] = Counter()
    hits: Counter[tuple[InteractionKind, str, str]] = Counter()
    for one in ended:
        if one.score is not None and one.channel is not None:
            scored[one.kind, one.channel] += 1
            hits.update((one.kind, one.channel, rule) for rule in one.rules)
    enough = {place: n for place, n in sorted(scored.items()) if n >= MIN_SCORED}
    gaps = [
        gap
        for kind in sorted({kind for kind, _ in enough})
        for rule in sorted({rule for of_kind, _, rule in hits if of_kind == kind} & rules.keys())
        if (gap := _gap(rules[rule], kind, enough, hits)) is not None
    ]
    gaps.sort(key=lambda gap: (-gap.size, gap.rule.id, gap.kind))
    return Consistency(
        min_scored=MIN_SCORED,
        channels={channel: n for (_, channel), n in enough.items()},
        gaps=tuple(gaps[:LISTED]),
    )


def _gap(
    rule: Rule,
    kind: InteractionKind,
    enough: dict[tuple[InteractionKind, str], int],
    hits: Counter[tuple[InteractionKind, str, str]],
) -> Gap | None:
    shares = [
        (channel, Ratio(hits[kind, channel, rule.id], n))
        for (of_kind, channel), n in enough.items()
        if of_kind == kind
    ]
    if len(shares) < 2:
        return None
    shares.sort(key=lambda one: (one[1].share or 0.0, one[0]))
    return Gap(rule, kind, high=shares[-1], low=shares[0])
