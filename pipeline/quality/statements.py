"""What is published of claims: issues, moods, and what takes them back."""

from typing import Any

from pipeline.ids import output_id
from pipeline.quality.claims import Claim, Issue, MoodClaim
from pipeline.quality.counts import Place
from pipeline.step import Step
from schemas.codec import from_ms
from schemas.outputs import (
    MoodWithdrawn,
    QaIssue,
    QaWithdrawn,
    SentimentTurned,
    SustainedNegative,
)
from schemas.quality import Evidence, MoodData, MoodWithdrawnData, QaIssueData, QaWithdrawnData


def say(step: Step, claim: Claim) -> None:
    """Publish a claim."""
    it = step.interaction
    caused_by = list(_events(claim))
    if step.cause and step.cause not in caused_by:
        caused_by.append(step.cause)
    envelope: dict[str, Any] = {
        "id": _id(step, _name(step, claim)),
        "time": from_ms(claim.at_ms),
        "subject": it.id,
    }
    match claim:
        case Issue(hit=hit):
            info = step.config.qa.infos[hit.rule_id]
            issue = QaIssueData(
                kind=it.kind,
                rule=info.id,
                rule_name=info.name,
                rule_name_zh=info.name_zh,
                severity=info.severity,
                points=info.points,
                speaks_of=info.speaks_of,
                evidence=[Evidence(**span._asdict()) for span in hit.spans],
                decided=from_ms(step.time_ms),
                rules_version=step.config.qa.version,
                caused_by=caused_by,
                **_dimensions(step, claim.place),
            )
            step.out.append(QaIssue(**envelope, data=issue))
        case MoodClaim():
            mood = MoodData(
                kind=it.kind,
                mood=claim.mood,
                turns=list(claim.event_ids),
                mood_version=step.config.moods.version,
                caused_by=caused_by,
                **_dimensions(step, claim.place),
            )
            cls = SentimentTurned if claim.kind == "turned" else SustainedNegative
            step.out.append(cls(**envelope, data=mood))


def withdraw(step: Step, claim: Claim, late_id: str) -> None:
    """Take a claim back because of a late event."""
    it = step.interaction
    name = _name(step, claim)
    corrects = _id(step, name)
    it.withdrawn[name] = late_id
    envelope: dict[str, Any] = {
        "id": output_id("withdrawn", corrects, late_id),
        "time": from_ms(claim.at_ms),
        "subject": it.id,
    }
    match claim:
        case Issue(hit=hit):
            info = step.config.qa.infos[hit.rule_id]
            issue = QaWithdrawnData(
                kind=it.kind,
                rule=info.id,
                severity=info.severity,
                points=info.points,
                speaks_of=info.speaks_of,
                corrects=corrects,
                rules_version=step.config.qa.version,
                caused_by=[late_id],
                **_dimensions(step, claim.place),
            )
            step.out.append(QaWithdrawn(**envelope, data=issue))
        case MoodClaim():
            mood = MoodWithdrawnData(
                kind=it.kind,
                corrects=corrects,
                caused_by=[late_id],
                **_dimensions(step, claim.place),
            )
            step.out.append(MoodWithdrawn(**envelope, data=mood))


def _dimensions(step: Step, place: Place) -> dict[str, Any]:
    """Those of the moment that the claim speaks of, not of now."""
    it = step.interaction
    return {
        **place._asdict(),
        "priority": it.priority,
        "segment": it.segment,
        "customer_id": it.customer_id,
    }


def _events(claim: Claim) -> tuple[str, ...]:
    if isinstance(claim, MoodClaim):
        return claim.event_ids
    return tuple(dict.fromkeys(span.event_id for span in claim.hit.spans))


def _name(step: Step, claim: Claim) -> str:
    """What tells a claim from all others of its interaction."""
    it = step.interaction
    match claim:
        case Issue(hit=hit, place=place):
            spans = (f"{span.event_id}/{span.start}/{span.end}" for span in hit.spans)
            return output_id("qa", it.kind, it.id, hit.rule_id, place.agent_id or "", *spans)
        case MoodClaim(kind=kind, event_ids=event_ids):
            return output_id("mood", it.kind, it.id, kind, *event_ids)


def _id(step: Step, name: str) -> str:
    """The id of a claim; once it has been withdrawn, another one."""
    late_id = step.interaction.withdrawn.get(name)
    return name if late_id is None else output_id(name, late_id)
