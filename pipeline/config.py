"""The engine's configuration: typed, checked once, trusted afterwards.

`agents.settings.load_config` reads the files of the folder `config/`; each has a module of its own
that parses it. What is wrong is one `ConfigError` that names file, line, key and what is allowed.
"""

from dataclasses import dataclass

from pipeline.qa.language.rule_set import RuleSet
from pipeline.quality.lexicons import Lexicons
from pipeline.quality.mood import MoodFile
from pipeline.sla_file import SlaPolicy


@dataclass(frozen=True)
class EngineConfig:
    """Everything an engine is configured with."""

    sla: SlaPolicy
    qa: RuleSet
    lexicons: Lexicons
    moods: MoodFile
