"""`kefu train satisfaction`: fits the satisfaction estimate to the user's own rated dialogues."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from agents.service_model import ModelUnusableError, load_service_scorer
from agents.settings import load_config
from kefu.errors import UserError
from kefu.eval_mood import (
    UNHEARD,
    TextValue,
    agreement,
    customer_turns,
    exported_mood,
    service_value,
)
from kefu.rated_dialogues import RatedDialogue, read_rated
from pipeline.masking import mask
from pipeline.quality.lexicons import Lexicons
from pipeline.quality.notes import Tone
from pipeline.satisfaction import MIN_ROWS, Features, Rated, SatisfactionModel, damped, fit
from pipeline.sentiment.service_scorer import ServiceScorer

HELD_OUT_OF = 5
"""Every fifth dialogue, by the hash of its id, is held out."""
QUESTION_ENDS = ("?", "？", "吗", "呢", "嗎")


def run(data: Path, out: Path, model_file: Path | None) -> dict[str, object]:
    """Fit, judge by a held-out fifth, write the model; raises `UserError`.

    The written model has learned from all dialogues; the figures are of one that has not seen those
    that it is judged by. `{name}` in `out` becomes the model's name.
    """
    try:
        scorer = load_service_scorer(model_file)
    except ModelUnusableError as error:
        raise UserError(str(error)) from None
    dialogues = read_rated(data)
    rows = rated_rows(dialogues, scorer, load_config().lexicons)
    held = [one.id_hash % HELD_OUT_OF == 0 for one in dialogues]
    learn = [row for row, out_of in zip(rows, held, strict=True) if not out_of]
    test = [row for row, out_of in zip(rows, held, strict=True) if out_of]
    if len(learn) < MIN_ROWS:
        raise UserError(
            f"{data}: {len(rows)} rated dialogues less {len(test)} held out; "
            f"expected at least {MIN_ROWS} to learn from"
        )
    digest = blake2b(msgspec.json.encode(rows), digest_size=4).hexdigest()
    try:
        judged = fit(learn, name="held-out")
        model = fit(rows, name=f"satisfaction-{digest}+{scorer.name}")
    except ValueError as error:
        raise UserError(f"{data}: {error}") from None
    target = Path(str(out).replace("{name}", model.name))
    try:
        target.write_bytes(msgspec.json.encode(model))
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}") from None
    return {
        **held_out_figures(judged, learn, test),
        "weights": dict(zip(model.features, (round(w, 4) for w in model.weights), strict=True)),
        "model": model.name,
        "file": str(target),
    }


def read_model(path: Path) -> SatisfactionModel:
    """The model of a file; raises `UserError` naming it and what was expected."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=SatisfactionModel)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: not a model of `kefu train satisfaction`: {error}") from None
    problem = model.problem()
    if problem is not None:
        raise UserError(f"{path}: {problem}")
    return model


def rated_rows(
    dialogues: Sequence[RatedDialogue], scorer: ServiceScorer, lexicons: Lexicons
) -> list[Rated]:
    """The features of each dialogue, with its rating."""
    value = service_value(scorer)
    return [Rated(features_of(one, value, scorer, lexicons), one.rating) for one in dialogues]


def features_of(
    dialogue: RatedDialogue, value: TextValue, scorer: ServiceScorer, lexicons: Lexicons
) -> Features:
    """What a dialogue is to the estimate."""
    turns = customer_turns(dialogue, value)
    means = [sum(turn) / len(turn) for turn in turns] or [UNHEARD]
    mood = exported_mood(turns)
    said = [text for role, texts in dialogue.turns if role == "agent" for text in texts]
    last = _last_turn(dialogue)
    is_grateful = any(
        scorer.read(mask(text).text, "customer").emotion == "grateful" for text in last
    )
    return Features(
        mood=mood,
        last_mood=means[-1],
        lowest_mood=min(means),
        fall=means[0] - mood,
        last_length=damped(sum(map(len, last))),
        thanks_at_end=float(is_grateful),
        question_at_end=float(bool(last) and last[-1].rstrip().endswith(QUESTION_ENDS)),
        is_unanswered=float(bool(dialogue.turns) and dialogue.turns[-1][0] == "customer"),
        apologies=damped(sum(bool(lexicons.tone_of(text) & Tone.APOLOGY) for text in said)),
        breaches=damped(dialogue.breaches),
    )


def _last_turn(dialogue: RatedDialogue) -> list[str]:
    """What the customer said last, up to the answer before it."""
    last: list[str] = []
    for role, texts in reversed(dialogue.turns):
        if role == "customer":
            last[:0] = [text for text in texts if text.strip()]
        elif last:
            break
    return last


def held_out_figures(
    model: SatisfactionModel, learn: Sequence[Rated], test: Sequence[Rated]
) -> dict[str, object]:
    """How near the estimate comes, beside the mood alone and the mean rating of the others."""
    if not test:
        raise UserError("no dialogue is held out: rate more of them")
    ratings = [row.rating for row in test]
    said = [model.estimate(row.features) for row in test]
    usual = sum(row.rating for row in learn) / len(learn)
    errors = [abs(a - b) for a, b in zip(said, ratings, strict=True)]
    fitted, mood = agreement(said, ratings), agreement([r.features.mood for r in test], ratings)
    return {
        "learned_from": len(learn),
        "held_out": len(test),
        "spearman": round(fitted.spearman, 4),
        "spearman_95": fitted.interval,
        "spearman_mood_alone": round(mood.spearman, 4),
        "mean_error": round(sum(errors) / len(errors), 4),
        "mean_error_of_the_mean": round(sum(abs(r - usual) for r in ratings) / len(ratings), 4),
    }
