"""The messages of the AsyncAPI document that are JSON: releases, alerts, assessments, quality.

Their JSON Schemas follow from the models, every part written out where it stands, so that the
document can be read on its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import BaseModel

from schemas.alerts import PAYLOAD_TYPES, AnalystAlert, Assessment, ContactAlert, Surge
from schemas.header_signatures import SIGNATURE_HEADER
from schemas.quality import KEY_PATTERN as AUTHORITY_PATTERN
from schemas.quality import PAYLOAD_TYPE as QUALITY_TYPE
from schemas.quality import Quality
from schemas.releases import KEY_PATTERN, Release
from schemas.releases import PAYLOAD_TYPE as RELEASE_TYPE
from schemas.topics import ANALYST_ALERTS, CONTACT_ALERTS, CONTACT_ASSESSMENTS, QUALITY, RELEASES
from schemas.topics import SURGES as SURGES_TOPIC

Node = dict[str, Any]
BINDING_VERSION = "0.5.0"
"""Of AsyncAPI's Kafka bindings."""
ID_PATTERN = "^[0-9a-f]{32}$"
NEWEST = "The key is the alert's id; the newest record of a key holds."


class JsonMessage(NamedTuple):
    """One row of the table."""

    model: type[BaseModel]
    title: str
    summary: str
    description: str
    key: str
    signed_as: str
    """Payload type that the signature stands over; empty for what is not signed."""


JSON_MESSAGES: dict[str, JsonMessage] = {
    RELEASES.message: JsonMessage(
        Release,
        "Release",
        "A table for a period in a vintage, with noise on every cell.",
        "JSON as it is, readable without southmed. The key is `<table>|<period>|<vintage>`; the"
        " newest record of a key holds.",
        KEY_PATTERN,
        RELEASE_TYPE,
    ),
    CONTACT_ALERTS.message: JsonMessage(
        ContactAlert,
        "ContactAlert",
        "Cases of this country and of another hold the same identifier or network.",
        f"JSON as it is. {NEWEST}",
        ID_PATTERN,
        f"{PAYLOAD_TYPES[ContactAlert]};country=<alpha-3>",
    ),
    ANALYST_ALERTS.message: JsonMessage(
        AnalystAlert,
        "AnalystAlert",
        "A network spans these countries.",
        f"JSON as it is. {NEWEST}",
        ID_PATTERN,
        PAYLOAD_TYPES[AnalystAlert],
    ),
    SURGES_TOPIC.message: JsonMessage(
        Surge,
        "Surge",
        "A published series rises more than chance would have it, or moved.",
        f"JSON as it is, computed from releases alone. {NEWEST}",
        ID_PATTERN,
        PAYLOAD_TYPES[Surge],
    ),
    CONTACT_ASSESSMENTS.message: JsonMessage(
        Assessment,
        "Assessment",
        "What a reader answers to an alert.",
        "JSON as it is, not signed: who may write it is decided by the certificate. The key is the"
        " alert's id; the newest record of a key holds, and its time is the broker's.",
        ID_PATTERN,
        "",
    ),
    QUALITY.message: JsonMessage(
        Quality,
        "Quality",
        "How the data of one authority come in: when, how late, what is refused.",
        "JSON as it is, in bands that no person moves. The key is the authority's id; the newest"
        " record of a key holds.",
        AUTHORITY_PATTERN,
        QUALITY_TYPE,
    ),
}
"""By the message's name in the table of topics."""


def json_message(name: str) -> Node:
    """A message as the document holds it."""
    row = JSON_MESSAGES[name]
    return {
        "name": name,
        "title": row.title,
        "summary": row.summary,
        "description": row.description,
        "contentType": "application/json",
        **({"headers": _signature(row.signed_as)} if row.signed_as else {}),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "pattern": row.key},
                "bindingVersion": BINDING_VERSION,
            }
        },
        "payload": json_schema(row.model),
    }


def _signature(signed_as: str) -> Node:
    return {
        "type": "object",
        "required": [SIGNATURE_HEADER],
        "properties": {
            SIGNATURE_HEADER: {
                "type": "string",
                "pattern": "^[0-9a-f]{64}:[A-Za-z0-9+/=]+$",
                "description": "Key id and signature in Base64, over the DSSE"
                f" pre-authentication encoding of `{signed_as}` and the exact bytes of the"
                " value. May repeat; one that verifies is enough.",
            }
        },
    }


def json_schema(model: type[BaseModel]) -> Node:
    """The JSON Schema of a model, every part written out where it stands."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def written_out(node: Any) -> Any:
        if isinstance(node, list):
            return [written_out(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            part = parts[node["$ref"].rpartition("/")[2]]
            return written_out({**part, **{k: v for k, v in node.items() if k != "$ref"}})
        return {name: written_out(part) for name, part in node.items()}

    return {"$schema": "http://json-schema.org/draft-07/schema#", **written_out(schema)}
