"""The sentiment scorers, one process on one core.

SnowNLP itself, the exact one, and the full one with classes, intents, risk words and evidence.

Ours are the texts of the corpus, in an order drawn once; where `../shared/data` lies beside the
project, its shop chats and takeaway reviews too.
"""

import csv
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from agents.service_model import load_service_scorer
from kefu.sentiment_eval import snownlp_scorer
from kefu.training.corpus import own_corpus

SHARED = Path(__file__).parents[3] / "shared" / "data"
SLOW_TEXTS = 400
"""SnowNLP itself takes 5 ms a text: so many are enough."""
SEED = 7


def run() -> dict[str, object]:
    """Texts a second (CPU time), seconds to load, megabytes of the process with both scorers.

    `snownlp_texts_s`, `exact_texts_s` and `full_texts_s` are of the chats where they are here, else
    of the corpus; memory is measured in a process of its own that loads and scores nothing else.
    """
    sets = _texts()
    before = time.perf_counter()
    service = load_service_scorer()
    load_s = time.perf_counter() - before
    exact = snownlp_scorer()
    result: dict[str, object] = {"load_s": round(load_s, 3), "rss_mb": _memory_mb()}
    for name, texts in sets.items():
        result[f"{name}_n"] = len(texts)
        result[f"{name}_snownlp_texts_s"] = _speed(_snownlp(), texts[:SLOW_TEXTS])
        result[f"{name}_exact_texts_s"] = _speed(exact.score, texts)
        result[f"{name}_full_texts_s"] = _speed(service.read, texts)
    main = next(iter(sets))
    for model in ("snownlp", "exact", "full"):
        result[f"{model}_texts_s"] = result[f"{main}_{model}_texts_s"]
    return result


def _speed(score: Callable[[str], object], texts: Sequence[str]) -> int:
    before = time.process_time()
    for text in texts:
        score(text)
    return round(len(texts) / (time.process_time() - before))


def _snownlp() -> Callable[[str], object]:
    from snownlp import SnowNLP

    return lambda text: SnowNLP(text).sentiments


def _texts() -> dict[str, list[str]]:
    sets = {}
    if SHARED.is_dir():
        chats = (SHARED / "jddc_sessions.tsv").read_text(encoding="utf-8").splitlines()[1:]
        sets["jddc"] = [line.split("\t")[-1] for line in chats]
        with (SHARED / "waimai_reviews.csv").open(encoding="utf-8", newline="") as file:
            sets["waimai"] = [row["review"] for row in csv.DictReader(file)]
    sets["corpus"] = [row.text for row in own_corpus()]
    for texts in sets.values():
        Random(SEED).shuffle(texts)  # noqa: S311 - no secret
    return {name: [text for text in texts if text.strip()] for name, texts in sets.items()}


_MEMORY = """
from kefu.bench.sla import _resident_bytes as resident_bytes
from agents.service_model import load_service_scorer
from kefu.sentiment_eval import snownlp_scorer
before = resident_bytes()
full, exact = load_service_scorer(), snownlp_scorer()
full.read("等了三天了还没到")
exact.score("等了三天了还没到")
print(resident_bytes() - before)
"""


def _memory_mb() -> float:
    """What loading both scorers adds to a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY], check=True, capture_output=True, text=True
    )
    return round(int(done.stdout) / 1_048_576, 1)
