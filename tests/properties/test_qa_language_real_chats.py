"""Quality rules on real chats: what is said live is what the plain judge says afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.masking import mask
from pipeline.qa.language.rule_set import Over, load_rules
from pipeline.qa.language.values import End, Facts, Transfer, Turn
from tests.oracle_qa import judge
from tests.unit.qa_builders import rule, rule_file

UPSET = {
    "keywords": {"any": ["投诉", "差评", "骗", "垃圾", "太慢", "生气"]},
    "who": "customer",
    "label": "upset",
}
AFTER = {"range": {"after": {"hit_of": "upset", "turns": 2}}}
SORRY = ["抱歉", "对不起", "不好意思", "sorry"]
CONDITIONS = [
    {"must_not_say": {"any": ["不知道", "没办法", "不可能", "不清楚"]}},
    {"must_say": {"any": ["您好", "你好", "hi"]}, "range": {"first": 2}},
    {"keywords": {"none": ["再见", "感谢", "祝您"]}, "range": {"last": 2}},
    {"keywords": {"of": ["请", "您", "谢谢"], "at_least": 5}},
    {"keywords": {"all": ["订单", "退款"]}, "who": "any"},
    {"all": [UPSET, {"must_say": {"any": SORRY}, **AFTER}]},
    {"all": [UPSET, {"not": {"keywords": {"any": SORRY}}}]},
    {"all": [UPSET, {"any": [{"repeat": {}}, {"regex": {"pattern": "[?？]{2,}"}}]}]},
    {"regex": {"pattern": "(什么时候|多久).{0,6}(到|发)", "exclude": "谢"}, "who": "customer"},
    {"similarity": {"to": ["请问还有什么可以帮您", "很高兴为您服务"], "at_least": 0.5}},
    {"off_script": {"script": ["您好，请问有什么可以帮您", "请您提供一下订单号"], "below": 0.3}},
    {"emptiness": {"templates": ["您好", "好的", "请稍等"], "min_turns": 2}},
    {"repeat": {"similarity": 0.6}},
    {"repeat": {"of": "other", "similarity": 0.6}, "who": "agent"},
    {"asked_again": {}},
    {"all": [{"transfers": {}, "label": "t"}, {"asked_again": {}}]},
    {"repeat": {}, "range": {"after": {"hit_of": "t", "turns": 9}}},
    {"reply_gap": {"over_seconds": 45}},
    {"sentiment": {"negative_turns": 2}},
    {"sentiment": {"falling_by": 0.3}},
    {"turn_count": {"over": 12}},
    {"turn_count": {"under": 2}, "who": "agent"},
    {"duration": {"over_seconds": 300}},
    {"hang_up": {"by": ["customer"]}},
    {"role_order": {"roles": ["customer", "customer", "customer"]}},
    {"script_steps": {"steps": [["您好", "你好"], ["请问", "帮您"], ["感谢", "再见"]]}},
    {"personal_data": {}, "who": "any"},
    {"not": {"any": [{"keywords": {"any": ["您"]}}, {"turn_count": {"over": 3}}]}},
]  # fmt: skip
CONDITIONS[16] = {"all": [{"transfers": {}, "label": "t"}, CONDITIONS[16]]}
RULES = [rule(when, id=f"r{number}") for number, when in enumerate(CONDITIONS)]


def jddc(folder: Path) -> Iterator[list[tuple[str, str]]]:
    chats: dict[str, list[tuple[str, str]]] = {}
    with (folder / "jddc_sessions.tsv").open(encoding="utf-8") as lines:
        for line in lines:
            session, _, sender, *_, text = line.rstrip("\n").split("\t")
            role = "agent" if sender == "1" else "customer"
            chats.setdefault(session, []).append((role, text))
    yield from chats.values()


def stc3(folder: Path) -> Iterator[list[tuple[str, str]]]:
    with (folder / "stc3_helpdesk.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield [
                ("agent" if turn["sender"] == "helpdesk" else "customer", text)
                for turn in json.loads(line)["turns"]
                for text in turn["utterances"]
            ]


def interaction(chat: list[tuple[str, str]]) -> tuple[list[Turn], Facts]:
    """A chat with times, scores and a transfer that are made from its texts, the same each time."""
    turns, now = [], 0
    for number, (role, text) in enumerate(chat):
        now += 1_000 * (3 + len(text) % 60)
        masked = mask(text)
        score = (len(text) * 7 % 10) / 10 if role == "customer" else None
        turns.append(
            Turn(
                event_id=f"e{number}",
                order=(now, 0, 3, b""),
                time_ms=now,
                role=role,
                text=masked.text,
                kinds=masked.kinds,
                score=score,
                label=None if score is None else "negative" if score < 0.5 else "neutral",
            )
        )
    transfers = (Transfer("t", turns[len(turns) // 2].time_ms),) if len(turns) > 6 else ()
    end = End("end", now + 9_000, "customer" if len(turns) % 2 else "agent")
    return turns, Facts(kind="conversation", opened_ms=0, transfers=transfers, end=end)


@pytest.mark.data
@pytest.mark.parametrize("source", [jddc, stc3])
def test_live_equals_afterwards_on_every_real_chat(shared_data, source):
    compiled = load_rules(rule_file(*RULES), "rules.yaml")
    chats = hits = 0
    rules_hit = set()
    for chat in source(shared_data):
        turns, facts = interaction(chat)
        state = compiled.new_state()
        said = []
        for step in (*turns, Over()):
            time_ms = step.time_ms if isinstance(step, Turn) else facts.end.time_ms
            known = Facts(
                kind=facts.kind,
                opened_ms=0,
                transfers=tuple(t for t in facts.transfers if t.time_ms <= time_ms),
                end=facts.end if isinstance(step, Over) else None,
            )
            said += compiled.evaluate_step(state, step, known)
        names = {(hit.rule_id, tuple(span[:3] for span in hit.spans)) for hit in said}
        assert len(names) == len(said)
        assert names == judge(RULES, turns, facts)
        chats += 1
        hits += len(said)
        rules_hit |= {hit.rule_id for hit in said}
    print(f"\n{source.__name__}: {chats} chats, {hits} hits live and the same {hits} afterwards,")
    print(f"of {len(rules_hit)} rules; no hit of {sorted({r['id'] for r in RULES} - rules_hit)}")
    assert len(rules_hit) >= 20
