"""Renders ``docs/asyncapi.yaml``: topics, messages and principals as an AsyncAPI 3.0 document.

Payloads are the frozen Avro schemas, and for releases, alerts and quality JSON Schemas
(`deploy.documents.json_messages`). A sealed batch is all that the broker ever sees of an event, so
the event types stand in the document as messages that no channel carries; ``x-carried-in`` says in
what they travel.

Sources: AsyncAPI 3.1.0; AsyncAPI Kafka bindings 0.5.0.
"""

from __future__ import annotations

from typing import Any

import yaml

from deploy.documents.json_messages import BINDING_VERSION, json_message
from deploy.documents.markdown import GENERATED
from deploy.documents.topics_table import retention, rights
from schemas.avro_schema import record_name
from schemas.case_events import EVENT_TYPES
from schemas.codec import Subject, registry
from schemas.envelope import PAYLOAD_TYPE as BATCH_TYPE
from schemas.linkage import EVALUATION_TYPE, REQUEST_TYPE
from schemas.receipts import PAYLOAD_TYPE as RECEIPT_TYPE
from schemas.topics import COUNTRY_CODES, JSON_MESSAGES, MAX_RECORD, REPLICAS, TOPICS, Topic

AVRO_FORMAT = "application/vnd.apache.avro+json;version=1.9.0"
"""The Avro version that AsyncAPI names; nothing newer is used in the schemas."""
CONTENT_TYPE = "application/vnd.apache.avro"
CONTRACT_VERSION = "1.4.0"
"""Version of the contract, not of the package; its first number is that of the topics."""

Node = dict[str, Any]

INNER_SCHEMAS = {
    "batch_header": "sealed_batch",
    "event_batch": "sealed_batch",
    "receipt": "signed_statement",
    "linkage_request": "signed_statement",
    "linkage_evaluation": "signed_statement",
}
"""Messages inside messages: subject, and the message whose bytes hold it."""


def render() -> str:
    """The document."""
    body = yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return f"# {GENERATED}\n{body}"


class _Plain(yaml.SafeDumper):
    """Writes equal parts out again instead of pointing at the first one."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - whatever it is
        return True


def document() -> Node:
    """The document as plain values."""
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "southmed",
            "version": CONTRACT_VERSION,
            "description": "Sealed batches of pseudonymous case events, and the platform's signed"
            " answers, blinded identifiers and their evaluations, releases: tables with noise for"
            " analysts, alerts, and how each authority's data come in. Of cases the broker sees"
            " ciphertext and batch headers only; of what is signed and not sealed, all.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(),
        "channels": {_channel_id(topic): _channel(topic) for topic in TOPICS},
        "operations": dict(
            operation
            for principal, (writes, reads) in rights().items()
            for operation in (
                *(_operation(principal, "send", topic) for topic in writes),
                *(_operation(principal, "receive", topic) for topic in reads),
            )
        ),
        "components": {
            "messages": {
                **{name: _message(name) for name in _carried() if name not in JSON_MESSAGES},
                **{name: json_message(name) for name in _carried() if name in JSON_MESSAGES},
                **{event_type: _event(event_type) for event_type in EVENT_TYPES},
            },
            "schemas": {
                subject: {**_payload(subject), "x-carried-in": outer}
                for subject, outer in INNER_SCHEMAS.items()
            },
            "securitySchemes": {
                "clientCertificate": {
                    "type": "X509",
                    "description": "One principal for each authority and each processor.",
                }
            },
        },
    }


def _servers() -> Node:
    bootstrap = {"default": "localhost:9092", "description": "Host and port to begin with."}
    return {
        "production": {
            "host": "{bootstrap}",
            "protocol": "kafka-secure",
            "description": "Apache Kafka with mutual TLS and access control.",
            "variables": {"bootstrap": bootstrap},
            "security": [{"$ref": "#/components/securitySchemes/clientCertificate"}],
        },
        "embedded": {
            "host": "{bootstrap}",
            "protocol": "kafka",
            "description": "The in-process cluster of the demo: loopback, no TLS, no ACLs.",
            "variables": {"bootstrap": bootstrap},
        },
    }


# --- Channels and operations ---------------------------------------------------------------------


def _channel_id(topic: Topic) -> str:
    """``southmed.cases.{cc}.v1`` as ``cases``; the country stays where another is called that."""
    name = topic.template.removeprefix("southmed.").removesuffix(".v1")
    short = name.removesuffix(".{cc}")
    taken = any(t.template == f"southmed.{short}.v1" for t in TOPICS)
    return f"{short}.cc" if taken and short != name else short


_COUNTRY: Node = {
    "description": "Country, ISO 3166-1 alpha-2, lower case.",
    "enum": list(COUNTRY_CODES.values()),
}


def _channel(topic: Topic) -> Node:
    return {
        "address": topic.template,
        "description": f"{topic.meaning} Kept {retention(topic)}.",
        **({"parameters": {"cc": _COUNTRY}} if "{cc}" in topic.template else {}),
        "messages": {topic.message: {"$ref": f"#/components/messages/{topic.message}"}},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "replicas": REPLICAS,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.compacted else "delete"],
                    "retention.ms": -1 if topic.retention_ms is None else topic.retention_ms,
                    "max.message.bytes": MAX_RECORD,
                },
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _operation(principal: str, action: str, topic: Topic) -> tuple[str, Node]:
    role = principal.removesuffix(".{cc}")
    channel = f"#/channels/{_channel_id(topic)}"
    own = "the country's own" if principal.endswith("{cc}") else "every country's"
    which = f"{own} topic" if "{cc}" in topic.template else "the topic"
    does = {"send": "writes to", "receive": "reads"}[action]
    name = f"{role}.{action}.{_channel_id(topic)}"
    return name, {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"Principal `{principal}` {does} {which}.",
        "messages": [{"$ref": f"{channel}/messages/{topic.message}"}],
    }


# --- Messages ------------------------------------------------------------------------------------


def _carried() -> list[str]:
    """The messages that topics carry, each once."""
    return list(dict.fromkeys(topic.message for topic in TOPICS))


def _subject(name: str) -> Subject:
    return registry().newest[name]


def _payload(subject: str) -> Node:
    return {"schemaFormat": AVRO_FORMAT, "schema": short_names(_subject(subject).schema)}


def short_names(schema: Any) -> Any:
    """The same Avro schema with each full name split into namespace and name.

    AsyncAPI's definition of Avro takes no dotted ``name``; to Avro the two are one, and the
    fingerprint is the same.
    """
    if isinstance(schema, list):
        return [short_names(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: short_names(part) for name, part in schema.items()}
    namespace, _, name = str(parts.get("name", "")).rpartition(".")
    return {**parts, "name": name, "namespace": namespace} if namespace else parts


def _message(subject: str) -> Node:
    newest = _subject(subject)
    inside = {
        "sealed_batch": f"Payload type `{BATCH_TYPE}`. The header is a `batch_header`; the body,"
        " decrypted and unpacked, is an `event_batch` of up to 1,000 events of the types below.",
        "signed_statement": f"Payload type `{RECEIPT_TYPE}` with a `receipt`, `{REQUEST_TYPE}` with"
        f" a `linkage_request`, or `{EVALUATION_TYPE}` with a `linkage_evaluation`.",
        "clock_question": "Nothing inside.",
    }
    return {
        "name": subject,
        "title": newest.schema["name"],
        "summary": newest.schema["doc"],
        "description": f"{inside[subject]} {_encoding(newest)}",
        "contentType": CONTENT_TYPE,
        "payload": _payload(subject),
    }


def _event(event_type: str) -> Node:
    newest = _subject(event_type)
    return {
        "name": event_type,
        "title": record_name(event_type),
        "summary": EVENT_TYPES[event_type].meaning,
        "description": f"Inside the sealed body only. {_encoding(newest)}",
        "contentType": CONTENT_TYPE,
        "tags": [{"name": "case event"}],
        "payload": _payload(event_type),
        "x-carried-in": "sealed_batch",
    }


def _encoding(subject: Subject) -> str:
    prefix = (b"\xc3\x01" + subject.fingerprint).hex()
    return f"Avro single-object encoding, prefix `{prefix}`."
