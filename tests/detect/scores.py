"""From what came of worlds to shares with intervals, and to verdicts on gates.

Shares have Wilson's interval, medians one of order statistics (the binomial of one half), numbers
of false alarms a year the exact one of a Poisson count (Garwood 1936); all at 95 %.

A gate is held against the share itself in a whole run. A quick run is too small for that: there a
gate fails only if the whole interval is below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from scipy.stats import binom, chi2

from tests.detect.rises import Rises
from tests.detect.score import Share
from tests.detect.worlds import DETECTORS, Outcome, Passed

LEVEL = 0.95


@dataclass(frozen=True)
class Months:
    """A median of months with its interval."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, waits: Sequence[int]) -> Months | None:
        """The median of some waits; None of none."""
        if not waits:
            return None
        ordered, size = sorted(waits), len(waits)
        rank = int(binom.ppf((1 - LEVEL) / 2, size, 0.5))
        return cls(median(ordered), ordered[max(rank - 1, 0)], ordered[min(size - rank, size - 1)])

    def __str__(self) -> str:
        return f"{self.middle:g} ({self.low:g}-{self.high:g})"


@dataclass(frozen=True)
class Rate:
    """So many in so many years."""

    number: int
    years: float

    @property
    def value(self) -> float:
        return self.number / self.years

    @property
    def interval(self) -> tuple[float, float]:
        low = chi2.ppf((1 - LEVEL) / 2, 2 * self.number) / 2 if self.number else 0.0
        high = chi2.ppf((1 + LEVEL) / 2, 2 * self.number + 2) / 2
        return float(low) / self.years, float(high) / self.years

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.2f} ({low:.2f}-{high:.2f})"


@dataclass(frozen=True)
class Score:
    """How a detector on tokens did.

    Attributes:
        precision: True alerts among all.
        recall: Networks found, among all that were planted.
        reach: Networks found, among those of which ledgers ever held enough.
        from_event: Months from a network's first case to the alert.
        from_registers: Months since registers held enough.
        from_ledgers: Months since ledgers did.
        false: False alarms a year.
    """

    precision: Share
    recall: Share
    reach: Share
    from_event: Months | None
    from_registers: Months | None
    from_ledgers: Months | None
    false: Rate


def score(detector: str, outcomes: Sequence[Outcome]) -> Score:
    """The score of a detector over worlds."""
    alerts = [a for o in outcomes for a in o.alerts if a.detector == detector]
    true = sum(alert.network is not None for alert in alerts)
    passed = [p for o in outcomes for p in o.passed[detector] if p.is_chain or detector != "D5"]
    found = [p for p in passed if p.found is not None]
    knowable = [p for p in passed if p.knowable is not None]

    def waits(since: Callable[[Passed], int | None]) -> Months | None:
        pairs = [(p.found, since(p)) for p in found]
        return Months.of([a - b for a, b in pairs if a is not None and b is not None])

    return Score(
        precision=Share(true, len(alerts)),
        recall=Share(len(found), len(passed)),
        reach=Share(sum(p.found is not None for p in knowable), len(knowable)),
        from_event=waits(lambda p: p.begins),
        from_registers=waits(lambda p: p.detectable),
        from_ledgers=waits(lambda p: p.knowable),
        false=Rate(len(alerts) - true, sum(o.years for o in outcomes)),
    )


@dataclass(frozen=True)
class Verdict:
    """A gate, and whether it was kept."""

    detector: str
    what: str
    value: float
    low: float
    high: float
    of: int
    gate: float
    kept: bool

    @property
    def measured(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def verdicts(
    scores: Mapping[str, Score], rises: Rises, gates: Mapping[str, Any], *, quick: bool
) -> list[Verdict]:
    """What every gate says."""
    found: list[Verdict] = []

    def hold(detector: str, what: str, share: Any, of: int, gate: float) -> None:
        low, high = share.interval
        kept = (high if quick else share.value) >= gate
        found.append(Verdict(detector, what, share.value, low, high, of, gate, kept))

    for detector in DETECTORS:
        for what in ("precision", "recall"):
            share = getattr(scores[detector], what)
            hold(detector, what, share, share.whole, gates[detector][what])
    for name, measured in rises.found.items():
        hold("D3", f"found in three months, {name}", measured, measured.of, gates["D3"][name])
    measured = rises.displaced["exact"]
    hold("D4", "found in three months, exact", measured, measured.of, gates["D4"]["exact"])
    return found
