"""Everything that a plan of alerts goes by, from the ledgers and the releases of this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from deploy.alerts.place import Place
from deploy.ledgers import every_ledger
from processors.alerts.detect import process
from processors.alerts.disclose import Standing, disclose, month
from processors.alerts.facts import CaseProfile, Sighting
from processors.alerts.hubs import Hub
from processors.alerts.plan import Now
from processors.alerts.profiles import month_of, profiles
from processors.alerts.published import rises
from processors.intake.ledger import Ledger
from processors.intake.records import SUBJECTS, unpack_subject
from processors.intake.sightings import StandingSighting, sightings
from schemas.releases import Release

_ALWAYS = "2000-01"
"""A month before which nothing expires."""


@dataclass(frozen=True)
class Gathered:
    """What was found, for planning and for the operator."""

    now: Now
    hubs: tuple[Hub, ...]


def gather(place: Place, releases: Iterable[Release], today: date) -> Gathered:
    """Runs the detectors over what stands.

    Args:
        place: Whose ledgers and keys.
        releases: What is published.
        today: The day; an argument, not a clock.

    Raises:
        LedgerMissing: A partition has no ledger here.
        AlertKeysMissing: The secret behind ids is not here.
    """
    present = today.year * 12 + today.month - 1
    standing: list[StandingSighting] = []
    known: list[CaseProfile] = []
    with every_ledger(place.site.ledgers) as ledgers:
        for ledger in ledgers.values():
            standing += sightings(ledger, _ALWAYS)
            known += _profiles(ledger)
    # What expired is no evidence any more; but it was not withdrawn either.
    lasting = [sighting_of(s) for s in standing if s.expires >= month(present)]
    found = process(lasting, known, present, place.stops())
    secrets = place.secrets()
    oughts = disclose(found, lasting, known, secrets)
    stand = Standing([sighting_of(s) for s in standing], known, secrets)
    return Gathered(Now(oughts, stand, rises(releases), today), found.hubs)


def _profiles(ledger: Ledger) -> list[CaseProfile]:
    return profiles(unpack_subject(value) for _, value in ledger.items(SUBJECTS))


def sighting_of(found: StandingSighting) -> Sighting:
    """What a ledger holds, as detectors see it."""
    return Sighting(
        fact=found.fact,
        country=found.country,
        authority=found.authority,
        case=found.case,
        tokens=found.tokens,
        link_type=found.link_type,
        role=found.role,
        month=month_of(found.period),
        backed=found.backed,
    )
