"""Bounds of the rule language: a hostile or careless rule file is refused, never slow.

The figures are ours; each says what it protects.
"""

MAX_FILE_CHARS = 1_200_000
"""Characters of the rule file: reading YAML takes about 5 s for so many."""
MAX_RULES = 1_000
"""Rules in one file."""
MAX_NESTING = 12
"""Levels of `all`, `any` and `not`; people stop understanding at four."""
MAX_CONDITIONS = 64
"""Operators in one rule: the cost of one evaluation."""
MAX_WORDS = 2_000
"""Words or sentences of one condition."""
MAX_WORDS_IN_FILE = 20_000
"""Words of all rules together: the size of the automaton, some tens of megabytes at most."""
MAX_WORD_CHARS = 64
"""Characters of one keyword."""
MAX_SENTENCE_CHARS = 500
"""Characters of one reference sentence or template."""
MAX_PATTERN_CHARS = 1_000
"""Characters of one regular expression."""
PATTERN_MEMORY_BYTES = 1 << 20
"""What RE2 may spend on one regular expression; a pattern that needs more is refused."""
PATTERN_SET_MEMORY_BYTES = 64 << 20
"""What RE2 may spend on one set of patterns; a set that needs more is split in two."""
MAX_NAME_CHARS = 200
"""Characters of an id, name or label."""
MAX_COUNT = 1_000
"""Largest number of turns, repeats or words that a condition may name."""
MAX_SECONDS = 7 * 24 * 3_600.0
"""Longest time that a condition may name: a week."""

MAX_TURNS = 1_000
"""Turns of one interaction that are judged: a call of an hour has so many. Later ones are counted
as not judged, see `QaState`. Bounds what a turn costs, which grows with the turns before it, and
the record of an interaction."""
MAX_EVIDENCE_CHARS = 120
"""Longest text that an evidence quotes, as in `pipeline.qa.rules`."""
MAX_HITS_PER_RULE = 200
"""Hits of one rule in one interaction; what comes later is counted, see `QaState`."""
REPEAT_MEMORY_TURNS = 100
"""How many turns back a repeat is looked for."""
REPEAT_TEXT_CHARS = 256
"""How much of a turn is remembered to recognise its repeat."""
OVERTALK_MEMORY_TURNS = 20
"""How many utterances back an overlap is looked for; utterances come in the order they ended."""
