"""docs/contract.md says what the code does, where that can be checked."""

import re
from pathlib import Path

from schemas.codec import MAX_VALUE_BYTES, Reason
from schemas.envelope import MAX_ID_CHARS, MAX_TEXT_CHARS, Envelope

PAGE = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")


def _first_column(heading: str) -> list[str]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)


def test_every_reason_for_a_dead_letter_is_in_the_table_and_no_other() -> None:
    assert _first_column("Why a record becomes a dead letter") == [
        reason.value for reason in Reason
    ]


def test_every_field_of_the_envelope_is_in_the_table() -> None:
    described = set(_first_column("The envelope"))
    fields = {*Envelope.__struct_encode_fields__, "type", "data"}
    # Attributes of CloudEvents that kefu accepts and does not read.
    assert fields - described == {"datacontenttype", "dataschema"}
    assert described <= fields


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    for limit in (MAX_VALUE_BYTES, MAX_ID_CHARS, MAX_TEXT_CHARS):
        assert f"{limit:,}" in PAGE


def test_the_files_that_the_page_names_exist() -> None:
    root = Path(__file__).parents[2]
    named = re.findall(r"`((?:tests|schemas)/[\w./]+)`", PAGE)
    assert len(named) >= 4
    assert [name for name in named if not (root / name).exists()] == []
