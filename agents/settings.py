"""What a worker is started with, and where it finds its configuration files."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from agents.connection import KafkaConnection
from agents.labels import LabelConfig
from pipeline.config import EngineConfig, parse_qa
from pipeline.sla_file import parse_sla
from pipeline.yaml_reader import ConfigError, parse_yaml


@dataclass(frozen=True)
class WorkerSettings:
    """Everything that one worker needs to know.

    `worker_id` names the process: it is its transactional id and metrics label, and must differ
    between workers that run at the same time. `clock` is "wall" where the worker itself writes
    ticks to its input partitions, "source" where the producer of the events does (replays,
    and the demo, whose time runs faster). `metrics_port` 0: no metrics page is served.
    """

    connection: KafkaConnection
    worker_id: str
    data_dir: Path
    app_id: str = "kefu"
    config_dir: Path | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9108
    clock: str = "wall"
    sentiment: bool = True
    batch: int = 2_000
    session_timeout_ms: int = 10_000


def default_config_dir() -> Path:
    """The configuration that ships with kefu: in the wheel, or beside the source."""
    packaged = Path(str(files("kefu"))) / "config"
    return packaged if packaged.is_dir() else Path(str(files("kefu"))).parent / "config"


def load_config(config_dir: Path | None = None) -> EngineConfig:
    """Read and check `sla.yaml` and `qa_rules.yaml`; raises `ConfigError`."""
    folder = config_dir or default_config_dir()
    return EngineConfig(
        sla=parse_sla(_read(folder / "sla.yaml"), str(folder / "sla.yaml")),
        qa=parse_qa(_read(folder / "qa_rules.yaml"), str(folder / "qa_rules.yaml")),
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
