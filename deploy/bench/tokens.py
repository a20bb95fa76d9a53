"""What the detectors on tokens cost: sightings a second, and how much memory.

Sightings are invented with as many identifiers as asked for, most of them held by a few cases of
one country, a few by many cases of several, as hotlines are; all inside the look-back of two years.
Not the detectors' quality is measured here, that is for the tests, but what a busy region costs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from deploy.bench.children import Job, measure
from processors.alerts.facts import LOOK_BACK, Month, Sighting

NOW: Month = 2026 * 12 + 11
COUNTRIES = {"TUN": "tn.inltp", "MAR": "ma.cnclt", "JOR": "jo.ctu", "LBN": "lb.isf"}
ROLES = ("RECRUIT", "BROKER", "TRANSP", "HARBOUR", "EXPLOIT", "CONTROL", "_U")
STRANGERS = 0.02
"""Share of sightings in another country than the identifier's own."""
SIGHTINGS_A_CASE = 2
PATIENCE = 3_600.0


@dataclass(frozen=True)
class TokensCost:
    """What the detectors on tokens cost.

    Attributes:
        sightings: How many.
        identifiers: Of how many identifiers.
        sightings_per_second: By step; each over all sightings, in one process on one core.
        peak_mib: Most resident memory, the sightings included.
        sightings_mib: Resident memory when only the sightings were there.
        findings: Found by step, so that it is seen that something was.
    """

    sightings: int
    identifiers: int
    sightings_per_second: dict[str, float]
    peak_mib: float
    sightings_mib: float
    findings: dict[str, int]


def measure_tokens(folder: Path, sightings: int) -> TokensCost:
    """Measures in a process of its own.

    Args:
        folder: Any folder.
        sightings: How many; there are a fifth as many identifiers.
    """
    job = Job(site="", folder=str(folder), records=sightings, size=max(sightings // 5, 1))
    return TokensCost(**measure("tokens_process", job, PATIENCE))


def invent(sightings: int, identifiers: int, seed: int = 1) -> Iterator[Sighting]:
    """Invents sightings; the same seed invents the same."""
    random = Random(seed)  # noqa: S311
    tokens = [(sha256(number.to_bytes(8, "big")).digest(),) for number in range(identifiers)]
    countries = list(COUNTRIES)
    cases = {
        country: [random.randbytes(16) for _ in range(sightings // SIGHTINGS_A_CASE // 4 + 1)]
        for country in countries
    }
    for _ in range(sightings):
        # Most identifiers are seen a few times, some very often.
        number = min(int(random.paretovariate(0.7)), identifiers - 1)
        number = random.randrange(identifiers) if random.random() < 0.97 else number
        own = countries[number % 4]
        country = random.choice(countries) if random.random() < STRANGERS else own
        yield Sighting(
            fact=random.randbytes(16),
            country=country,
            authority=COUNTRIES[country],
            case=random.choice(cases[country]),
            tokens=tokens[number],
            link_type="PHONE",
            role=random.choice(ROLES),
            month=NOW - random.randrange(LOOK_BACK),
        )


class Steps:
    """Times steps over the same sightings."""

    def __init__(self, sightings: int) -> None:
        self._sightings = sightings
        self._since = time.process_time()
        self.rates: dict[str, float] = {}

    def done(self, step: str) -> None:
        """Ends a step; the next one begins."""
        seconds = max(time.process_time() - self._since, 1e-9)
        self.rates[step] = self._sightings / seconds
        self._since = time.process_time()
