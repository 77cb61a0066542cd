"""The contract as documents for other languages: JSON Schema per type, AsyncAPI for the whole.

Pure: returns dicts. `kefu schemas` writes them to `schemas/generated`.
"""

from inspect import cleandoc
from typing import Any

import msgspec

from schemas.codec import ALWAYS_WRITTEN, EVENT_TYPES, OUTPUT_TYPES
from schemas.topics import CATALOGUE, FACTS, INPUTS, TOPIC_OF_TYPE, Topic

Document = dict[str, Any]

CONTRACT_VERSION = "1.0.0"
"""The major number is that of the topics (`.v1`); the minor one grows with each added field or
type. See docs/contract.md for what may change."""

JSON_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_VERSION = "3.0.0"
KAFKA_BINDING_VERSION = "0.5.0"
"""Of the AsyncAPI Kafka bindings; 0.5.0 is the newest that AsyncAPI 3.0.0 knows."""
CONTENT_TYPE = "application/cloudevents+json"

TICK = "kefu.tick"
TICK_KEY = "the same for every tick, without meaning"
INTERNAL = {
    "name": "internal",
    "description": "Between the parts of kefu; may change without notice.",
}

READER_RULES = """\
Every Kafka value is one CloudEvents 1.0 JSON object in structured mode.

Rules for readers:

* Duplicates share `source` and `id`. The `id` of an output follows from its cause, so that what is
  repeated after a crash has the same `id`: drop repeats.
* Outputs are written in transactions: read with `isolation.level=read_committed`.
* Scorecards, queue intervals and interaction summaries are revised: of one `subject` (and `kind`
  of interaction) the highest `revision` wins, whichever comes last.
* Of the statements with one `clock_id` the last in the log is the truth: one interaction's stand
  on one partition in order. A correction (`kefu.sla.corrected`) names in `corrects` the `id` that
  it corrects: only a warning, and a correction to `running`, have no order but that of the log.
* An issue or a mood stands until a withdrawal (`kefu.qa.withdrawn`, `kefu.sentiment.withdrawn`)
  names its `id` in `corrects`. The same may be found again later, under another `id`.
* Messages and dead letters are said once and never revised.
* Ids may be forgotten by event time: what comes again after that counts as new.
* In Python `schemas.view.TopicView` does all of this, and `kefu read TOPIC` prints what stands.
* Ignore fields that you do not know: within `.v1` optional fields are added.
* Skip types that you do not know: within `.v1` types are added.
* `kefu.tick` stands on every input topic and tells a partition what time it is. It is no event of
  a customer; its key and `subject` carry no meaning.

Rules for writers:

* The record's key is the event's `subject`: the id of the interaction, or of the agent on the
  presence topic, so that one interaction's events stay in order on one partition.
* Numbers that are integers here are written without a decimal point, and fit 64 bits.
* Fields beyond those named here are allowed, counted, and ignored.

Topics that begin with `kefu.changelog.` hold the engines' own state: neither read nor write them.
"""


def json_schemas() -> dict[str, Document]:
    """One self-contained JSON Schema (2020-12) per event and output type, by its `type`."""
    return {tag: _standalone(tag, cls) for tag, cls in _types().items()}


def asyncapi() -> Document:
    """The AsyncAPI 3.0 document: every topic, what travels on it, and who writes it."""
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "kefu",
            "version": CONTRACT_VERSION,
            "description": READER_RULES,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in CATALOGUE},
        "operations": {name: op for topic in CATALOGUE for name, op in _operations(topic).items()},
        "components": {
            "schemas": _components(),
            "messages": {tag: _message(tag, cls) for tag, cls in _types().items()},
        },
    }


def _types() -> dict[str, type[Any]]:
    return {**EVENT_TYPES, **OUTPUT_TYPES}


def _standalone(tag: str, cls: type[Any]) -> Document:
    (_,), components = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
    definitions = {name: _tidy(schema) for name, schema in components.items()}
    root = _envelope(definitions.pop(cls.__name__), cls)
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        # A name, not a place: nothing has to be fetched to use the document.
        "$id": f"urn:kefu:v1:{tag}",
        **root,
        "$defs": definitions,
    }


def _components() -> dict[str, Document]:
    """Schemas of all types and of their parts, by class name, referring to each other."""
    types = _types().values()
    template = "#/components/schemas/{name}"
    _, found = msgspec.json.schema_components(types, ref_template=template)
    schemas = {name: _tidy(schema) for name, schema in found.items()}
    for cls in types:
        schemas[cls.__name__] = _envelope(schemas[cls.__name__], cls)
    return schemas


def _tidy(schema: Any) -> Any:
    """Say `const` where one value is allowed, and take the indentation out of docstrings."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {key: _tidy(value) for key, value in schema.items()}
    if isinstance(tidied.get("description"), str):
        tidied["description"] = cleandoc(tidied["description"])
    if isinstance(tidied.get("enum"), list) and len(tidied["enum"]) == 1:
        (tidied["const"],) = tidied.pop("enum")
    return tidied


def _envelope(schema: Document, cls: type[Any]) -> Document:
    """The whole message: described by what its data says, and with all that CloudEvents require."""
    return {
        **schema,
        "description": schema.get("description") or _summary(cls),
        "required": sorted({*schema["required"], *ALWAYS_WRITTEN}),
    }


def _summary(cls: type[Any]) -> str:
    data = cls.__annotations__["data"]
    return cleandoc(cls.__doc__ or data.__doc__ or "")


def _message(tag: str, cls: type[Any]) -> Document:
    key = TICK_KEY if tag == TICK else TOPIC_OF_TYPE[tag].key
    return {
        "name": tag,
        "title": cls.__name__,
        "summary": " ".join(_summary(cls).split("\n\n")[0].split()),
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{cls.__name__}"},
        "bindings": {
            "kafka": {
                # In place: the official schema takes a reference here for two things at once.
                "key": {"type": "string", "minLength": 1, "description": f"In UTF-8: {key}."},
                "bindingVersion": KAFKA_BINDING_VERSION,
            }
        },
    }


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": topic.doc,
        "messages": {tag: {"$ref": f"#/components/messages/{tag}"} for tag in topic.types},
        # Without `partitions`: how many there are is a choice of each deployment.
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": _kept(topic),
                "bindingVersion": KAFKA_BINDING_VERSION,
            }
        },
        **({"tags": [INTERNAL], "x-internal": True} if topic is FACTS else {}),
    }


def _kept(topic: Topic) -> Document:
    if topic.retention_ms is None:
        return {"cleanup.policy": ["compact"]}
    return {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms}


def _operations(topic: Topic) -> dict[str, Document]:
    """What kefu does with a topic: it receives its inputs and sends the rest."""
    actions = {"receive": topic in (*INPUTS, FACTS), "send": topic not in INPUTS}
    channel = f"#/channels/{topic.name}"
    return {
        f"{action}.{topic.name}": {
            "action": action,
            "channel": {"$ref": channel},
            "summary": topic.doc,
            "messages": [{"$ref": f"{channel}/messages/{tag}"} for tag in topic.types],
            **({"tags": [INTERNAL], "x-internal": True} if topic is FACTS else {}),
        }
        for action, does in actions.items()
        if does
    }
