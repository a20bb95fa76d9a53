"""Releases of every shipped table, and messages of them as they travel: for exports and readers."""

from __future__ import annotations

from datetime import date
from functools import cache

from deploy.consume.judge import Message
from processors.release.calendar import item_of
from processors.release.measure import make, withdraw
from processors.release.tables import shipped
from schemas.keys import SigningKey
from schemas.releases import Release, sign_release
from schemas.trust import TrustDocument, TrustedKey
from tests.releases import LATER, ORIGIN, a_record, a_release, some_keys, some_records

PLATFORM_KEY = SigningKey.generate("ed25519")
OTHER_KEY = SigningKey.generate("ecdsa-p256-sha256")

_EVENTS = [
    *(a_record(n, REF_AREA="TUN", AXIS="PREV", MODE="ONLINE") for n in range(3)),
    a_record(9, REF_AREA="JOR", AXIS="COOP", MODE="HELP"),
]
_REQUESTS = [a_record(n, REF_AREA="LBN", DIRECTION="SENT", KIND="MLA") for n in range(2)]


@cache
def releases() -> dict[str, Release]:
    """One release of every table, by the table's id."""
    tables, made = shipped(), {}
    people = {"VICTIMS": some_records(400), "TRAININGS": _EVENTS, "REQUESTS": _REQUESTS}
    for name, table in tables.tables.items():
        period = "2023-Q2" if table.vintage == "PROVISIONAL" else "2023"
        item = item_of(tables, f"{name}|{period}|{table.vintage}", LATER)
        made[name] = make(item, people, tables, some_keys(), ORIGIN, LATER).release
    return made


def withdrawn(release: Release) -> Release:
    """The marker that withdraws a release."""
    return withdraw(release, "METHOD_ERROR", date(2031, 2, 1))


def trusting(*keys: SigningKey) -> TrustDocument:
    """A trust document that lists keys for releases; the platform's, if none are given."""
    listed = [
        TrustedKey.of(key.verify_key, owner="platform", purpose="release")
        for key in keys or (PLATFORM_KEY,)
    ]
    return TrustDocument(version=1, authorities=[], keys=listed)


def message(release: Release, offset: int = 0, signer: SigningKey = PLATFORM_KEY) -> Message:
    """The record of a release."""
    value = release.dump()
    return Message(offset, release.key.encode(), value, sign_release(value, signer))


def remeasured(key: str = "F1|2023|FINAL") -> Release:
    """A release under a key that was measured on other records than the usual one."""
    from tests.releases import made

    return made(key, some_records(301, seed=7)).release


__all__ = ["a_release", "message", "releases", "remeasured", "trusting", "withdrawn"]
