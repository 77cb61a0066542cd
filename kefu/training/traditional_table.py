"""Writes `pipeline/sentiment/traditional.py` from the dictionaries of OpenCC (Apache-2.0).

`python -m kefu.training.traditional_table` needs the package opencc-python-reimplemented. Its
converter takes 70 µs a text and 0.1 s to load; our table takes 2 µs and needs no package.
"""

from importlib.resources import files
from pathlib import Path

WIDTH = 80
TARGET = Path(__file__).parents[2] / "pipeline" / "sentiment" / "traditional.py"
HEADER = '''"""Traditional characters and the simplified ones that stand for them.

Written by `python -m kefu.training.traditional_table` from the dictionaries TSCharacters and
TSPhrases of OpenCC, https://github.com/BYVoid/OpenCC, Apache License 2.0 (see NOTICE): of several
simplified forms the first, which is what OpenCC itself takes.
"""

'''


def rows(name: str) -> list[tuple[str, str]]:
    """The pairs of one dictionary of OpenCC that change something."""
    content = (files("opencc") / "dictionary" / f"{name}.txt").read_text(encoding="utf-8")
    pairs = [line.split("\t") for line in content.splitlines() if "\t" in line]
    return [(old, new.split()[0]) for old, new in pairs]


def wrapped(name: str, text: str) -> str:
    """The assignment of a long string, cut into lines."""
    pieces = [text[i : i + WIDTH] for i in range(0, len(text), WIDTH)]
    return f"{name} = (\n" + "".join(f'    "{piece}"\n' for piece in pieces) + ")\n"


def main() -> None:
    """Write the module anew."""
    single = [(old, new) for old, new in rows("TSCharacters") if old != new]
    single = [(old, new) for old, new in single if len(old) == len(new) == 1]
    by_character = dict(single)

    def letters(text: str) -> str:
        return "".join(by_character.get(letter, letter) for letter in text)

    phrases = [(old, new) for old, new in rows("TSPhrases") if letters(old) != new]
    body = HEADER
    body += wrapped("TRADITIONAL", "".join(old for old, _ in single)) + "\n"
    body += wrapped("SIMPLIFIED", "".join(new for _, new in single)) + "\n"
    body += "PHRASES = {\n"
    body += "".join(f'    "{old}": "{new}",\n' for old, new in phrases)
    body += '}\n"""Words of which some character is written otherwise than by itself."""\n'
    TARGET.write_text(body, encoding="utf-8")


if __name__ == "__main__":
    main()
