"""What surges and displacements must reach, at five seeds that no threshold was made with.

The rates and the history are part of the demand: a doubling from five cases a month, three years of
history; a displacement of three fifths of twenty cases a month, four countries.
"""

from __future__ import annotations

import pytest

from processors.alerts.displacement import FDR
from processors.alerts.thresholds import NOISE
from tests.detect.surges import (
    Share,
    displaced,
    displaced_by_chance,
    false_alarms,
    found_in_time,
)

PFA = 0.10
"""One false alarm in 228 months is one chance in ten within 24."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("noise", "demanded"), [(0.0, 0.72), (NOISE, 0.41)])
def test_a_doubling_from_five_a_month_is_found_within_three_months(
    noise: float, demanded: float
) -> None:
    share = found_in_time(5.0, noise, 800)
    assert share.value >= demanded, share.interval


@pytest.mark.parametrize("noise", [0.0, NOISE])
def test_false_alarms_come_as_rarely_as_they_are_said_to(noise: float) -> None:
    low, high = false_alarms(5.0, noise, 150).interval
    assert low <= PFA
    assert high <= 1.5 * PFA


def test_a_fall_to_two_fifths_is_found_where_the_counts_are_exact() -> None:
    found, false = displaced(20.0, 0.0, 500)
    assert found.value >= 0.96, found.interval
    assert false.interval[1] <= FDR


@pytest.mark.parametrize("noise", [0.0, NOISE])
def test_where_nothing_changes_hardly_any_displacement_is_told(noise: float) -> None:
    assert displaced_by_chance(20.0, noise, 400).interval[1] <= 0.02


def test_the_interval_is_wilsons() -> None:
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=5e-5)
