"""Who is let in at a topic: every principal asks with its own certificate."""

from __future__ import annotations

from collections.abc import Callable

from kafka.protocol.api_message import ApiMessage

from deploy.terminal import broker_at
from deploy.topics.live import admin_client
from schemas.access import principals
from tests.kafka import requests as ask
from tests.kafka import wire
from tests.kafka.cluster import KafkaScene

GRANTED, REFUSED = "NoError", "TopicAuthorizationFailedError"


def readers(place: KafkaScene, topic: str) -> set[str]:
    """The principals that the broker lets read a topic."""
    return _let_in(place, topic, ask.read)


def writers(place: KafkaScene, topic: str) -> set[str]:
    """The principals that the broker lets write to a topic; each has then written rubbish."""
    return _let_in(place, topic, ask.write)


def _let_in(place: KafkaScene, topic: str, request: Callable[[str], ApiMessage]) -> set[str]:
    found = set()
    for principal in principals():
        identity = place.cluster.plan.identities / principal
        with admin_client(broker_at(place.cluster.plan.servers, identity)) as client:
            answer = wire.tried(client, request(topic))
        assert answer in (GRANTED, REFUSED), f"{principal}: {answer}"
        if answer == GRANTED:
            found.add(principal)
    return found
