"""D3: a corridor carries more than it did.

1. Watched is every series with two years of history before its window, for a rise of two to four
   months, or of one or two quarters. Five cases in the last three periods at least: less is no
   surge, whatever the rates say.
2. The profiled CUSUM for a doubling decides (`processors.alerts.cusum`), at an ARL0 of 228 periods
   times the number of series watched together, so that all of them raise one false alarm in 228.
3. A period that was not heard is no evidence. The first heard after silence may tell of the silent
   ones too, and is held against as many periods as it may cover.
4. What the whole country tells more of is no surge of a corridor (`processors.alerts.reporting`):
   the factor of its other series is part of what is expected.
5. GLR, EARS C1 to C3 and, with three years of history, Farrington Flexible stand beside as second
   opinions. They decide nothing; whoever assesses an alert sees how many agree.

All of it is a function of the series as they stand, so it can be computed anew at any time: a
surge that withdrawn cases leave without ground is simply no longer found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from processors.alerts import ears, farrington
from processors.alerts.cusum import profiled_cusum
from processors.alerts.farrington import FLEXIBLE
from processors.alerts.glr import normal_glr, poisson_glr
from processors.alerts.reporting import factor, others
from processors.alerts.series import Array, Month, Normal, Series, normal_of
from processors.alerts.thresholds import ARL0, FEWEST_CASES, PACES, RECENT, threshold

RUN = 24
"""For how many periods back the beginning of an alarm is looked for."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one detector says of a period: an alarm if the statistic is above the threshold."""

    detector: str
    statistic: float
    threshold: float

    @property
    def alarm(self) -> bool:
        return self.statistic > self.threshold


@dataclass(frozen=True, slots=True)
class Surge:
    """A series that carries more than it did.

    Attributes:
        key: Of the series.
        month: First month of the period looked at.
        raised: First month of the period since which it has been an alarm.
        began: First month of the period since which the rise is most likely.
        step: Months a period.
        observed: Cases since it began.
        expected: Cases that were to be expected since.
        decided: By the profiled CUSUM.
        opinions: The others.
        noisy: Whether the counts are published ones with noise.
    """

    key: tuple[str, ...]
    month: Month
    raised: Month
    began: Month
    step: int
    observed: float
    expected: float
    decided: Opinion
    opinions: tuple[Opinion, ...]
    noisy: bool

    @property
    def ratio(self) -> float:
        """How many times as many as expected."""
        return self.observed / self.expected


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the deciding detector says at one position."""

    normal: Normal
    opinion: Opinion
    began: int
    expected: float


def surges(series: Sequence[Series], month: Month) -> list[Surge]:
    """All that surge in a month's period, the strongest first.

    Args:
        series: Watched together; their number sets how rare a false alarm of each must be.
        month: Nothing after its period is looked at.
    """
    watched = [each for each in series if _is_watched(each, each.position(month))]
    arl0 = float(ARL0 * len(watched))
    found = (surge(each, month, others(each, watched), arl0) for each in watched)
    strong = [each for each in found if each is not None]
    return sorted(strong, key=lambda each: (-each.decided.statistic, each.key))


def surge(
    series: Series, month: Month, rest: Sequence[Series] = (), arl0: float = ARL0
) -> Surge | None:
    """What a series says of a month's period, if that is a surge.

    Args:
        series: Its counts.
        month: Nothing after its period is looked at.
        rest: Other series of the same country.
        arl0: Periods to a false alarm of this series.
    """
    at = series.position(month)
    reading = _alarm(series, at, rest, arl0)
    if reading is None:
        return None
    raised = at
    while at - raised < RUN and _alarm(series, raised - 1, rest, arl0) is not None:
        raised -= 1
    return Surge(
        key=series.key,
        month=series.month(at),
        raised=series.month(raised),
        began=series.month(reading.began),
        step=series.step,
        observed=float(series.values[reading.began : at + 1].sum()),
        expected=reading.expected,
        decided=reading.opinion,
        opinions=tuple(_second_opinions(series, at, arl0)),
        noisy=series.noise > 0,
    )


def _is_watched(series: Series, at: int) -> bool:
    """Whether the period is there, was heard, and has history enough before its window."""
    pace = PACES[series.step]
    since = at - pace.window + 1
    if since <= 0 or at >= len(series.counts) or series.month(at) in series.unheard:
        return False
    return normal_of(series, since, pace.most).periods >= pace.least


def _alarm(series: Series, at: int, rest: Sequence[Series], arl0: float) -> _Reading | None:
    """What decides at a position, if it is an alarm there."""
    if not _is_watched(series, at) or _recent(series, at) < FEWEST_CASES:
        return None
    reading = _read(series, at, 1.0, arl0)
    if not reading.opinion.alarm:
        return None
    moved = factor(rest, series.month(at), at - reading.began + 1, PACES[series.step].most)
    if moved > 1:
        reading = _read(series, at, moved, arl0)
    return reading if reading.opinion.alarm else None


def _recent(series: Series, at: int) -> float:
    return float(series.values[max(0, at - RECENT + 1) : at + 1].sum())


def _read(series: Series, at: int, moved: float, arl0: float) -> _Reading:
    """The deciding statistic, if everything of the country moved by a factor."""
    pace = PACES[series.step]
    since = at - pace.window + 1
    normal = normal_of(series, since, pace.most)
    exposure = series.exposure[since : at + 1] * moved
    evidence = profiled_cusum(
        normal.total,
        normal.periods,
        series.values[since : at + 1],
        exposure,
        noise=series.noise,
        dispersion=normal.dispersion,
    )[: pace.window - pace.shortest + 1]
    strongest = int(np.argmax(evidence))
    limit = _limit("cusum", series, normal, arl0)
    opinion = Opinion("CUSUM", float(evidence[strongest]), limit)
    expected = normal.mean * float(exposure[strongest:].sum())
    return _Reading(normal, opinion, since + strongest, expected)


def _second_opinions(series: Series, at: int, arl0: float) -> Iterator[Opinion]:
    yield from _glr(series, at, arl0)
    heard = series.values[: at + 1][series.exposure[: at + 1] > 0]
    for name, scores in (("C1", ears.c1(heard)), ("C2", ears.c2(heard)), ("C3", ears.c3(heard))):
        if not np.isnan(scores[-1]):
            yield Opinion(name, float(scores[-1]), ears.threshold())
    a_year = 12 // series.step
    method = replace(FLEXIBLE, half_width=1 if a_year == 12 else 0, years=_years(at, a_year))
    positions = _heard(series, farrington.reference(at, a_year, method))
    if method.years >= farrington.TREND_NEEDS_YEARS and len(positions) > 2:
        told: Array = np.maximum(0.0, series.values)
        upper = farrington.predict(told, at, positions, method).upper
        yield Opinion("FARRINGTON", float(told[at]), upper)


def _glr(series: Series, at: int, arl0: float) -> Iterator[Opinion]:
    """The GLR over up to a year, if there is history enough before that."""
    pace = PACES[series.step]
    since = at - pace.long_window + 1
    normal = normal_of(series, max(0, since), pace.most)
    if normal.periods < pace.least:
        return
    counts, exposure = series.values[since : at + 1], series.exposure[since : at + 1]
    if series.noise:
        found = normal_glr(counts, normal.mean, series.noise, normal.dispersion, exposure)
    else:
        found = poisson_glr(counts, normal.mean, normal.dispersion, exposure)
    yield Opinion("GLR", float(found), _limit("glr", series, normal, arl0))


def _limit(statistic: str, series: Series, normal: Normal, arl0: float) -> float:
    """What a statistic must exceed; under noise also if the mean is one standard error higher.

    Noise makes the mean uncertain, and where thresholds rise with the mean one learned too low
    would lower its own threshold.
    """
    look = partial(
        threshold,
        statistic,
        step=series.step,
        history=normal.periods,
        noise=series.noise,
        arl0=arl0,
    )
    error = math.sqrt((normal.dispersion * normal.mean + series.noise) / normal.periods)
    return max(look(mean=normal.mean), look(mean=normal.mean + error) if series.noise else 0.0)


def _years(at: int, a_year: int) -> int:
    """For how many years back there is a reference, five at most."""
    return min(5, (at - 1) // a_year)


def _heard(series: Series, positions: Iterable[int]) -> list[int]:
    exposure = series.exposure
    return [position for position in positions if exposure[position] == 1]
