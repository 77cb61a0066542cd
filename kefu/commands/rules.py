"""`kefu rules`: look a file of quality rules over, run its examples, try it on real chats."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from agents.scorer import load_scorer
from agents.settings import default_config_dir, load_config
from kefu.errors import FoundWrongError, UserError
from kefu.options import json_option, print_json
from kefu.progress import counting
from kefu.rules_trial import Trial, try_rules
from kefu.source_options import open_source, source_options
from pipeline.qa.language.checks import check_rules
from pipeline.qa.language.examples import example_failures
from pipeline.qa.language.parser import Rules, parse_rules
from pipeline.qa.language.rule_set import RuleSet
from pipeline.yaml_reader import ConfigError
from schemas.codec import to_ms

_rules_file = click.argument("rules_file", type=click.Path(path_type=Path), required=False)


@click.group()
def command() -> None:
    """Quality rules."""


@command.command()
@_rules_file
@json_option
def check(rules_file: Path | None, as_json: bool) -> None:
    """Look a rule file over: errors with their place, what can never hit, what each rule costs.

    Without RULES_FILE: the rules that ship with kefu.
    """
    rules, compiled = _load(rules_file)
    findings = check_rules(rules)
    costs = {info.id: info.cost_class for info in compiled.infos.values()}
    if as_json:
        print_json(
            {
                "version": rules.version,
                "rules": costs,
                "warnings": [finding.message for finding in findings],
            }
        )
    else:
        for finding in findings:
            click.echo(f"warning: {finding.message}")
        for cost in sorted(set(costs.values())):
            names = [name for name, of in costs.items() if of == cost]
            click.echo(f"{cost}: {', '.join(names)}")
        click.echo(f"{len(costs)} rules, version {rules.version}, {len(findings)} warnings")


@command.command()
@_rules_file
@json_option
def test(rules_file: Path | None, as_json: bool) -> None:
    """Run the examples inside the rules: each must hit, or miss, as it says."""
    rules, compiled = _load(rules_file)
    try:
        failures = example_failures(rules, compiled)
    except ConfigError as error:
        raise UserError(str(error)) from None
    count = sum(len(r.keys.examples.hit) + len(r.keys.examples.miss) for r in rules.rules)
    without = [r.keys.id for r in rules.rules if not (r.keys.examples.hit or r.keys.examples.miss)]
    if as_json:
        print_json(
            {
                "examples": count,
                "failures": [failure.message for failure in failures],
                "without": without,
            }
        )
    else:
        for failure in failures:
            click.echo(failure.message)
        if without:
            click.echo(f"without examples: {', '.join(without)}")
        click.echo(f"{count} examples of {len(rules.rules)} rules, {len(failures)} failed")
    if failures:
        raise FoundWrongError(f"{len(failures)} of {count} examples do not do what they say")


@command.command(name="try")
@_rules_file
@click.option(
    "--on",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="Exported conversations to try the rules on.",
)
@source_options
@click.option(
    "--beside",
    type=click.Path(path_type=Path),
    help="The rules to compare with; else those that ship with kefu.",
)
@click.option("--sentiment/--no-sentiment", default=True, help="Score messages.")
@json_option
def try_(
    rules_file: Path | None,
    path: Path,
    source_format: str,
    mapping: tuple[str, ...],
    seed: int,
    zone: str,
    beside: Path | None,
    sentiment: bool,
    as_json: bool,
) -> None:
    """Show what rules would find in real conversations, side by side with the present ones.

    \b
    For example:
      kefu rules try my_rules.yaml --on chats.csv --format csv --map text=content,role=sender
    """
    _, tried = _load(rules_file)
    _, present = _load(beside)
    try:
        config = load_config()
    except ConfigError as error:
        raise UserError(str(error)) from None
    scorer = load_scorer(with_base=False) if sentiment else None
    wall_ms = to_ms(datetime.now(UTC))
    trials = []
    for rules, label in ((present, "present rules"), (tried, "tried rules")):
        source = open_source(path, source_format, mapping, seed, zone)
        with counting(source, label) as records:
            trials.append(try_rules(records, config, rules, scorer, wall_ms))
    now, then = trials
    names = {**{i.id: i for i in present.infos.values()}, **tried.infos}
    if as_json:
        print_json({"present": _as_json(now), "tried": _as_json(then)})
        return
    table = Table(title=f"{path.name}: {len(then.scores)} scored interactions")
    for heading in ("rule", "now", "then", "change", "chats then", "found most"):
        table.add_column(heading, justify="left" if heading in ("rule", "found most") else "right")
    for rule in sorted(names, key=lambda name: (-then.hits[name], -now.hits[name], name)):
        change = then.hits[rule] - now.hits[rule]
        table.add_row(
            rule,
            str(now.hits[rule]) if rule in present.infos else "–",
            str(then.hits[rule]) if rule in tried.infos else "–",
            f"{change:+}" if change else "",
            str(len(then.interactions[rule])),
            " | ".join(text[:24] for text in then.top_evidence(rule)),
        )
    table.add_row("mean score", _score(now), _score(then), "", "", "")
    Console().print(table)


def _score(trial: Trial) -> str:
    return "–" if trial.score_mean is None else f"{trial.score_mean:.1f}"


def _as_json(trial: Trial) -> dict[str, object]:
    return {
        "score_mean": trial.score_mean,
        "rules": {
            rule: {
                "hits": hits,
                "interactions": len(trial.interactions[rule]),
                "evidence": trial.top_evidence(rule),
            }
            for rule, hits in sorted(trial.hits.items())
        },
    }


def _load(path: Path | None) -> tuple[Rules, RuleSet]:
    """The rules of a file, read and compiled; a user's mistake is one line."""
    path = path or default_config_dir() / "qa_rules.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}: the file is not UTF-8") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        rules = parse_rules(text, str(path))
        return rules, RuleSet(rules)
    except ConfigError as error:
        raise UserError(str(error)) from None
