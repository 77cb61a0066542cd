"""The generated documents are valid, say what the codec does, and cannot drift unseen.

The AsyncAPI document is held against the official JSON Schema of AsyncAPI 3.0.0, stored beside the
golden files: what exists on PyPI are generators and models, and the official parser would need
Node.js wherever the tests run. That schema does not follow `$ref`s, so a test here does.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator, Draft202012Validator

from kefu.commands.schemas import command, documents
from kefu.errors import FoundWrongError, UserError
from schemas.codec import EVENT_TYPES, InvalidEvent, decode, encode
from schemas.export import asyncapi, json_schemas
from schemas.topics import CATALOGUE, FACTS, INPUTS, OUTPUTS
from tests.golden.make_contract_v1 import DOCUMENTS, FOLDER, stored

EXAMPLES = stored(DOCUMENTS)
SCHEMAS = json_schemas()


@pytest.mark.parametrize("tag", SCHEMAS)
def test_each_schema_is_json_schema_and_names_itself(tag: str) -> None:
    schema = SCHEMAS[tag]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:kefu:v1:{tag}"
    assert schema["properties"]["type"] == {"const": tag}
    assert schema["title"]
    assert schema["description"]
    assert all(ref.startswith("#/$defs/") for ref in _refs(schema)), "not self-contained"


@pytest.mark.parametrize("tag", EXAMPLES)
def test_what_the_codec_accepts_passes_the_schema(tag: str) -> None:
    Draft202012Validator(SCHEMAS[tag]).validate(EXAMPLES[tag])


@pytest.mark.parametrize("tag", EVENT_TYPES)
def test_what_we_encode_passes_the_schema(tag: str) -> None:
    document = orjson.loads(encode(decode(orjson.dumps(EXAMPLES[tag])).event))
    Draft202012Validator(SCHEMAS[tag]).validate(document)


@pytest.mark.parametrize("tag", SCHEMAS)
def test_fields_of_a_later_version_pass_the_schema(tag: str) -> None:
    later = {**EXAMPLES[tag], "later": 1, "data": {**EXAMPLES[tag]["data"], "later": [{}]}}
    Draft202012Validator(SCHEMAS[tag]).validate(later)


@pytest.mark.parametrize("tag", EVENT_TYPES)
def test_a_required_field_that_is_missing_fails_both_the_schema_and_the_codec(tag: str) -> None:
    validator = Draft202012Validator(SCHEMAS[tag])
    for name in SCHEMAS[tag]["required"]:
        broken = {key: value for key, value in EXAMPLES[tag].items() if key != name}
        assert not validator.is_valid(broken), name
        with pytest.raises(InvalidEvent):
            decode(orjson.dumps(broken))


@functools.cache
def _official() -> Draft7Validator:
    return Draft7Validator(orjson.loads((FOLDER / "asyncapi-3.0.0.schema.json").read_bytes()))


def test_the_asyncapi_document_passes_the_official_schema() -> None:
    errors = [f"{e.json_path}: {e.message[:200]}" for e in _official().iter_errors(asyncapi())]
    assert errors == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("info", "version"), None),
        (("channels", "kefu.calls.v1", "bindings", "kafka", "partitions"), 0),
        (("operations", "receive.kefu.calls.v1", "action"), "read"),
        (("components", "messages", "kefu.tick", "payloads"), {}),
    ],
)
def test_the_official_schema_would_see_a_wrong_document(where: tuple[str, ...], wrong: Any) -> None:
    document = orjson.loads(orjson.dumps(asyncapi()))
    inner = document
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = wrong
    assert not _official().is_valid(document)


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    refs = set(_refs(document))
    assert len(refs) > 100
    for ref in refs:
        inner = document
        for step in ref.removeprefix("#/").split("/"):
            assert step in inner, ref
            inner = inner[step]


@pytest.mark.parametrize("tag", SCHEMAS)
def test_the_asyncapi_document_describes_the_same_messages(tag: str) -> None:
    document = asyncapi()
    payload = document["components"]["messages"][tag]["payload"]
    # AsyncAPI reads schemas as draft 7, in which words beside a `$ref` mean nothing.
    validator = Draft7Validator({**payload, "components": document["components"]})
    validator.validate(EXAMPLES[tag])
    for name in SCHEMAS[tag]["required"]:
        broken = {key: value for key, value in EXAMPLES[tag].items() if key != name}
        assert not validator.is_valid(broken), name


def test_every_topic_has_its_channel_its_direction_and_its_retention() -> None:
    document = asyncapi()
    assert list(document["channels"]) == [topic.name for topic in CATALOGUE]
    actions = {
        (op["action"], op["channel"]["$ref"].removeprefix("#/channels/"))
        for op in document["operations"].values()
    }
    expected = {("receive", topic.name) for topic in (*INPUTS, FACTS)}
    assert actions == expected | {("send", topic.name) for topic in (*OUTPUTS, FACTS)}
    for topic in CATALOGUE:
        channel = document["channels"][topic.name]
        assert list(channel["messages"]) == list(topic.types)
        kept = channel["bindings"]["kafka"]["topicConfiguration"]
        assert kept["cleanup.policy"] == (["compact"] if topic.compacted else ["delete"])
        assert kept.get("retention.ms") == topic.retention_ms
        assert "partitions" not in channel["bindings"]["kafka"], "each deployment chooses"
        assert channel.get("x-internal", False) is (topic is FACTS)


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _refs(inner)


def _run(*options: str) -> str:
    return (
        CliRunner().invoke(command, options, standalone_mode=False, catch_exceptions=False).output
    )


def test_the_stored_documents_are_those_of_the_types() -> None:
    assert "in order" in _run("--check")


def test_each_kind_of_drift_is_named_with_its_file(tmp_path: Path) -> None:
    _run("--out", str(tmp_path))
    (tmp_path / "kefu.tick.schema.json").write_text("{}")
    (tmp_path / "kefu.call.hold.schema.json").unlink()
    (tmp_path / "kefu.gone.schema.json").write_text("{}")
    with pytest.raises(FoundWrongError) as found:
        _run("--out", str(tmp_path), "--check")
    assert found.value.exit_code == 1
    lines = {line.strip() for line in str(found.value).splitlines()[1:]}
    assert lines == {
        f"{tmp_path}/kefu.tick.schema.json: differs",
        f"{tmp_path}/kefu.call.hold.schema.json: missing",
        f"{tmp_path}/kefu.gone.schema.json: stale",
    }


def test_writing_mends_drift_and_leaves_the_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "kefu.gone.schema.json").write_text("{}")
    (tmp_path / "orders.schema.json").write_text("{}")
    result = orjson.loads(_run("--out", str(tmp_path), "--json"))
    assert len(result["drifted"]) == len(documents()) + 1
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*documents(), "orders.schema.json"}
    assert "in order" in _run("--out", str(tmp_path), "--check")
    assert all(path.read_bytes().endswith(b"}\n") for path in tmp_path.glob("kefu.*"))


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Not a directory"):
        _run("--out", str(tmp_path / "file" / "folder"))
