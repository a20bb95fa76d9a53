"""A site whose ledgers hold sightings, for the tests of ``southmed alerts``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from deploy.alerts.place import init_keys
from deploy.home import Site, init_site
from processors.alerts.facts import Sighting
from processors.intake.ledger import Ledger
from processors.intake.records import (
    SIGHTINGS,
    SUBJECTS,
    pack_subject,
    sightings_of,
    subject_key,
)
from schemas.topics import COUNTRY_CODES, PARTITIONS
from tests.releases import in_ledger
from tests.samples import Fields, an_event, ref
from tests.unit.detection import AUTHORITIES

EPOCH = {"token_epoch": "2026", "expires": "2030-01"}
REGION = {"TUN": "TN-R1", "MAR": "MA-R1", "JOR": "JO-R1", "LBN": "LB-R1"}


def a_site(root: Path, seen: Iterable[Sighting] = ()) -> Site:
    """A site with keys of alerts and a ledger for every partition."""
    site = init_site(
        root, {name: country for country, name in AUTHORITIES.items()}, scheme="x25519"
    )
    init_keys(site)
    for country in COUNTRY_CODES:
        for partition in range(PARTITIONS):
            Ledger(_path(site, country, partition)).close()
    put(site, seen)
    return site


def _path(site: Site, country: str, partition: int = 0) -> Path:
    return site.ledgers / "worker-1" / f"{country}-{partition}"


def put(site: Site, seen: Iterable[Sighting]) -> None:
    """Has the ledgers hold these sightings and no others, and what backs their cases."""
    listed = list(seen)
    for country in COUNTRY_CODES:
        ledger = Ledger(_path(site, country))
        old = [key for prefix in (SUBJECTS, SIGHTINGS) for key, _ in ledger.items(prefix)]
        writes: dict[bytes, bytes | None] = dict.fromkeys(old)
        subjects: dict[bytes, list[Fields]] = {}
        for sighting in listed:
            if sighting.country == country:
                for event in _events(sighting):
                    subjects.setdefault(subject_key(event), []).append(event)
        for key, events in subjects.items():
            writes[key] = pack_subject(events)
            writes.update(sightings_of(events))
        ledger.commit(writes)
        ledger.close()


def _speaker(sighting: Sighting) -> Fields:
    return {
        "producer": sighting.authority,
        "country": sighting.country,
        "case_ref": sighting.case,
        "region": REGION[sighting.country],
        "period": f"{sighting.month // 12}-{sighting.month % 12 + 1:02}",
    }


def backing(sighting: Sighting) -> Fields:
    """The event that backs the case of a sighting, as a ledger keeps it."""
    victim = ref(f"victim of {sighting.case.hex()}")
    speaker = _speaker(sighting)
    return in_ledger(an_event("victim.identified", **speaker, victim_ref=victim, fact_ref=victim))


def _events(sighting: Sighting) -> list[Fields]:
    token, *previous = sighting.tokens
    linkage = an_event(
        "network.linkage",
        **_speaker(sighting),
        fact_ref=sighting.fact,
        link_type=sighting.link_type,
        role=sighting.role,
        token=token,
        previous_token=previous[0] if previous else None,
        **EPOCH,
    )
    return [in_ledger(linkage), *([backing(sighting)] if sighting.backed else [])]
