"""The operators of the rule language, one small file for each family, and their names in YAML."""

from pipeline.qa.language.operators.asked import AskedAgain
from pipeline.qa.language.operators.base import Operator
from pipeline.qa.language.operators.facts import Duration, HangUp, OnHold, Transfers, TurnCount
from pipeline.qa.language.operators.feelings import Sentiment
from pipeline.qa.language.operators.patterns import Regex
from pipeline.qa.language.operators.personal import PersonalData
from pipeline.qa.language.operators.repeats import Repeat
from pipeline.qa.language.operators.responses import ReplyGap, ResponseTime
from pipeline.qa.language.operators.sequences import RoleOrder, ScriptSteps
from pipeline.qa.language.operators.similar import Emptiness, OffScript, Similarity
from pipeline.qa.language.operators.speech import Overtalk, Silence, SpeechRate
from pipeline.qa.language.operators.words import Keywords, MustNotSay, MustSay, MustSpeak

OPERATORS: dict[str, type[Operator]] = {
    "keywords": Keywords,
    "must_say": MustSay,
    "must_not_say": MustNotSay,
    "must_speak": MustSpeak,
    "regex": Regex,
    "similarity": Similarity,
    "off_script": OffScript,
    "emptiness": Emptiness,
    "repeat": Repeat,
    "asked_again": AskedAgain,
    "silence": Silence,
    "speech_rate": SpeechRate,
    "overtalk": Overtalk,
    "reply_gap": ReplyGap,
    "response_time": ResponseTime,
    "sentiment": Sentiment,
    "hang_up": HangUp,
    "duration": Duration,
    "turn_count": TurnCount,
    "transfers": Transfers,
    "hold": OnHold,
    "role_order": RoleOrder,
    "script_steps": ScriptSteps,
    "personal_data": PersonalData,
}
"""Every operator by the key that it has in a rule."""
