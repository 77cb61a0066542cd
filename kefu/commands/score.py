"""`kefu score`: what the sentiment models say of a text, or of each line of a file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from agents.service_model import ModelUnusableError, load_service_scorer
from kefu.errors import UserError
from kefu.options import json_option, print_json
from kefu.sentiment_eval import snownlp_scorer
from pipeline.sentiment.service_scorer import Reading


@click.command()
@click.argument("text", required=False)
@click.option(
    "--file", type=click.Path(path_type=Path), help="One text a line; - is standard input."
)
@click.option(
    "--role", type=click.Choice(["customer", "agent"]), default="customer", show_default=True
)
@click.option(
    "--model", "model_file", type=click.Path(path_type=Path), help="A model of `kefu train`."
)
@json_option
def command(
    text: str | None, file: Path | None, role: str, model_file: Path | None, as_json: bool
) -> None:
    """Score TEXT, or each line of a file: mood, intents, risk words, and why.

    With --json one object a line.
    """
    if (text is None) == (file is None):
        raise UserError("name a text or --file, one of the two")
    try:
        service = load_service_scorer(model_file)
    except ModelUnusableError as error:
        raise UserError(str(error)) from None
    base = snownlp_scorer()
    for line in [text] if text is not None else _lines(file or Path("-")):
        reading, score = service.read(line, role), base.score(line)
        if as_json:
            row = {"text": line, **reading._asdict(), "snownlp": score, "model": service.name}
            row["evidence"] = [part._asdict() for part in reading.evidence]
            print_json(row)
        else:
            click.echo(_shown(line, reading, score))


def _lines(path: Path) -> Iterator[str]:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        yield from content.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}") from None


def _shown(text: str, reading: Reading, score: float) -> str:
    parts = [f"{reading.label:8} {text}"]
    shares = f"{reading.negative:.2f}/{reading.neutral:.2f}/{reading.positive:.2f}"
    parts.append(f"         negative/neutral/positive {shares}, snownlp {score:.2f}")
    if reading.label != "neutral":
        parts.append(f"         {reading.emotion}, intensity {reading.intensity} of 3")
    if reading.intents:
        parts.append(f"         intents: {', '.join(reading.intents)}")
    if reading.risk_words:
        parts.append(f"         risk words: {', '.join(reading.risk_words)}")
    if reading.evidence:
        why = ", ".join(f"{e.text} ({e.reason}, {e.share:.0%})" for e in reading.evidence)
        parts.append(f"         because of: {why}")
    return "\n".join(parts)
