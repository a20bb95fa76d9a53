"""What a Kafka broker of ours is told, wherever it runs.

1. Default deny; topics are made on purpose only.
2. Three copies of everything, Kafka's own topics included; a write needs two, and a copy that lags
   never becomes leader: what was acknowledged survives the loss of one broker.
3. TLS 1.3 on every listener, and a certificate from everyone who connects. A principal is the
   common name of a subject of exactly two parts.

No listener's name says SSL: the image of Apache Kafka takes such a one for one with a password for
its keystore, and a PEM file has none.

Source of the names: Apache Kafka 4 documentation, "Broker Configs"; KIP-651 for PEM files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.topics import MAX_RECORD, PARTITIONS, REPLICAS

PRINCIPAL_RULE = "RULE:^CN=([a-z0-9.-]+),O=southmed$/$1/,DEFAULT"
Settings = Mapping[str, str | int | bool]


def everywhere(replicas: int = REPLICAS) -> dict[str, str | int | bool]:
    """Settings of every broker, in Kafka's names.

    Args:
        replicas: Copies of each partition.
    """
    in_sync = min(2, replicas)
    return {
        "allow.everyone.if.no.acl.found": False,
        "auto.create.topics.enable": False,
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "num.partitions": PARTITIONS,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
        "unclean.leader.election.enable": False,
        "log.message.timestamp.type": "LogAppendTime",
        "message.max.bytes": MAX_RECORD,
        "ssl.enabled.protocols": "TLSv1.3",
    }


def guarded(brokers: Iterable[int], identity: str, trusted: str) -> dict[str, str | int | bool]:
    """Who is let in, and who may do everything; where nothing else sees to that.

    Args:
        brokers: Numbers of all brokers.
        identity: The broker's own file of key and certificate.
        trusted: The file of authorities that it believes.
    """
    return {
        "ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": identity,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": trusted,
        "ssl.principal.mapping.rules": PRINCIPAL_RULE,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": ";".join(f"User:broker.{number}" for number in brokers),
    }


def properties(settings: Settings) -> str:
    """Settings as a Java properties file; backslashes are doubled, as that format wants it."""
    return "".join(f"{name}={_text(value)}\n" for name, value in settings.items())


def _text(value: str | int | bool) -> str:
    told = str(value).lower() if isinstance(value, bool) else str(value)
    return told.replace("\\", "\\\\")
