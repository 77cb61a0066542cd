"""Adds to the stored contract what is new in today's: `python -m tests.golden.make_contract_v1`.

- `contract_v1.jsonl`: one document per event and output type, every field set, values chosen by a
  seeded generator. A line, once written, never changes: it stands for what lies in users' topics.
- `contract_v1.schemas.jsonl`: the JSON Schema of each type as it was last promised. It is only
  renewed where the new one keeps every promise of the old one.
"""

import random
from pathlib import Path
from typing import Any

import msgspec
import orjson

from schemas.codec import EVENT_TYPES, OUTPUT_TYPES
from schemas.export import json_schemas
from tests.contract_compatibility import broken_promises

FOLDER = Path(__file__).parent
DOCUMENTS = FOLDER / "contract_v1.jsonl"
SCHEMAS = FOLDER / "contract_v1.schemas.jsonl"

TEXTS = {
    "text": "您好，订单 MASKED 还没有发货，請問何時到？[微笑]🙂 thanks",
    "comment": "客服很耐心，就是等得有点久。",
    "rule_name": "Impolite words",
    "rule_name_zh": "用语不礼貌",
    "reason": "wrong_type",
    "detail": "expected `str` at `$.type`",
    "content_type": "text",
    "datacontenttype": "application/json",
}


def stored(path: Path) -> dict[str, dict[str, Any]]:
    """The stored lines, by the `type` that they are or speak of."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    documents = [orjson.loads(line) for line in lines]
    return {_type_of(document): document for document in documents}


def _type_of(document: dict[str, Any]) -> str:
    return str(document["properties"]["type"]["const"] if "$id" in document else document["type"])


def example(tag: str, cls: type[Any]) -> dict[str, Any]:
    """A document of that type with every field set; the same for the same type."""
    chance = random.Random(tag)
    return {"type": tag, **_struct(cls, chance)}


def _struct(cls: type[Any], chance: random.Random) -> dict[str, Any]:
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    return {field.encode_name: _value(field.type, field.name, chance) for field in info.fields}


def _value(kind: msgspec.inspect.Type, name: str, chance: random.Random) -> Any:
    match kind:
        case msgspec.inspect.Metadata():
            return _value(kind.type, name, chance)
        case msgspec.inspect.UnionType():
            first = next(t for t in kind.types if type(t) is not msgspec.inspect.NoneType)
            return _value(first, name, chance)
        case msgspec.inspect.StructType():
            return _struct(kind.cls, chance)
        case msgspec.inspect.LiteralType():
            return chance.choice(kind.values)
        case msgspec.inspect.StrType():
            return TEXTS.get(name, f"{name}-{chance.randrange(1000)}")
        case msgspec.inspect.IntType():
            return chance.randrange(1, 5 if name in ("score", "scale") else 90_000)
        case msgspec.inspect.FloatType():
            return chance.randrange(1, 1000) / 1000
        case msgspec.inspect.BoolType():
            return chance.random() < 0.5
        case msgspec.inspect.DateTimeType():
            return f"2026-03-{chance.randrange(10, 29)}T09:{chance.randrange(10, 60)}:00.125+08:00"
        case msgspec.inspect.ListType():
            return [_value(kind.item_type, name, chance)]
        case msgspec.inspect.DictType():
            return {f"{name}-key": _value(kind.value_type, name, chance)}
    raise AssertionError(f"say here how an example of {kind} is made")


def main() -> None:
    """Write both files anew, with the old lines in their places and what is new at the end."""
    types = {**EVENT_TYPES, **OUTPUT_TYPES}
    fresh = json_schemas()
    for tag, schema in stored(SCHEMAS).items():
        if broken := broken_promises(schema, fresh.get(tag), written_by_us=tag in OUTPUT_TYPES):
            raise SystemExit(f"{tag}: not compatible with v1: {broken}")
    documents = stored(DOCUMENTS)
    documents |= {tag: example(tag, cls) for tag, cls in types.items() if tag not in documents}
    _write(DOCUMENTS, documents.values())
    _write(SCHEMAS, fresh.values())


def _write(path: Path, documents: Any) -> None:
    path.write_bytes(b"".join(orjson.dumps(document) + b"\n" for document in documents))


if __name__ == "__main__":
    main()
