"""`kefu eval`: how right the models and rules are, by your own labelled data."""

from pathlib import Path

import click

from agents.scorer import load_scorer
from agents.sentiment_model import default_scorer
from agents.service_model import ModelUnusableError, load_service_scorer
from agents.settings import load_config
from kefu.errors import UserError
from kefu.eval_mood import cues_value, judge_scorer, service_value, snownlp_value
from kefu.eval_qa import judge_rules
from kefu.labelled_file import DEFAULT_MAP, read_labelled
from kefu.options import config_option, json_option, print_json
from kefu.rated_dialogues import read_rated
from kefu.sentiment_eval import Judged, judge
from kefu.sentiment_page import page, shown
from pipeline.sentiment.service_model import CLASSES
from pipeline.yaml_reader import ConfigError


@click.group()
def command() -> None:
    """Judge a model by labelled data."""


@command.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Labelled texts: .csv, .tsv or .jsonl.",
)
@click.option(
    "--map",
    "mapping",
    default=DEFAULT_MAP,
    show_default=True,
    help="Columns, and what your labels mean: text=review,label=stars,5=positive,1=negative",
)
@click.option(
    "--model", "model_file", type=click.Path(path_type=Path), help="A model of `kefu train`."
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    default=Path("sentiment-eval.html"),
    show_default=True,
    help="The page with all mistakes.",
)
@json_option
def sentiment(data: Path, mapping: str, model_file: Path | None, html: Path, as_json: bool) -> None:
    """Compare SnowNLP, SnowNLP behind cue words, and the trained model.

    Without a neutral label in the file only positive and negative are told apart.
    """
    try:
        service = load_service_scorer(model_file)
    except ModelUnusableError as error:
        raise UserError(str(error)) from None
    judged, mistakes = judge(read_labelled(data, mapping), service)
    try:
        html.write_text(page(data.name, judged, mistakes), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{html}: cannot be written: {error.strerror}") from None
    if as_json:
        print_json({"data": data.name, "page": str(html), "models": [_json(j) for j in judged]})
        return
    click.echo(f"{judged[0].figures.n:,} texts of {data.name}")
    for one in judged:
        click.echo("\n".join(_lines(one)))
    click.echo(f"{len(mistakes):,} mistakes of {judged[-1].model}, with evidence: {html}")


def _lines(one: Judged) -> list[str]:
    figures, (low, high) = one.figures, one.interval
    recalls = (f"{name} {shown(r)}" for name, r in zip(CLASSES, figures.recalls, strict=True))
    score = f"macro-F1 {figures.macro_f1:.3f} ({low:.3f}–{high:.3f})"
    lines = [
        f"{one.model}, {one.texts_s:,.0f} texts/s",
        f"  accuracy {figures.accuracy:.3f}, {score}, ECE {shown(one.calibration_error)}",
        f"  recall: {', '.join(recalls)}",
        f"  {'labelled':>10}   said {'  '.join(CLASSES)}",
    ]
    for name, counts in zip(CLASSES, figures.confusion, strict=True):
        cells = "  ".join(f"{n:>{len(c)}}" for n, c in zip(counts, CLASSES, strict=True))
        lines.append(f"  {name:>10}        {cells}")
    return lines


def _json(one: Judged) -> dict[str, object]:
    return {
        "model": one.model,
        **one.figures._asdict(),
        "macro_f1_95": one.interval,
        "calibration_error": one.calibration_error,
        "texts_s": round(one.texts_s),
    }


@command.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Rated dialogues, one JSON object a line; docs/mood.md says what is in it.",
)
@json_option
def mood(data: Path, as_json: bool) -> None:
    """Compare the mood of whole dialogues with the raters' satisfaction, by scorer and decay."""
    dialogues = read_rated(data)
    service, base = load_service_scorer(), default_scorer()
    values = (
        ("SnowNLP", snownlp_value(base)),
        ("cue words", cues_value(base)),
        (service.name, service_value(service)),
    )
    found = [judge_scorer(name, value, dialogues) for name, value in values]
    if as_json:
        print_json({one.scorer: one._asdict() for one in found})
        return
    for one in found:
        for part, agreed in (("tune", one.tune), ("report", one.report), ("all", one.everything)):
            low, high = agreed.interval
            click.echo(
                f"{one.scorer}, {part} part: n {agreed.n}, Spearman {agreed.spearman:.3f} "
                f"({low:.3f} to {high:.3f})"
            )


@command.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Rated dialogues, one JSON object a line; docs/mood.md says what is in it.",
)
@config_option
@json_option
def qa(data: Path, config_dir: Path | None, as_json: bool) -> None:
    """Compare the quality score of whole conversations with the raters' satisfaction."""
    try:
        config = load_config(config_dir)
    except ConfigError as error:
        raise UserError(str(error)) from None
    found = judge_rules(data, config, load_scorer(with_base=False))
    if as_json:
        print_json(found._asdict())
        return
    for name in ("report", "everything", "mood_report"):
        agreed = getattr(found, name)
        low, high = agreed.interval
        click.echo(
            f"{name}: n {agreed.n}, Spearman {agreed.spearman:.3f} ({low:.3f} to {high:.3f})"
        )
