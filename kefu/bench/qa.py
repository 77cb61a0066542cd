"""The quality rules: how many messages a second one core judges, with 1, 40 and 400 rules."""

import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from statistics import median

import yaml

from agents.settings import default_config_dir
from kefu.errors import UserError
from kefu.sources import SourceOptions, read
from pipeline.masking import mask
from pipeline.qa.language.rule_set import Over, RuleSet, load_rules
from pipeline.qa.language.values import Facts, Turn
from schemas.codec import to_ms
from schemas.events import ConversationMessage

DATA = Path("..") / "shared" / "data" / "jddc_sessions.tsv"
SIZES = (1, 40, 400)
ROUNDS = 5
"""Of which the median counts."""
SEED = 7
_SYLLABLES = "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去"

Chat = list[Turn]


def run() -> dict[str, object]:
    """Messages a second of CPU time of the rule engine on the JDDC chats."""
    if not DATA.is_file():
        raise UserError(f"{DATA} is not here: the benchmark of rules needs real chats")
    chats = list(_chats(DATA))
    result: dict[str, object] = {"messages": sum(len(chat) for chat in chats)}
    for size in SIZES:
        result[f"messages_s_{size}"] = _speed(load_rules(_rules(size), "bench"), chats)
    shipped = (default_config_dir() / "qa_rules.yaml").read_text(encoding="utf-8")
    result["messages_s_shipped"] = _speed(load_rules(shipped, "qa_rules.yaml"), chats)
    result["cost_400_over_40"] = round(
        float(str(result["messages_s_40"])) / float(str(result["messages_s_400"])), 3
    )
    return result


def _speed(rules: RuleSet, chats: list[Chat]) -> int:
    facts = Facts(kind="conversation")
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for chat in chats:
            state = rules.new_state()
            for turn in chat:
                rules.evaluate_step(state, turn, facts)
            rules.evaluate_step(state, Over(), facts)
        rounds.append(time.process_time() - started)
    return round(sum(len(chat) for chat in chats) / median(rounds))


def _rules(count: int) -> str:
    """Keyword and regex rules in turn, of made-up words: as many as are asked for."""
    random = Random(SEED)  # noqa: S311 - no secret

    def words(number: int) -> list[str]:
        return ["".join(random.choices(_SYLLABLES, k=random.randint(2, 4))) for _ in range(number)]

    rules = []
    for number in range(count):
        one, two, three = words(3)
        condition: dict[str, object] = {"keywords": {"any": words(20)}}
        if number % 2:
            condition = {"regex": {"pattern": f"{one}.{{0,6}}{two}|{three}"}}
        rules.append(
            {
                "id": f"rule_{number}",
                "name": f"Rule {number}",
                "name_zh": f"规则{number}",
                "severity": "minor",
                "points": 1,
                "speaks_of": "agent",
                "when": {**condition, "who": "any"},
            }
        )
    return yaml.safe_dump({"version": "bench", "rules": rules}, allow_unicode=True)


def _chats(path: Path) -> Iterable[Chat]:
    chats: dict[str, Chat] = {}
    for number, record in enumerate(read(path, "jddc", SourceOptions())):
        event = record.event
        if isinstance(event, ConversationMessage):
            masked, time_ms = mask(event.data.text or ""), to_ms(event.time)
            chats.setdefault(event.subject, []).append(
                Turn(
                    event_id=event.id,
                    order=(time_ms, number, 0, b""),
                    time_ms=time_ms,
                    role=event.data.role,
                    text=masked.text,
                    kinds=tuple(masked.kinds),
                )
            )
    return chats.values()
