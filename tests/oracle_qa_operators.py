"""The operators of the quality rules, each written plainly for a conversation that is over.

Every function takes the settings of the operator, the conversation, whom it looks at and a window
of turns, and gives the hits.
"""

import re

from pipeline.masking import PLACEHOLDERS
from tests.oracle_qa_chat import Seen, first_word, letters, likeness, places, sentences


def missing(chat, who, window):
    lo, hi, anchor = window
    said = chat.of(who, lo, hi)
    if not said:
        return []
    hit = chat.hit(said[-1])
    return [Seen(hit.at, hit.time_ms, anchor.spans) if anchor is not None else hit]


def spot(chat, i, start, end):
    return Seen(i, chat.turns[i].time_ms, [chat.span(i, start, end)])


def saying(words, chat, who, window):
    """One hit for each turn that says a word: the first of them."""
    found = [(i, first_word(words, chat.turns[i].text)) for i in chat.of(who, *window[:2])]
    return [spot(chat, i, *place) for i, place in found if place]


def keywords(settings, chat, who, window):
    if "any" in settings:
        return saying(settings["any"], chat, who, window)
    if "none" in settings:
        said = saying(settings["none"], chat, who, window)
        return [] if said else missing(chat, who, window)
    words = settings.get("all") or settings["of"]
    said = []
    for i in chat.of(who, *window[:2]):
        text = chat.turns[i].text
        here = [(p, k) for k, word in enumerate(words) for p in list(places(word, text))[:1]]
        said += [(i, *p, k) for p, k in sorted(here, key=lambda x: (x[0][0], -x[0][1], x[1]))]
    if "all" in settings:
        said = [one for j, one in enumerate(said) if one[3] not in [x[3] for x in said[:j]]]
        needed = len(words)
    else:
        needed = settings["at_least"]
    if len(said) < needed:
        return []
    spans = [chat.span(i, start, end) for i, start, end, _ in said[:needed]]
    last = said[needed - 1][0]
    return [Seen(last, chat.turns[last].time_ms, spans)]


def must_say(settings, chat, who, window):
    return [] if saying(settings["any"], chat, who, window) else missing(chat, who, window)


def must_speak(settings, chat, who, window):
    lo, hi, anchor = window
    if chat.of(who, lo, hi):
        return []
    if anchor is not None:
        return [anchor]
    return [chat.hit(chat.n - 1)] if chat.n else []


def must_not_say(settings, chat, who, window):
    return saying(settings["any"], chat, who, window)


def regex(settings, chat, who, window):
    hits = []
    for i in chat.of(who, *window[:2]):
        text = chat.turns[i].text
        found = re.search(settings["pattern"], text, re.IGNORECASE)
        excluded = "exclude" in settings and re.search(settings["exclude"], text, re.IGNORECASE)
        if found and not excluded:
            hits.append(spot(chat, i, *found.span()))
    return hits


def similarity(settings, chat, who, window):
    hits = []
    for i in chat.of(who, *window[:2]):
        text = chat.turns[i].text
        tried = []
        for start, end in [(0, len(text)), *sentences(text)]:
            piece = text[start:end]
            if len(letters(piece)) >= settings.get("min_chars", 4):
                tried.append((max(likeness(piece, r) for r in settings["to"]), start, end))
        best = max((value for value, _, _ in tried), default=0)
        if best >= settings.get("at_least", 0.7):
            hits.append(spot(chat, i, *next(t[1:] for t in tried if t[0] == best)))
    return hits


def off_script(settings, chat, who, window):
    hits = []
    for i in chat.of(who, *window[:2]):
        text = chat.turns[i].text
        free = [
            (start, end)
            for start, end in sentences(text)
            if len(letters(text[start:end])) >= settings.get("min_chars", 8)
            and all(
                likeness(text[start:end], r) < settings.get("below", 0.4)
                for r in settings["script"]
            )
        ]
        hits += [spot(chat, i, *place) for place in free[:1]]
    return hits


def emptiness(settings, chat, who, window):
    said = chat.of(who, *window[:2])
    empty = all(
        any(
            likeness(chat.turns[i].text, t) >= settings.get("at_least", 0.8)
            for t in settings["templates"]
        )
        for i in said
    )
    return missing(chat, who, window) if empty and len(said) >= settings.get("min_turns", 2) else []


def repeat(settings, chat, who, window):
    hits = []
    shorts = ["".join(letters(t.text))[:256] for t in chat.turns]
    for i in chat.of(who, *window[:2]):
        if len(shorts[i]) < settings.get("min_chars", 5):
            continue
        if first_word(settings.get("exceptions", []), chat.turns[i].text):
            continue
        alike = [
            j
            for j in range(max(0, i - 100), i)
            if (chat.who[j] == chat.who[i]) == (settings.get("of", "own") == "own")
            and len(shorts[j]) >= settings.get("min_chars", 5)
            and likeness(shorts[i], shorts[j]) >= settings.get("similarity", 0.8)
        ]
        count = settings.get("count", 1)
        if len(alike) >= count:
            hits.append(chat.hit(*alike[:count], i))
    return hits


GIVE = "(提供|发|报|告诉|告知|说|给|留|填|写|核对|确认)[一个]?下?"
ASKED = {
    "order_no": "((订单|单|订单编)号)",
    "phone": "((手机|电话|联系电话|联系方式|手机号|电话号)(号码|码|号)?)",
    "name": "(姓名|名字|称呼|贵姓)",
    "address": "(地址|住址|住哪)",
}
HAN = "[\u4e00-\u9fff]"
GIVEN = {
    "order_no": r"\[订单号\]|\[订单编号",
    "phone": r"\[手机号\]|\[固话\]|\[电话",
    "name": rf"我[叫姓]{HAN}{{1,4}}|(姓名|名字|收货人|收件人)[是叫为]?[:：]?{HAN}{{2,4}}|\[姓名",
    "address": rf"地址[是为]?[:：]?{HAN}{{4}}|{HAN}{{2,8}}[省市区县镇]"
    r".{0,20}([路街道村号栋]|小区)"
    r"|\[地址",
}
KINDS = {"order_no": {"order_no"}, "phone": {"phone", "landline"}}


def asked_again(settings, chat, who, window):
    hits = []
    for thing in settings.get("what", list(ASKED)):
        name = ASKED[thing]
        asks = f"{GIVE}.{{0,8}}{name}|{name}.{{0,4}}([是叫]?(多少|什么|啥|哪)|{GIVE}|呢|[?？])" + (
            "|[您你]?贵姓|怎么称呼" if thing == "name" else ""
        )
        given = [
            i
            for i in chat.of("customer")
            if re.search(GIVEN[thing], chat.turns[i].text)
            or KINDS.get(thing, set()) & set(chat.turns[i].kinds)
        ]
        for i in chat.of(who, *window[:2]):
            found = re.search(asks, chat.turns[i].text)
            if found and chat.who[i] != "customer" and given and given[0] < i:
                hit = spot(chat, i, *found.span())
                hits.append(Seen(i, hit.time_ms, [chat.span(given[0]), *hit.spans]))
    return hits


def silence(settings, chat, who, window):
    hits = []
    over = settings["over_seconds"] * 1000
    words = settings.get("except_after", ["稍等", "稍候", "稍后", "等一下", "等我一下"])
    for i in chat.of(who, *window[:2]):
        turn = chat.turns[i]
        voiced = [j for j in range(i) if chat.turns[j].end_ms is not None]
        if turn.start_ms is None or not voiced:
            continue
        reach = max(chat.turns[j].end_ms for j in voiced)
        before = next(j for j in voiced if chat.turns[j].end_ms == reach)
        quiet = turn.start_ms - reach
        if quiet > over:
            answered = turn.time_ms - turn.end_ms
            for hold in chat.facts.holds:
                lo = max(reach, hold.start_ms - answered)
                end = turn.start_ms if hold.end_ms is None else hold.end_ms - answered
                quiet -= max(0, min(turn.start_ms, end) - lo)
        patient = any(
            chat.who[j] != "customer" and first_word(words, chat.turns[j].text)
            for j in range(max(0, i - 3), i)
        )
        if settings.get("excused_seconds") is not None:
            patient = patient and quiet <= settings["excused_seconds"] * 1000
        if quiet > over and not patient:
            hits.append(chat.hit(before, i))
    return hits


def speech_rate(settings, chat, who, window):
    hits = []
    for i in chat.of(who, *window[:2]):
        turn, count = chat.turns[i], len(letters(chat.turns[i].text))
        if turn.start_ms is None or turn.end_ms <= turn.start_ms:
            continue
        a_minute = count / ((turn.end_ms - turn.start_ms) / 60_000)
        fast = "above" in settings and a_minute > settings["above"]
        slow = "below" in settings and a_minute < settings["below"]
        if count >= settings.get("min_chars", 10) and (fast or slow):
            hits.append(chat.hit(i))
    return hits


BACK_CHANNEL = ["嗯", "嗯嗯", "对", "对对", "对的", "哦", "啊", "好", "好的", "是", "是的"]


def overtalk(settings, chat, who, window):
    hits = []
    lo, hi, _ = window
    excused = [letters(word) for word in settings.get("except_words", BACK_CHANNEL)]
    for i in chat.of(who, lo, hi):
        for j in chat.of("any", lo, hi):
            a, b = chat.turns[i], chat.turns[j]
            if chat.who[i] == chat.who[j] or abs(i - j) > 20 or letters(a.text) in excused:
                continue
            if a.start_ms is None or b.start_ms is None:
                continue
            late = a.start_ms - b.start_ms >= settings.get("after_seconds", 1.0) * 1000
            both = min(a.end_ms, b.end_ms) - a.start_ms
            if late and both > settings.get("over_seconds", 0.5) * 1000:
                hits.append(chat.hit(*sorted((i, j))))
    return hits


def reply_gap(settings, chat, who, window):
    hits = []
    for i in chat.of("customer"):
        earlier = [j for j in range(i) if chat.who[j] == "customer"]
        answers = [j for j in chat.of(who) if chat.who[j] != "customer"]
        if any(not [a for a in answers if j < a < i] for j in earlier):
            continue  # an earlier turn of this wait is still unanswered
        due = chat.turns[i].time_ms + settings["over_seconds"] * 1000
        reply = next((j for j in answers if j > i), None)
        too_late = chat.lasted_beyond(due) if reply is None else chat.turns[reply].time_ms > due
        if too_late:
            hits.append(chat.hit(i))
    return hits


def response_time(settings, chat, who, window):
    limit = settings["over_seconds"] * 1000
    waits = [(i, chat.turns[i].response_ms) for i in chat.of(who, *window[:2])]
    return [chat.hit(i) for i, waited in waits if waited is not None and waited > limit]


def sentiment(settings, chat, who, window):
    said = chat.of(who, *window[:2])
    if "below" in settings:
        scores = [(i, chat.turns[i].score) for i in said]
        return [chat.hit(i) for i, s in scores if s is not None and s < settings["below"]]
    hits = []
    if "falling_by" in settings:
        since = []
        for i in [i for i in said if chat.turns[i].score is not None]:
            score = chat.turns[i].score
            top = max(since, key=lambda x: (x[0], -x[1]), default=None)
            if top and top[0] - score >= settings["falling_by"]:
                hits.append(chat.hit(top[1], i))
                since = []
            since.append((score, i))
        return hits
    labels = [(i, chat.turns[i].label) for i in said if chat.turns[i].label is not None]
    count = settings["negative_turns"]
    for k in range(count, len(labels) + 1):
        run = labels[k - count : k]
        begins = k == count or labels[k - count - 1][1] != "negative"
        if begins and all(label == "negative" for _, label in run):
            hits.append(chat.hit(*(i for i, _ in run)))
    return hits


def fact(chat, event_id, time_ms):
    return Seen(chat.upto(time_ms), time_ms, [(event_id, 0, 0)], is_turn=False)


def hang_up(settings, chat, who, window):
    end = chat.facts.end
    if end is None or end.by not in settings.get("by", [end.by]):
        return []
    if end.cause not in settings.get("causes", [end.cause]):
        return []
    answered = chat.facts.answered or bool(chat.of("agent"))
    if settings.get("answered", answered) != answered:
        return []
    return [fact(chat, end.event_id, end.time_ms)]


def duration(settings, chat, who, window):
    facts = chat.facts
    opened = facts.opened_ms
    if opened is None:
        if not chat.n:
            return []
        opened = chat.turns[0].time_ms
    if "under_seconds" in settings:
        end = facts.end
        if end is None or end.time_ms - opened >= settings["under_seconds"] * 1000:
            return []
        return [fact(chat, end.event_id, end.time_ms)]
    if not chat.lasted_beyond(opened + settings["over_seconds"] * 1000):
        return []
    if facts.opened_id:
        return [Seen(0, opened, [(facts.opened_id, 0, 0)], is_turn=False)]
    return [Seen(0, opened, [chat.span(0)])] if chat.n else []


def turn_count(settings, chat, who, window):
    said = chat.of(who)
    if "over" in settings:
        return [chat.hit(said[settings["over"]])] if len(said) > settings["over"] else []
    if len(said) >= settings["under"]:
        return []
    if chat.facts.end is not None:
        return [fact(chat, chat.facts.end.event_id, chat.facts.end.time_ms)]
    return [chat.hit(said[-1])] if said else []


def transfers(settings, chat, who, window):
    count = settings.get("at_least", 1)
    hits = []
    for k, last in enumerate(chat.facts.transfers):
        if k + 1 >= count:
            ids = [t.event_id for t in chat.facts.transfers[k + 1 - count : k + 1]]
            spans = [(event_id, 0, 0) for event_id in ids]
            hits.append(Seen(chat.upto(last.time_ms), last.time_ms, spans, is_turn=False))
    return hits


def hold(settings, chat, who, window):
    hits = []
    for one in chat.facts.holds:
        limit = settings["over_seconds"] * 1000
        if one.end_ms is None:
            is_long = chat.lasted_beyond(one.start_ms + limit)
        else:
            is_long = one.end_ms - one.start_ms > limit
        hits += [fact(chat, one.event_id, one.start_ms)] if is_long else []
    return hits


def role_order(settings, chat, who, window):
    lo, hi, _ = window
    size, hits = len(settings["roles"]), []
    while lo + size <= hi:
        if chat.who[lo : lo + size] == settings["roles"]:
            hits.append(chat.hit(*range(lo, lo + size)))
            lo += size
        else:
            lo += 1
    return hits


def script_steps(settings, chat, who, window):
    ours = chat.of(who, *window[:2])
    for step in settings["steps"]:
        said = [i for i in ours if first_word(step, chat.turns[i].text)]
        if not said:
            return missing(chat, who, window)
        ours = [i for i in ours if i >= said[0]]
    return []


def personal_data(settings, chat, who, window):
    hits = []
    for i in chat.of(who, *window[:2]):
        kinds = set(chat.turns[i].kinds) & set(settings.get("kinds", PLACEHOLDERS))
        text = chat.turns[i].text
        shown = [PLACEHOLDERS[k] for k in kinds if PLACEHOLDERS[k] in text]
        if shown:
            first = min(shown, key=text.index)
            hits.append(spot(chat, i, text.index(first), text.index(first) + len(first)))
        elif kinds:
            hits.append(chat.hit(i))
    return hits


OPERATORS = {
    one.__name__: one
    for one in (
        keywords,
        must_say,
        must_not_say,
        must_speak,
        regex,
        similarity,
        off_script,
        emptiness,
        repeat,
        asked_again,
        silence,
        speech_rate,
        overtalk,
        reply_gap,
        response_time,
        sentiment,
        hang_up,
        duration,
        turn_count,
        transfers,
        hold,
        role_order,
        script_steps,
        personal_data,
    )
}
