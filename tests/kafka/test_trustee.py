"""The trustee on Apache Kafka, over TLS, each as itself: who is served, and who reads nothing."""

from __future__ import annotations

from deploy.terminal import broker_at
from deploy.topics.live import admin_client
from schemas.access import may, principals, rights
from schemas.linkage import TOKEN_LENGTH
from schemas.oprf import token
from schemas.topics import CASES, LINKAGE_EVALUATIONS, LINKAGE_REQUESTS, RECEIPTS
from tests.integration.trustees import TRUSTEE, YEAR, Asker, a_trustee, serve_once
from tests.kafka import requests as ask
from tests.kafka import wire
from tests.kafka.cluster import KafkaScene

TUNISIA, NUMBER = "TUN", "+21620000101"
REQUESTS, EVALUATIONS = LINKAGE_REQUESTS.name(TUNISIA), LINKAGE_EVALUATIONS.name(TUNISIA)
TOPICS = (REQUESTS, EVALUATIONS, CASES.name(TUNISIA), RECEIPTS.name(TUNISIA))
GRANTED, REFUSED = "NoError", "TopicAuthorizationFailedError"


def readers(place: KafkaScene, topic: str) -> set[str]:
    """The principals that the broker lets read a topic, each asking with its own certificate."""
    found = set()
    for principal in principals():
        identity = place.cluster.plan.identities / principal
        with admin_client(broker_at(place.cluster.plan.servers, identity)) as client:
            answer = wire.tried(client, ask.read(topic))
        assert answer in (GRANTED, REFUSED), f"{principal}: {answer}"
        if answer == GRANTED:
            found.add(principal)
    return found


def test_the_trustee_answers_as_itself_over_tls_and_nobody_else_reads_the_answer(
    place: KafkaScene,
) -> None:
    key = a_trustee(place.site).key(YEAR)
    tunisia = Asker(place.site, place.reach, "tn.inltp")
    question = tunisia.question([NUMBER])
    tunisia.send(tunisia.signed(question))
    serve_once(place.site, place.reach)
    due = token(key._scalar, question.names[0])[:TOKEN_LENGTH]
    assert tunisia.tokens(question, tunisia.heard(1)) == [due]
    # Now there is something to be read.
    assert readers(place, EVALUATIONS) == {"authority.tn"}
    assert readers(place, REQUESTS) == {TRUSTEE, "trustee.coe", "trustee.national"}


def test_a_trustee_may_read_requests_and_write_answers_and_nothing_else() -> None:
    granted = {
        (operation, topic)
        for topic in TOPICS
        for operation in ("READ", "WRITE")
        if may(rights(), TRUSTEE, "topic", topic, operation)
    }
    assert granted == {("READ", REQUESTS), ("WRITE", EVALUATIONS)}
