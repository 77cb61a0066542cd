"""What each event means for quality checking: the note that is remembered of it."""

from pipeline.quality.lexicons import Lexicons
from pipeline.quality.notes import Ended, Note, Said, Tone, Voice
from pipeline.sentiment.scorer import Scorer
from pipeline.texts import ReadText, read_text
from schemas.events import (
    CallEnded,
    CallTransferred,
    CallUtterance,
    ConversationClosed,
    ConversationMessage,
    ConversationNode,
    ConversationRated,
    ConversationTransferred,
    InteractionEvent,
)

Speech = ConversationMessage | CallUtterance

_VOICES = {
    "customer": Voice.CUSTOMER,
    "agent": Voice.AGENT,
    "bot": Voice.BOT,
    "system": Voice.UNHEARD,
}


def voice_of(event: Speech) -> Voice:
    """Who speaks, for quality checking."""
    voice = _VOICES[event.data.role]
    if isinstance(event, ConversationMessage):
        if event.data.private:
            return Voice.UNHEARD
        if event.data.auto and voice is Voice.AGENT:
            return Voice.BOT
    return voice


def read_speech(event: Speech, scorer: Scorer | None) -> ReadText:
    """Mask what was said, and score what the customer said or could read."""
    heard = voice_of(event) is not Voice.UNHEARD
    return read_text(event.data.text, role=event.data.role, scorer=scorer if heard else None)


def note_of(event: InteractionEvent, read: ReadText | None, lexicons: Lexicons) -> Note | None:
    """What to remember of the event beside its place; None where that says all."""
    data = event.data
    note = Note(data.agent_id, data.agent_tier)
    match event:
        case ConversationMessage() | CallUtterance() if read is not None:
            note.said = _said(event, read, lexicons)
        case ConversationTransferred() | CallTransferred():
            note.agent_id = event.data.to_agent_id or note.agent_id
            note.agent_tier = event.data.to_agent_tier or note.agent_tier
        case ConversationClosed():
            note.ended = Ended(event.data.by)
        case CallEnded():
            note.ended = Ended(event.data.by, event.data.cause)
        case ConversationRated():
            note.rating = min(1000, event.data.score * 1000 // event.data.scale)
        case ConversationNode():
            note.node = event.data.node
    return None if note == _NOTHING else note


def _said(event: Speech, read: ReadText, lexicons: Lexicons) -> Said:
    said = Said(voice_of(event))
    if said.voice is Voice.UNHEARD:
        return said
    said.text, said.kinds = read.shown, tuple(read.masked)
    if said.voice is Voice.CUSTOMER:
        said.subjects = lexicons.subjects_of(said.text)
        said.intents = tuple(read.intents)
    elif said.voice is Voice.AGENT:
        said.tone = lexicons.tone_of(said.text)
    if read.sentiment is not None:
        said.permille = round(read.sentiment.mood * 1000)
        said.mood = _MOODS[read.sentiment.label]
        if said.voice is Voice.AGENT and said.mood < 0:
            said.tone |= Tone.NEGATIVE
    if isinstance(event, CallUtterance):
        said.start_ms, said.end_ms = event.data.start_ms, event.data.end_ms
    return said


_MOODS = {"negative": -1, "neutral": 0, "positive": 1}
_NOTHING = Note()
