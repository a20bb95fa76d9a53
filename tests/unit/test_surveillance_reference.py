"""Detectors agree with R surveillance week for week, and where one differs it is known why."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import pytest

from processors.alerts import ears, farrington
from processors.alerts.cusum import standardised_cusum
from processors.alerts.farrington import FLEXIBLE, ORIGINAL, Errors, Method
from processors.alerts.series import Array

NEWPORT = Path(__file__).parent / "data" / "surveillance" / "newport.csv"
WATCHED = 365
"""The first week with alarms."""


@cache
def rows() -> tuple[dict[str, str], ...]:
    with NEWPORT.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def counts() -> Array:
    return np.array([float(row["cases"]) for row in rows()])


def alarms(method: str) -> list[str]:
    return [row["week"] for row in rows()[WATCHED:] if row[method] == "1"]


def weeks(is_alarm: Array) -> list[str]:
    """The weeks of alarms, of those that are watched."""
    return [rows()[WATCHED + n]["week"] for n in np.flatnonzero(is_alarm[-105:])]


def test_the_reference_is_of_105_weeks_with_the_alarms_that_it_is_known_for() -> None:
    assert len(rows()) == WATCHED + 105
    assert [len(alarms(name)) for name in list(rows()[0])[2:]] == [5, 7, 6, 62, 9, 10]


def test_c1_is_the_reference() -> None:
    assert weeks(ears.c1(counts(), 0.0) > ears.threshold()) == alarms("ears_c1")


def test_c2_is_the_reference() -> None:
    assert weeks(ears.c2(counts(), 0.0) > ears.threshold()) == alarms("ears_c2")


def test_the_reference_of_c3_alarms_on_what_two_weeks_carried_over() -> None:
    """Its bound is the count itself plus s (z - carried), so it is passed if carried > z."""
    assert weeks(ears.carried(counts(), 0.0) > ears.threshold()) == alarms("ears_c3")


def test_c3_as_published_sees_also_the_weeks_that_began_what_the_reference_saw() -> None:
    found = weeks(ears.c3(counts(), 0.0) > ears.threshold())
    assert set(alarms("ears_c3")) < set(found)
    assert set(found) - set(alarms("ears_c3")) == {"2011-11-07", "2012-06-25"}


def test_bounds_of_c1_are_those_of_the_tests_of_surveillance() -> None:
    bounds = ears.upper_bound(counts(), 0, 0.05)[WATCHED : WATCHED + 4]
    assert bounds == pytest.approx([3.278854, 3.278854, 3.436517, 3.855617], abs=5e-7)


def test_the_standardised_cusum_is_the_reference() -> None:
    mean = float(counts()[:WATCHED].mean())
    path = standardised_cusum(counts()[WATCHED:], mean, 1.04)
    assert weeks(path >= 2.26) == alarms("cusum")


def same_week(at: int, back: int) -> int:
    """The week whose Monday is nearest to the same date so many years before."""
    days = [date.fromisoformat(row["week"]) for row in rows()]
    wanted = days[at].replace(year=days[at].year - back)
    monday = wanted - timedelta(days=wanted.weekday())
    return days.index(monday if wanted.weekday() <= 3 else monday + timedelta(days=7))


def farrington_alarms(method: Method, same: Callable[[int, int], int] = same_week) -> list[str]:
    found = np.zeros(len(counts()))
    for at in range(WATCHED, len(counts())):
        centres = [same(at, back) for back in range(method.years, 0, -1)]
        positions = farrington.around(centres, method.half_width)
        prediction = farrington.predict(counts(), at, positions, method)
        found[at] = farrington.is_alarm(counts(), at, prediction)
    return weeks(found)


def test_the_original_farrington_is_the_reference() -> None:
    assert farrington_alarms(ORIGINAL) == alarms("farrington")


def test_farrington_flexible_is_the_reference_but_for_a_trend_that_is_not_significant() -> None:
    ours = farrington_alarms(FLEXIBLE)
    assert set(alarms("farrington_flexible")) - set(ours) == {"2011-08-29"}
    assert set(ours) < set(alarms("farrington_flexible"))


def test_with_the_errors_of_surveillance_it_is_the_reference_in_every_week() -> None:
    method = replace(FLEXIBLE, errors=Errors.OF_SURVEILLANCE)
    assert farrington_alarms(method) == alarms("farrington_flexible")


def test_in_the_week_that_differs_the_errors_alone_decide_on_the_trend() -> None:
    at = [row["week"] for row in rows()].index("2011-08-29")
    positions = farrington.around([same_week(at, back) for back in (3, 2, 1)], 3)
    ours = farrington.predict(counts(), at, positions)
    theirs = farrington.predict(
        counts(), at, positions, replace(FLEXIBLE, errors=Errors.OF_SURVEILLANCE)
    )
    assert counts()[at] == 6
    assert (ours.trend, theirs.trend) == (False, True)
    assert (ours.upper, theirs.upper) == pytest.approx((7.385, 5.816), abs=5e-4)


@pytest.mark.parametrize(
    ("power", "lower", "upper"),
    [(1.0, 1.3073128, 8.6926872), (1 / 2, 1.9891097, 9.3744842), (2 / 3, 1.8084477, 9.1154825)],
)
def test_thresholds_are_those_of_the_tests_of_surveillance(
    power: float, lower: float, upper: float
) -> None:
    bounds = [farrington.delta_bound(5, 0.2, 1.0, q, power) for q in (0.05, 0.95)]
    assert bounds == pytest.approx([lower, upper], abs=5e-8)


@pytest.mark.parametrize(
    ("phi", "of_the_mean", "plugged_in"), [(1.5, (8, 24), (1, 10)), (1.0, (9, 22), (2, 9))]
)
def test_negative_binomial_bounds_are_those_of_the_tests_of_surveillance(
    phi: float, of_the_mean: tuple[int, int], plugged_in: tuple[int, int]
) -> None:
    mean = farrington.mean_quantile(log(5), log(2), 0.95)
    assert tuple(farrington.binomial_bound(mean, phi, q) for q in (0.05, 0.95)) == of_the_mean
    assert tuple(farrington.binomial_bound(5, phi, q) for q in (0.05, 0.95)) == plugged_in
