"""What a worker is started with, and where it finds its configuration files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from agents.connection import KafkaConnection
from agents.labels import LabelConfig
from pipeline.config import EngineConfig
from pipeline.qa.language.rule_set import load_rules
from pipeline.quality.lexicons import Lexicons, parse_lexicons, parse_scripts
from pipeline.quality.mood import parse_moods
from pipeline.sla_file import parse_sla
from pipeline.yaml_reader import ConfigError, parse_yaml

T = TypeVar("T")


@dataclass(frozen=True)
class WorkerSettings:
    """Everything that one worker needs to know.

    `worker_id` names the process: it is its transactional id and metrics label, and must differ
    between workers that run at the same time. `clock` is "wall" where the worker itself writes
    ticks to its input partitions, "source" where the producer of the events does (replays,
    and the demo, whose time runs faster). `metrics_port` 0: no metrics page is served;
    `metrics_token`: what a reader of it must show, None where anyone may.
    """

    connection: KafkaConnection
    worker_id: str
    data_dir: Path
    app_id: str = "kefu"
    config_dir: Path | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9108
    metrics_token: str | None = field(default=None, repr=False)
    clock: str = "wall"
    sentiment: bool = True
    batch: int = 2_000
    session_timeout_ms: int = 10_000


def default_config_dir() -> Path:
    """The configuration that ships with kefu: in the wheel, or beside the source."""
    packaged = Path(str(files("kefu"))) / "config"
    return packaged if packaged.is_dir() else Path(str(files("kefu"))).parent / "config"


def load_config(config_dir: Path | None = None) -> EngineConfig:
    """Read and check what the engine is configured with; raises `ConfigError`."""
    folder = config_dir or default_config_dir()

    def parsed(name: str, parse: Callable[[str, str], T]) -> T:
        return parse(_read(folder / name), str(folder / name))

    return EngineConfig(
        sla=parsed("sla.yaml", parse_sla),
        qa=parsed("qa_rules.yaml", load_rules),
        lexicons=Lexicons(
            parsed("lexicons.yaml", parse_lexicons), parsed("scripts.yaml", parse_scripts)
        ),
        moods=parsed("sentiment.yaml", parse_moods),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the file is not UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def load_labels(config_dir: Path | None = None) -> LabelConfig:
    """Read and check `metrics.yaml`; raises `ConfigError`."""
    path = (config_dir or default_config_dir()) / "metrics.yaml"
    return parse_yaml(_read(path), str(path), LabelConfig)
