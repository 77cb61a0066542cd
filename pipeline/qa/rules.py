"""The quality rules: each says of one interaction what it saw, at the moment that it is certain."""

import re

from pipeline.config import EngineConfig, Rule
from pipeline.ids import output_id
from pipeline.masking import truncate
from pipeline.state import Interaction
from pipeline.step import Step, dimensions
from schemas.codec import from_ms
from schemas.events import HangupCause
from schemas.outputs import Evidence, QaIssue, QaIssueData, Speaker

GREETING = "greeting"
FORBIDDEN_WORDS = "forbidden_words"
NO_APOLOGY = "no_apology"
ASKED_FOR_HUMAN = "asked_for_human"
ABNORMAL_HANG_UP = "abnormal_hang_up"
RULES = (GREETING, FORBIDDEN_WORDS, NO_APOLOGY, ASKED_FOR_HUMAN, ABNORMAL_HANG_UP)

MAX_EVIDENCE_CHARS = 120
"""How much of the surrounding text an evidence quotes."""


def word_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for many words; longer ones first, Latin ones only as whole words."""
    parts = []
    for word in sorted(words, key=lambda w: (-len(w), w)):
        before = r"(?<![a-z])" if word[0].isascii() and word[0].isalpha() else ""
        parts.append(
            before + re.escape(word.lower()) + ("(?![a-z])" if len(word) < 4 and before else "")
        )
    return re.compile("|".join(parts), re.IGNORECASE)


class QualityRules:
    """The rules of one configuration, compiled once."""

    def __init__(self, config: EngineConfig) -> None:
        qa = config.qa
        self._qa = qa
        self._greeting = word_pattern(qa.greeting.any_of)
        self._forbidden = word_pattern(qa.forbidden_words.any_of)
        self._apology = word_pattern(qa.no_apology.any_of)
        self._human = word_pattern(qa.asked_for_human.any_of)
        self._human_ms = round(qa.asked_for_human.within_seconds * 1000)

    def on_customer(self, step: Step, text: str, *, is_negative: bool) -> None:
        """A customer spoke; `text` is masked."""
        it = step.interaction
        if is_negative and not it.upset_id:
            it.upset_id, it.upset_text = step.cause, truncate(text, MAX_EVIDENCE_CHARS)
            it.replies_since_upset = 0
        if it.wants_human_ms is None and ASKED_FOR_HUMAN not in it.issues:
            found = self._human.search(text)
            if found:
                it.wants_human_ms = step.time_ms
                it.wants_human_id = step.cause
                it.wants_human_text = truncate(text, MAX_EVIDENCE_CHARS)

    def on_agent(self, step: Step, text: str) -> None:
        """A human agent spoke; `text` is masked and already counted in the state."""
        it = step.interaction
        if it.wants_human_ms is not None and step.time_ms >= it.wants_human_ms:
            if step.time_ms - it.wants_human_ms > self._human_ms:
                self.fire(step)
            self._stop_wanting(it)
        if not it.greeted and self._greeting.search(text):
            it.greeted = True
        if not it.greeted and it.agent_messages == self._qa.greeting.within_turns:
            self._hit(step, GREETING, self._qa.greeting, "agent", _whole(step.cause, text))
        found = self._forbidden.search(text)
        if found:
            self._hit(
                step, FORBIDDEN_WORDS, self._qa.forbidden_words, "agent", _span(step, text, found)
            )
        if it.upset_id:
            it.replies_since_upset += 1
            if self._apology.search(text):
                it.upset_id = it.upset_text = ""
            elif it.replies_since_upset >= self._qa.no_apology.within_turns:
                self._unapologised(step)

    def on_hang_up(self, step: Step, cause: HangupCause) -> None:
        """A call that an agent had answered ended."""
        if cause in self._qa.abnormal_hang_up.causes:
            evidence = Evidence(event_id=step.cause)
            self._hit(step, ABNORMAL_HANG_UP, self._qa.abnormal_hang_up, "agent", evidence)

    def on_close(self, step: Step) -> None:
        """The interaction ended: what could only be known now is decided."""
        it = step.interaction
        if not it.greeted and 0 < it.agent_messages < self._qa.greeting.within_turns:
            self._hit(step, GREETING, self._qa.greeting, "agent", Evidence(event_id=step.cause))
        if it.upset_id and it.agent_messages:
            self._unapologised(step)
        if it.wants_human_ms is not None:
            self.fire(step)

    def next_due_ms(self, it: Interaction) -> int | None:
        """When a rule next has something to say, if nothing happens until then."""
        return None if it.wants_human_ms is None else it.wants_human_ms + self._human_ms

    def fire(self, step: Step) -> None:
        """The customer asked for a human and got none in time.

        A deadline that has passed is stated as a tick would have stated it.
        """
        it = step.interaction
        evidence = _whole(it.wants_human_id, it.wants_human_text)
        due_ms = self.next_due_ms(it)
        at = step
        if due_ms is not None and due_ms < step.time_ms:
            at = Step(step.config, it, step.tallies, due_ms, it.wants_human_id, step.now_ms)
        self._stop_wanting(it)
        self._hit(at, ASKED_FOR_HUMAN, self._qa.asked_for_human, "queue", evidence)
        if at is not step:
            step.out.extend(at.out)
            step.milestone = True

    def _unapologised(self, step: Step) -> None:
        it = step.interaction
        evidence = _whole(it.upset_id, it.upset_text)
        it.upset_id = it.upset_text = ""
        self._hit(step, NO_APOLOGY, self._qa.no_apology, "agent", evidence)

    @staticmethod
    def _stop_wanting(it: Interaction) -> None:
        it.wants_human_ms = None
        it.wants_human_id = it.wants_human_text = ""

    def _hit(
        self, step: Step, rule_id: str, rule: Rule, speaks_of: Speaker, evidence: Evidence
    ) -> None:
        """Report a hit; one rule is reported once for one piece of evidence, and deducted once."""
        it = step.interaction
        if rule_id not in it.issues:
            it.issues.append(rule_id)
            it.deducted += rule.points
        tally = step.tally()
        tally.issues[rule_id] = tally.issues.get(rule_id, 0) + 1
        caused_by = [evidence.event_id]
        if step.cause != evidence.event_id:
            caused_by.append(step.cause)
        step.out.append(
            QaIssue(
                id=output_id("qa", it.kind, it.id, rule_id, evidence.event_id),
                time=from_ms(step.time_ms),
                subject=it.id,
                data=_issue(step, rule_id, rule, speaks_of, evidence, caused_by),
            )
        )


def _issue(
    step: Step,
    rule_id: str,
    rule: Rule,
    speaks_of: Speaker,
    evidence: Evidence,
    caused_by: list[str],
) -> QaIssueData:
    return QaIssueData(
        kind=step.interaction.kind,
        rule=rule_id,
        rule_name=rule.name,
        rule_name_zh=rule.name_zh,
        severity=rule.severity,
        points=rule.points,
        speaks_of=speaks_of,
        evidence=[evidence],
        rules_version=step.config.qa.version,
        caused_by=caused_by,
        **dimensions(step.interaction),
    )


def _span(step: Step, text: str, found: re.Match[str]) -> Evidence:
    return Evidence(event_id=step.cause, start=found.start(), end=found.end(), text=found.group(0))


def _whole(event_id: str, text: str) -> Evidence:
    quoted = truncate(text, MAX_EVIDENCE_CHARS)
    return Evidence(event_id=event_id, start=0, end=len(quoted), text=quoted)
