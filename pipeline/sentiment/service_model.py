"""The trained model as a file: a checked, compressed, plain table; nothing in it can be executed.

    8 bytes   KEFUSENT
    2 bytes   version of the format, big-endian
    32 bytes  SHA-256 of all that follows
    rest      zlib of the MessagePack of `ServiceModel`

The weights are one byte each, row by row, one column for each output: the signed square of the
byte's signed value, times the output's scale. Squares keep small weights apart; most are small.
"""

import zlib
from hashlib import sha256

import msgspec

MAGIC = b"KEFUSENT"
VERSION = 1
_HEAD = len(MAGIC) + 2 + 32
MAX_BYTES = 64 * 1024 * 1024
"""No model is larger when unpacked; a file that claims to be is refused."""

CLASSES = ("negative", "neutral", "positive")
MOODS = ("emotional", "polarity")
STRENGTHS = ("intensity_2", "intensity_3")
EMOTIONS = ("angry", "anxious", "disappointed", "confused", "grateful", "satisfied")
INTENTS = (
    "consultation",
    "complaint",
    "suggestion",
    "order_status",
    "refund",
    "after_sales",
    "asks_human",
    "threatens_escalation",
    "wants_to_leave",
)
OUTPUTS = MOODS + STRENGTHS + EMOTIONS + INTENTS
"""The columns of the table, in order."""


class DamagedModelError(ValueError):
    """The bytes are not a model, or not one that this version of kefu can use."""


class ServiceModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that was learned. `grams` and the rows of `weights` are in the same order.

    An output's value is its bias plus the sum of its weights over the distinct grams of the text,
    divided by the square root of their number. The logistic of a value is a probability (the values
    are calibrated already): `emotional` of not being neutral, `polarity` of being positive if so.
    `cuts`: the first is the probability from which a text is negative, the second that from which
    it is positive; all others are the values from which an output is told.
    """

    name: str
    trained_on: str
    seed: int
    grams: str
    """Separated by line feeds."""
    weights: bytes
    scales: list[float]
    biases: list[float]
    cuts: list[float]


def pack(model: ServiceModel) -> bytes:
    """The file of a model."""
    body = zlib.compress(msgspec.msgpack.encode(model), 9)
    return MAGIC + VERSION.to_bytes(2, "big") + sha256(body).digest() + body


def unpack(content: bytes) -> ServiceModel:
    """The model in a file's bytes; raises `DamagedModelError`."""
    if content[: len(MAGIC)] != MAGIC:
        raise DamagedModelError("it does not begin with KEFUSENT")
    version = int.from_bytes(content[len(MAGIC) : len(MAGIC) + 2], "big")
    if version != VERSION:
        raise DamagedModelError(f"its format is {version}, expected {VERSION}: train it anew")
    body = content[_HEAD:]
    if sha256(body).digest() != content[len(MAGIC) + 2 : _HEAD]:
        raise DamagedModelError("its SHA-256 is not the one that it states")
    try:
        unpacked = zlib.decompressobj().decompress(body, MAX_BYTES)
        model = msgspec.msgpack.decode(unpacked, type=ServiceModel)
    except (msgspec.DecodeError, zlib.error) as error:
        raise DamagedModelError(str(error)) from None
    width = len(OUTPUTS)
    sizes = {len(model.scales), len(model.biases), len(model.cuts)}
    if sizes != {width} or len(model.weights) != width * len(model.grams.split("\n")):
        raise DamagedModelError(f"its table is not {width} columns wide")
    return model
