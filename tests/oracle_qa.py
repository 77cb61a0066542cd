"""A plain judge of whole conversations, to hold the streaming rule engine against.

It takes rules as the plain values of their YAML and a conversation that is over, and says the set
of (rule, evidence). It knows nothing of streaming, latches, automata or RE2: it looks at all turns,
with `str.find` and `re`, as often as it likes. Nothing is imported from the implementation but the
values that go in.
"""

from pipeline.qa.language.values import Facts, Turn
from tests.oracle_qa_chat import Chat, Seen
from tests.oracle_qa_operators import OPERATORS

Evidence = tuple[tuple[str, int, int], ...]


def judge(rules: list[dict], turns: list[Turn], facts: Facts) -> set[tuple[str, Evidence]]:
    """What the rules say of the ended conversation; `turns` in any order."""
    chat = Chat(sorted(turns, key=lambda t: t.order), facts)
    found = set()
    for rule in rules:
        truth, hits = combine(rule["when"], chat, labelled(rule["when"]), negate=False)
        if truth:
            found |= {(rule["id"], hit.spans) for hit in hits}
    return found


# --- how conditions combine ----------------------------------------------------------------------


def is_operator(condition):
    return not ({"all", "any", "not"} & set(condition)) or bool({"who"} & set(condition))


def parts_of(condition):
    for key in ("all", "any"):
        if key in condition:
            return key, condition[key]
    return "not", [condition["not"]]


def operators_in(condition):
    if is_operator(condition):
        return [condition]
    return [leaf for part in parts_of(condition)[1] for leaf in operators_in(part)]


def labelled(condition):
    return {leaf["label"]: leaf for leaf in operators_in(condition) if "label" in leaf}


def beside(leaf):
    where = leaf.get("range", "whole")
    if isinstance(where, dict):
        for side in ("before", "after", "around"):
            if side in where:
                return where[side]["hit_of"]
    return None


def is_quiet(part, negate):
    """Whether a part, after all the `not`s before it, only says that something was not seen."""
    while not is_operator(part) and "not" in part:
        part, negate = part["not"], not negate
    return is_operator(part) and negate


def combine(condition, chat, labels, *, negate):
    if is_operator(condition):
        return leaf_says(condition, chat, labels, negate=negate)
    key, parts = parts_of(condition)
    if key == "not":
        return combine(parts[0], chat, labels, negate=not negate)
    results = [combine(part, chat, labels, negate=negate) for part in parts]
    if (key == "any") != negate:
        return any(truth for truth, _ in results), [h for _, hits in results for h in hits]
    if not all(truth for truth, _ in results):
        return False, []
    speaking = [i for i, part in enumerate(parts) if not is_quiet(part, negate)]
    if speaking:
        named = []
        for i in speaking:
            mine = {leaf.get("label") for leaf in operators_in(parts[i])} - {None}
            others = [leaf for j in speaking if j != i for leaf in operators_in(parts[j])]
            if not any(beside(leaf) in mine for leaf in others):
                named.append(i)
        speaking = named or speaking
    else:
        speaking = list(range(len(parts)))
    subject, *rest = [results[i][1] for i in speaking]
    more = [span for hits in rest if hits for span in min(hits, key=Seen.place).spans]
    return True, [
        Seen(h.at, h.time_ms, dict.fromkeys((*h.spans, *more)), h.is_turn) for h in subject
    ]


def name_of(leaf):
    return next(key for key in leaf if key not in ("who", "range", "label"))


def who_of(leaf):
    name = name_of(leaf)
    usual = {"repeat": "customer", "sentiment": "customer", "silence": "any", "role_order": "any"}
    facts = dict.fromkeys(("hang_up", "duration", "turn_count", "transfers", "hold"), "any")
    return leaf.get("who", (usual | facts).get(name, "agent"))


def leaf_says(leaf, chat, labels, *, negate):
    windows, hits = look(leaf, chat, labels)
    if not negate:
        return bool(hits), hits
    return (False, []) if hits else (True, nothing_seen(leaf, chat, windows))


def nothing_seen(leaf, chat, windows):
    if windows:
        lo, hi, anchor = max(windows, key=lambda w: (w[1], w[0]))
        said = chat.of(who_of(leaf), lo, hi)
        if said:
            return [chat.hit(said[-1])]
        if anchor is not None:
            return [anchor]
    end = chat.facts.end
    if end is not None:
        return [Seen(chat.n, end.time_ms, [(end.event_id, 0, 0)], False)]
    return [chat.hit(chat.n - 1)] if chat.n else []


def look(leaf, chat, labels):
    """The windows of a condition, and what its operator sees in them, each evidence once."""
    windows = windows_of(leaf, chat, labels)
    hits = {}
    name = name_of(leaf)
    operator, settings = OPERATORS[name], leaf[name] or {}
    for window in windows:
        for hit in operator(settings, chat, who_of(leaf), window):
            hits.setdefault(hit.spans, hit)
    return windows, list(hits.values())


def windows_of(leaf, chat, labels):
    where, who, n = leaf.get("range", "whole"), who_of(leaf), chat.n
    if where == "whole":
        return [(0, n, None)]
    if "first" in where:
        ours = chat.of(who)
        return [(0, ours[where["first"] - 1] + 1 if len(ours) >= where["first"] else n, None)]
    if "last" in where:
        ours = chat.of(who)
        return [(ours[-where["last"]] if len(ours) >= where["last"] else 0, n, None)]
    side = next(iter(where))
    result = []
    for hit in look(labels[where[side]["hit_of"]], chat, labels)[1]:
        after = hit.at + 1 if hit.is_turn else hit.at
        if "turns" in where[side]:
            count = where[side]["turns"]
            earlier, later = chat.of(who, 0, hit.at), chat.of(who, after)
            lo = earlier[-count] if len(earlier) >= count else 0
            hi = later[count - 1] + 1 if len(later) >= count else n
        else:
            ms = round(where[side]["seconds"] * 1000)
            near = [i for i in range(hit.at) if chat.turns[i].time_ms >= hit.time_ms - ms]
            lo = min(near, default=hit.at)
            near = [i for i in range(after, n) if chat.turns[i].time_ms <= hit.time_ms + ms]
            hi = max(near, default=after - 1) + 1
        result.append(
            {"before": (lo, hit.at, hit), "after": (after, hi, hit), "around": (lo, hi, hit)}[side]
        )
    return result
