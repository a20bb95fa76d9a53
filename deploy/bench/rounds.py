"""What a round of alerts costs once it has read what stands: detecting, disclosing, planning.

The same invented sightings as in `deploy.bench.tokens`, and codes of every case beside them. A
round is planned twice: the first time nothing is out and everything has to be raised, the second
time everything is out and nothing changes, which is what most rounds are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.bench.children import Job, measure
from deploy.bench.tokens import PATIENCE


@dataclass(frozen=True)
class RoundCost:
    """What a round costs.

    Attributes:
        sightings: How many stand.
        cases: Of how many cases.
        alerts: How many alerts that comes to.
        again: Alerts that planning again changed; none.
        sightings_per_second: By step; each over all sightings, in one process on one core.
        a_round: Sightings a second through a whole round in which nothing changes.
        peak_mib: Most resident memory.
    """

    sightings: int
    cases: int
    alerts: int
    again: int
    sightings_per_second: dict[str, float]
    a_round: float
    peak_mib: float


def measure_round(folder: Path, sightings: int) -> RoundCost:
    """Measures in a process of its own.

    Args:
        folder: Any folder.
        sightings: How many; there are a fifth as many identifiers.
    """
    job = Job(site="", folder=str(folder), records=sightings, size=max(sightings // 5, 1))
    return RoundCost(**measure("rounds_process", job, PATIENCE))
