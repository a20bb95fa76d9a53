"""The ledger of releases: what was published, what it cost, and what may still be published.

The rules:

1. The state is a function of the newest message of every key on the topic, and of nothing else.
2. A table is published once for a period and vintage. The same release again, byte for byte the
   same measurement, is no second publication; one of other records is refused: it would tell what
   changed in between.
3. No person costs more than the budget. A person enters in one quarter, so what it cost is the sum
   over the releases whose period holds that quarter. Errata are charged to the reserve.
4. What was withdrawn was seen, so it stays spent.

Costs add up in zero-concentrated differential privacy (Bun and Steinke 2016). What they mean in
the more usual pair is told by `epsilon`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from processors.indicators.acceptance import Closing
from processors.indicators.rules import months_of
from processors.release.errors import AlreadyReleased, BudgetExceeded
from processors.release.tables import Budget, quarters_of
from schemas.releases import Release


def rho_of(release: Release) -> Fraction:
    """What a release costs, exactly as it is written."""
    return Fraction(str(release.statement.rho))


@dataclass(frozen=True)
class Spent:
    """What the persons of one quarter cost so far."""

    quarter: str
    regular: Fraction
    errata: Fraction

    @property
    def total(self) -> Fraction:
        return self.regular + self.errata


@dataclass(frozen=True)
class Accountant:
    """The releases so far.

    Attributes:
        releases: The newest message of every key.
        budget: What may be spent.
    """

    releases: Mapping[str, Release]
    budget: Budget

    @classmethod
    def of(cls, messages: Iterable[Release], budget: Budget) -> Accountant:
        """The state after messages, in the order of the topic; later ones of a key prevail."""
        return cls({message.key: message for message in messages}, budget)

    def spent(self, quarter: str) -> Spent:
        """What a person who entered in a quarter costs so far."""
        regular = errata = Fraction()
        for release in self.releases.values():
            if quarter in quarters_of(release.period):
                if release.vintage == "ERRATUM":
                    errata += rho_of(release)
                else:
                    regular += rho_of(release)
        return Spent(quarter, regular, errata)

    def quarters(self) -> list[str]:
        """Every quarter that a release holds, in order."""
        return sorted(
            {q for release in self.releases.values() for q in quarters_of(release.period)}
        )

    def overspent(self) -> list[str]:
        """The quarters whose persons cost more than the budget; none, if all is well."""
        spent = map(self.spent, self.quarters())
        most = self.budget
        return [s.quarter for s in spent if s.regular > most.rho or s.errata > most.reserve]

    def admit(self, release: Release) -> None:
        """Says whether a release may be published now.

        Raises:
            AlreadyReleased: The same table, period and vintage was measured on other records, or
                was withdrawn.
            BudgetExceeded: It would cost somebody more than the budget.
        """
        if (before := self.releases.get(release.key)) is not None:
            if Measurement.of(before) != Measurement.of(release) or before.withdrawn:
                raise AlreadyReleased(
                    expected=f"a release other than {release.key}",
                    got=f"one of {before.statement.released_on}",
                )
            return
        self.afford(release.key, release.period, release.vintage == "ERRATUM", rho_of(release))

    def with_admitted(self, release: Release) -> Accountant:
        """The state with one release more; raises as `admit`."""
        self.admit(release)
        return replace(self, releases={**self.releases, release.key: release})

    def afford(self, key: str, period: str, erratum: bool, rho: Fraction) -> None:
        """Raises BudgetExceeded if the persons of a period cannot bear another cost."""
        for quarter in quarters_of(period):
            spent = self.spent(quarter)
            used, most = (
                (spent.errata, self.budget.reserve) if erratum else (spent.regular, self.budget.rho)
            )
            if used + rho > most:
                raise BudgetExceeded(
                    expected=f"at most {most} for {quarter}", got=f"{used + rho} with {key}"
                )


def closings(releases: Iterable[Release]) -> list[Closing]:
    """What is closed: each quarter of which anything is out, as far as the log was read for it.

    Of several releases of a quarter the first counts, which read least: the others were made when
    it was out, and nobody may be in two quarters.
    """
    read: dict[str, dict[str, int]] = {}
    for release in releases:
        offsets = {f"{r.country}-{r.partition}": r.next_offset for r in release.statement.logs}
        for quarter in quarters_of(release.period):
            before = read.setdefault(months_of(quarter)[-1], dict(offsets))
            for partition, offset in offsets.items():
                before[partition] = min(offset, before.get(partition, offset))
    return [Closing(month, offsets) for month, offsets in sorted(read.items())]


class Measurement(NamedTuple):
    """What has to be the same in every message of a key: the only test of a second publication.

    Attributes:
        snapshot: Digest of the records.
        output: Digest of the observations.
        rho: The cost.
    """

    snapshot: str
    output: str
    rho: float

    @classmethod
    def of(cls, release: Release) -> Measurement:
        told = release.statement
        return cls(told.snapshot, told.output, told.rho)


@lru_cache(maxsize=1000)
def epsilon(rho: float, delta: float) -> float:
    """The smallest epsilon for which rho-zCDP gives (epsilon, delta)-differential privacy.

    By the conversion of Canonne, Kamath and Steinke (2020), Corollary 13, for the best order.

    Example:
        >>> round(epsilon(0.5, 1e-6), 2), round(epsilon(1.0, 1e-6), 2)
        (5.22, 7.77)
    """
    if rho == 0:
        return 0.0
    low, high = 0.0, rho + 2 * math.sqrt(rho * math.log(1 / delta))
    for _ in range(100):
        middle = (low + high) / 2
        if _log_delta(rho, middle) > math.log(delta):
            low = middle
        else:
            high = middle
    return high


def _log_delta(rho: float, eps: float) -> float:
    """Log of inf over a > 1 of exp((a - 1)(a rho - eps)) / (a - 1) * (1 - 1/a)^a, by thirds."""

    def at(a: float) -> float:
        return (a - 1) * (a * rho - eps) - math.log(a - 1) + a * math.log1p(-1 / a)

    low, high = 1 + 1e-9, 1e4
    for _ in range(200):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if at(first) < at(second) else (first, high)
    return at((low + high) / 2)
