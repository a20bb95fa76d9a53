"""Surges as everybody is told of them: computed from published tables, so nothing of it is secret.

The rules:

1. A surge is known by its detector, table, series and the period since which it has been one. Its
   id is a digest of these without any key: whoever has the tables comes to the same.
2. While it lasts, the same alert tells of newer periods. It expires four quarters after the newest.
3. It is retracted when it is no longer found, as when its release is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from processors.alerts.words import SURGE, of_series, sentence
from schemas.alerts import SurgeDetector, SurgeEvidence

LASTS = 4
"""Quarters after its newest period in which a surge is told."""


@dataclass(frozen=True)
class Rise:
    """What a detector found in a published table.

    Attributes:
        detector: Which.
        table: Of which table.
        series: Dimensions and their values.
        since: Period since which it has been an alarm.
        period: The newest period looked at.
        statistic: What the detector measured.
        threshold: What chance passes as rarely as it promises.
    """

    detector: SurgeDetector
    table: str
    series: tuple[tuple[str, str], ...]
    since: str
    period: str
    statistic: float
    threshold: float

    @property
    def id(self) -> str:
        series = "&".join(f"{name}={value}" for name, value in sorted(self.series))
        about = f"southmed surge v1|{self.detector}|{self.table}|{series}|{self.since}"
        return sha256(about.encode()).hexdigest()[:32]

    @property
    def expires(self) -> str:
        """The last quarter in which it is told."""
        year, _, part = self.period.partition("-")
        quarters = {"": 3, **{f"Q{n}": n - 1 for n in range(1, 5)}}
        number = quarters[part] if part in quarters else (int(part) - 1) // 3
        last = int(year) * 4 + number + LASTS
        return f"{last // 4}-Q{last % 4 + 1}"

    def fields(self) -> Mapping[str, Any]:
        """The fields of its alert, without its life."""
        told = of_series(self.series)
        words = sentence(SURGE[self.detector], table=self.table, series=told, period=self.period)
        about = SurgeEvidence(
            detector=self.detector,
            table=self.table,
            period=self.period,
            series=dict(sorted(self.series)),
            statistic=round(self.statistic, 4),
            threshold=round(self.threshold, 4),
            words=words,
        )
        return {"id": self.id, "expires": self.expires, "about": about}


def lasting(rises: Iterable[Rise], quarter: str) -> dict[str, Rise]:
    """By its id, of each surge what was found of its newest period, unless it is over."""
    found: dict[str, Rise] = {}
    for rise in sorted(rises, key=lambda r: (r.period, r.statistic, r.threshold)):
        if rise.expires >= quarter:
            found[rise.id] = rise
    return found
