"""`kefu train`: fits your own labels on top of the sentiment model, your ratings to the moods."""

from pathlib import Path

import click

from agents.service_model import ModelUnusableError, load_service_scorer, read_service_model
from kefu.errors import UserError
from kefu.labelled_file import DEFAULT_MAP, read_labelled
from kefu.measures import class_figures
from kefu.options import json_option, print_json
from kefu.satisfaction_training import run
from kefu.sentiment_eval import labels_of
from pipeline.sentiment.service_model import CLASSES, pack


@click.group()
def command() -> None:
    """Train a model on your own labels; needs the extra `train`."""


@command.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Labelled texts.")
@click.option("--map", "mapping", default=DEFAULT_MAP, show_default=True, help="As of `kefu eval`.")
@click.option(
    "--model", "model_file", type=click.Path(path_type=Path), help="The model to build on."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The model file to write; `{name}` in it becomes the model's name.",
)
@json_option
def sentiment(data: Path, mapping: str, model_file: Path | None, out: Path, as_json: bool) -> None:
    """Fit the labels on top, judge by a fifth of them that is held out, write the model.

    The written model has learned from all labels; the figures are of one that has not seen the
    texts that it is judged by.
    """
    try:
        from kefu.training.on_top import fit_on_top, split
    except ModuleNotFoundError as missing:
        raise UserError(f"{missing.name} is not here: pip install 'kefu[train]'") from None
    try:
        base = read_service_model(model_file)
    except ModelUnusableError as error:
        raise UserError(str(error)) from None
    texts = read_labelled(data, mapping)
    learn, held_out = split(texts)
    true = [CLASSES.index(text.label) for text in held_out]
    binary = all(text.label != "neutral" for text in texts)
    rows: dict[str, object] = {"learned_from": len(learn), "held_out": len(held_out)}
    for when, model in (("before", base), ("after", fit_on_top(base, learn))):
        figures = class_figures(true, labels_of(held_out, model, binary=binary), len(CLASSES))
        rows[f"macro_f1_{when}"] = round(figures.macro_f1, 4)
        rows[f"accuracy_{when}"] = round(figures.accuracy, 4)
        rows[f"recalls_{when}"] = figures.recalls
    model = fit_on_top(base, texts)
    target = Path(str(out).replace("{name}", model.name))
    try:
        target.write_bytes(pack(model))
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}") from None
    load_service_scorer(target)
    rows |= {"model": model.name, "file": str(target)}
    if as_json:
        print_json(rows)
        return
    for name, value in rows.items():
        click.echo(f"{name}: {value}")


@command.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Rated dialogues, one JSON object a line; docs/mood.md says what is in it.",
)
@click.option(
    "--model", "model_file", type=click.Path(path_type=Path), help="The sentiment model to use."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The model file to write; `{name}` in it becomes the model's name.",
)
@json_option
def satisfaction(data: Path, model_file: Path | None, out: Path, as_json: bool) -> None:
    """Fit an estimate of satisfaction to your rated dialogues; a fifth is held out to judge it."""
    found = run(data, out, model_file)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        click.echo(f"{name}: {value}")
