"""Writes the dashboards in both languages; `python -m grafana.build --check` tells whether they are
up to date.
"""

import sys
from pathlib import Path

from grafana.boards import health, quality, sla, wallboard
from grafana.boards.board import content
from grafana.boards.panels import Language

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = (wallboard.BOARD, sla.BOARD, quality.BOARD, health.BOARD)


def files() -> dict[Path, bytes]:
    """Every file and what belongs in it."""
    return {
        FOLDER / language.name.lower() / f"{board.uid}.json": content(board, language)
        for board in BOARDS
        for language in Language
    }


def main() -> None:
    """Write, or compare."""
    wanted = files()
    there = set(FOLDER.rglob("*.json"))
    if "--check" in sys.argv[1:]:
        drifted = {p for p, made in wanted.items() if p not in there or p.read_bytes() != made}
        wrong = sorted(drifted | (there - wanted.keys()))
        sys.exit(f"run python -m grafana.build: {', '.join(map(str, wrong))}" if wrong else 0)
    for path, made in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
    for path in there - wanted.keys():
        path.unlink()


if __name__ == "__main__":
    main()
