"""How well surges and displacements are found: planted into invented series, at fresh seeds.

    python -m tests.detect.surges [--runs N] [--json]

Asked is the detector as it is run, `surge` and `displacements`, with the shipped thresholds; the
seeds are not those that the thresholds were made with. Shares come with 95 % intervals (Wilson)
over all seeds together.

- **Found in time**: a rate doubles after six quiet months; found if there is an alarm in one of the
  three months from then on. Series with an alarm in the quiet months are left out.
- **False**: a rate that never changes raises an alarm within 24 months.
- **Displaced**: a country's count falls to a share of what it was, another's rises by as much;
  found if this pair is told at the end of three months. Two more countries do not change; other
  pairs are false, and their share among those told, in the mean, is the false discovery rate.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from processors.alerts.displacement import displacements
from processors.alerts.series import MONTHS, Array, Series
from processors.alerts.surge import surge
from processors.alerts.thresholds import ARL0, NOISE, PACES, invented

Seeds = Sequence[int]
SEEDS: Seeds = (2027, 2028, 2029, 2030, 2031)
START = 2020 * 12
QUIET, IN_TIME, WATCHED = 6, 3, 24
COUNTRIES = ("JOR", "LBN", "MAR", "TUN")


@dataclass(frozen=True)
class Share:
    """So many of so many; a hit may be a share of one."""

    hits: float
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        z, n, p = 1.96, self.of, self.value
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        return middle - reach, middle + reach


def over_seeds(one: Callable[[np.random.Generator], Share], seeds: Seeds = SEEDS) -> Share:
    """The same at every seed, counted together."""
    shares = [one(np.random.default_rng(seed)) for seed in seeds]
    return Share(sum(each.hits for each in shares), sum(each.of for each in shares))


def series_of(counts: Array, noise: float, step: int = MONTHS) -> Series:
    """A series of one origin and country."""
    told = tuple(int(count) for count in counts)
    return Series(("SYR", "LBN"), START, told, "LBN", noise, step)


def found_in_time(
    mean: float,
    noise: float,
    runs: int,
    *,
    history: int = 36,
    ratio: float = 2.0,
    step: int = MONTHS,
    arl0: float = ARL0,
    seeds: Seeds = SEEDS,
) -> Share:
    """The share of rises found within three periods, among series without a false alarm."""

    def one(random: np.random.Generator) -> Share:
        hits = of = 0
        onset = history + PACES[step].window - 1 + QUIET
        means = np.full((runs, onset + IN_TIME), mean)
        means[:, onset:] *= ratio
        for counts in invented(random, means, noise):
            alarms = [
                surge(series, series.month(at), arl0=arl0) is not None
                for series in [series_of(counts, noise, step)]
                for at in range(onset - QUIET, onset + IN_TIME)
            ]
            if not any(alarms[:QUIET]):
                of += 1
                hits += any(alarms[QUIET:])
        return Share(hits, of)

    return over_seeds(one, seeds)


def false_alarms(
    mean: float, noise: float, runs: int, *, history: int = 36, dispersion: float = 1.0
) -> Share:
    """The share of unchanged series with an alarm within 24 months."""

    def one(random: np.random.Generator) -> Share:
        first = history + PACES[MONTHS].window - 1
        means = np.full((runs, first + WATCHED), mean)
        if dispersion > 1:
            shape = mean / (dispersion - 1)
            means = random.gamma(shape, mean / shape, means.shape)
        hits = 0
        for counts in invented(random, means, noise):
            series = series_of(counts, noise)
            months = (series.month(at) for at in range(first, first + WATCHED))
            hits += any(surge(series, month) is not None for month in months)
        return Share(hits, runs)

    return over_seeds(one)


def displaced(
    mean: float,
    noise: float,
    runs: int,
    *,
    left: float = 0.4,
    history: int = 36,
    seeds: Seeds = SEEDS,
) -> tuple[Share, Share]:
    """The share of displacements found, and the false discovery rate."""
    false = Share(0, 0)

    def one(random: np.random.Generator) -> Share:
        nonlocal false
        hits, wrong = 0, 0.0
        means = np.full((runs, len(COUNTRIES), history + IN_TIME), mean)
        means[:, 0, history:] *= left
        means[:, 1, history:] += mean * (1 - left)
        for world in invented(random, means, noise):
            found = displacements(_told(world, noise), START + history + IN_TIME - 1)
            pairs = {(each.fell.series.country, each.rose.series.country) for each in found}
            hits += COUNTRIES[:2] in pairs
            wrong += len(pairs - {COUNTRIES[:2]}) / max(1, len(pairs))
        false = Share(false.hits + wrong, false.of + runs)
        return Share(hits, runs)

    return over_seeds(one, seeds), false


def displaced_by_chance(mean: float, noise: float, runs: int, *, history: int = 36) -> Share:
    """The share of months with any displacement told, though nothing changed."""

    def one(random: np.random.Generator) -> Share:
        means = np.full((runs, len(COUNTRIES), history + IN_TIME), mean)
        worlds = invented(random, means, noise)
        month = START + history + IN_TIME - 1
        return Share(sum(bool(displacements(_told(each, noise), month)) for each in worlds), runs)

    return over_seeds(one)


def _told(world: Array, noise: float) -> list[Series]:
    """A world's counts, one row a country."""
    return [
        Series(("SYR", country), START, tuple(int(n) for n in counts), country, noise)
        for country, counts in zip(COUNTRIES, world, strict=True)
    ]


Row = tuple[str, str, float, int, Share]


def measured(runs: int) -> Iterator[Row]:
    """All figures: what, on which data, mean a month, months of history, share."""
    for name, noise in (("exact", 0.0), ("noisy", NOISE)):
        for mean in (2.0, 5.0, 10.0):
            yield "doubling found in 3 months", name, mean, 36, found_in_time(mean, noise, runs)
        for history in (24, 60):
            share = found_in_time(5.0, noise, runs, history=history)
            yield "doubling found in 3 months", name, 5.0, history, share
        for mean in (2.0, 5.0, 10.0):
            yield "false alarm in 24 months", name, mean, 36, false_alarms(mean, noise, runs // 4)
        share = false_alarms(10.0, noise, runs // 4, dispersion=2.0)
        yield "false alarm in 24 months, variance twice the mean", name, 10.0, 36, share
        for mean in (10.0, 20.0):
            for left in (0.4, 0.2):
                hit, false = displaced(mean, noise, runs // 2, left=left)
                yield f"displacement, fall to {left}", name, mean, 36, hit
                yield f"false discovery rate, fall to {left}", name, mean, 36, false
            share = displaced_by_chance(mean, noise, runs // 2)
            yield "month with a displacement told, no change", name, mean, 36, share


def main() -> int:
    """Prints all figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.detect.surges", description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000, help="series at each seed")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = list(measured(arguments.runs))
    if arguments.json:
        names = ("figure", "counts", "mean", "history")
        told = [
            dict(zip(names, row, strict=False))
            | asdict(row[4])
            | {"share": row[4].value, "interval": row[4].interval}
            for row in rows
        ]
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    table = Table("figure", "counts", "mean", "history", "share", "95 %", "of")
    for figure, name, mean, history, share in rows:
        low, high = share.interval
        figures = (f"{mean:g}", str(history), f"{share.value:.3f}", f"{low:.3f}-{high:.3f}")
        table.add_row(figure, name, *figures, f"{share.of:,}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
