"""What quality checking remembers of one interaction, as of the last event that it went through."""

from msgspec import Struct, field

from pipeline.qa.language.rule_set import RuleSet
from pipeline.qa.language.state import QaState
from pipeline.qa.language.values import Facts
from pipeline.quality.counts import Place
from pipeline.quality.mood import Mood
from schemas.envelope import InteractionKind
from schemas.events import Node


class Closed(Struct, array_like=True, gc=False):
    """The first end, in whose cell the interaction is counted, and what is counted there."""

    at_ms: int
    place: Place
    score: int | None = None
    subject: str = ""
    purpose: str = ""


class Rated(Struct, array_like=True, gc=False):
    """The customer's rating as it stands in the counts, 0…1000 of the scale."""

    at_ms: int
    place: Place
    permille: int


class Visit(Struct, array_like=True, gc=False, frozen=True):
    """The node of the five-node process that a conversation is at, and since when."""

    node: Node
    since_ms: int


class Quality(Struct, array_like=True, gc=False):
    """`places` are all places so far, the last one the present; `spoken_at` gives for each turn of
    `qa` its place, `happened` for each event of `facts` its time and place. `issues` are the rules
    with hits, in the order of the first. `subjects` and `purposes` count the customer's messages by
    what they are about.
    """

    qa: QaState
    facts: Facts
    places: list[Place] = field(default_factory=lambda: [Place()])
    spoken_at: list[int] = field(default_factory=list)
    happened: dict[str, tuple[int, int]] = field(default_factory=dict)
    ended: bool = False
    customer_messages: int = 0
    agent_messages: int = 0
    bot_messages: int = 0
    negative_messages: int = 0
    last_permille: int | None = None
    mood: Mood = field(default_factory=Mood)
    issues: list[str] = field(default_factory=list)
    deducted: int = 0
    closed: Closed | None = None
    rated: Rated | None = None
    subjects: dict[str, int] = field(default_factory=dict)
    purposes: dict[str, int] = field(default_factory=dict)
    visit: Visit | None = None

    @property
    def place(self) -> Place:
        """Where and by whom the interaction is handled now."""
        return self.places[-1]

    @classmethod
    def new(cls, rules: RuleSet, kind: InteractionKind) -> "Quality":
        """That of an interaction of which nothing is known yet."""
        return cls(rules.new_state(), Facts(kind=kind))
