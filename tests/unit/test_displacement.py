"""D4: what moved from one country to another, and what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from processors.alerts.displacement import (
    FDR,
    Displacement,
    adjusted,
    displacements,
    move_of,
)
from processors.alerts.reporting import factor
from processors.alerts.series import QUARTERS, Series
from processors.alerts.thresholds import NOISE

START = 2020 * 12
HISTORY = 36
NOW = START + HISTORY + 2


def told(country: str, usual: int, *recent: int, what: str = "SYR", **fields: object) -> Series:
    """Three years of the same, a little up and down, then three months."""
    counts = tuple(usual + (-1) ** month for month in range(HISTORY))
    series = Series((what, country), START, counts + recent, country)
    return replace(series, **fields)  # type: ignore[arg-type]


FELL = told("LBN", 20, 8, 7, 9)
ROSE = told("TUN", 20, 32, 33, 31)
STAYED = (told("JOR", 20, 20, 21, 19), told("MAR", 20, 19, 20, 21))


def pairs(found: list[Displacement]) -> list[tuple[str, str]]:
    return [(each.fell.series.country, each.rose.series.country) for each in found]


def test_what_falls_in_one_country_and_rises_in_another_is_displaced() -> None:
    found = displacements([FELL, ROSE, *STAYED], NOW)
    assert pairs(found) == [("LBN", "TUN")]
    [displacement] = found
    assert displacement.shared == "SYR"
    assert displacement.month == NOW
    assert (displacement.fell.observed, displacement.fell.expected) == (24, 60)
    assert displacement.p <= displacement.q <= FDR


def test_noisy_counts_by_month_and_by_quarter_are_looked_at_in_the_same_way() -> None:
    noisy = [replace(each, noise=NOISE) for each in (FELL, ROSE, *STAYED)]
    assert pairs(displacements(noisy, NOW)) == [("LBN", "TUN")]
    quarters = [
        Series(("SYR", country), START, (60, 61, 59) * 4 + (recent,), country, NOISE, QUARTERS)
        for country, recent in (("LBN", 24), ("TUN", 96), ("JOR", 60))
    ]
    assert pairs(displacements(quarters, START + 12 * QUARTERS + 2)) == [("LBN", "TUN")]


@pytest.mark.parametrize(
    ("why", "series"),
    [
        ("nothing rose", [FELL, *STAYED]),
        ("nothing fell", [ROSE, *STAYED]),
        ("they count different things", [FELL, replace(ROSE, key=("IRQ", "TUN"))]),
        ("it is the same country", [FELL, replace(ROSE, country="LBN", key=("SYR", "TRP"))]),
        ("there was little to lose", [told("LBN", 1, 0, 0, 0), ROSE]),
        ("the history is short", [replace(FELL, counts=FELL.counts[-20:], start=NOW - 19), ROSE]),
    ],
)
def test_no_displacement_if(why: str, series: list[Series]) -> None:
    assert displacements(series, NOW) == [], why


@pytest.mark.parametrize("silent", [{NOW}, {NOW - 1}, {NOW - 2}, {NOW - 3}, {NOW, NOW - 1}])
def test_a_country_that_was_silent_has_not_been_displaced(silent: set[int]) -> None:
    """Not in the months of silence, nor in the first that is heard after."""
    quiet = replace(FELL, unheard=frozenset(silent))
    assert displacements([quiet, ROSE, *STAYED], NOW) == []
    risen = replace(ROSE, unheard=frozenset(silent))
    assert displacements([FELL, risen, *STAYED], NOW) == []


def test_silence_long_ago_hides_no_displacement() -> None:
    quiet = replace(FELL, unheard=frozenset({START + 5, START + 6}))
    assert pairs(displacements([quiet, ROSE, *STAYED], NOW)) == [("LBN", "TUN")]


def test_an_authority_that_falls_silent_beside_others_is_no_displacement() -> None:
    """Its country is heard, but tells less of everything."""
    rest = [told("LBN", 20, 8, 9, 7, what=what) for what in ("IRQ", "SDN", "NGA")]
    assert displacements([FELL, ROSE, *STAYED, *rest], NOW) == []


def test_a_country_that_catches_up_is_no_displacement() -> None:
    rest = [told("TUN", 20, 33, 32, 34, what=what) for what in ("IRQ", "SDN", "NGA")]
    assert displacements([FELL, ROSE, *STAYED, *rest], NOW) == []


def test_what_fell_far_more_than_its_country_is_displaced() -> None:
    rest = [told("LBN", 20, 14, 15, 13, what=what) for what in ("IRQ", "SDN", "NGA")]
    deep = told("LBN", 20, 1, 0, 1)
    assert ("LBN", "TUN") in pairs(displacements([deep, ROSE, *STAYED, *rest], NOW))


def test_the_rest_of_a_country_has_moved_only_if_chance_does_not_explain_it() -> None:
    def moved(*recent: int) -> float:
        return factor([told("LBN", 20, *recent)], NOW, 3, 60)

    assert moved(20, 20, 20) == moved(24, 22, 23) == moved(18, 17, 18) == 1
    assert moved(40, 41, 39) == pytest.approx(2)
    assert moved(10, 9, 11) == pytest.approx(0.5)
    assert factor([], NOW, 3, 60) == 1


def test_tails_are_those_of_the_binomial() -> None:
    move = move_of(FELL, NOW)
    assert move is not None
    total, chance = 24 + 20 * HISTORY, 3 / (3 + HISTORY)
    fewer = binom.cdf(23, total, chance)
    assert move.fall == pytest.approx(fewer + binom.pmf(24, total, chance) / 2)
    assert move.rise == pytest.approx(binom.sf(23, total, chance))


def test_benjamini_and_hochberg_reject_four_of_their_own_example() -> None:
    p = (
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
        *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
    )
    assert sum(q <= 0.05 for q in adjusted(p)) == 4
    assert adjusted(()) == []


chances = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(chances)
def test_adjusting_keeps_the_order_and_never_makes_surer(p: list[float]) -> None:
    q = adjusted(p)
    assert all(p_ <= q_ <= 1 for p_, q_ in zip(p, q, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(q)[order]) >= 0).all()
    assert adjusted([p[n] for n in reversed(range(len(p)))]) == q[::-1]


@given(chances, st.integers(1, 20))
def test_pairs_in_which_nothing_happened_make_no_other_surer(p: list[float], more: int) -> None:
    alone, among = adjusted(p), adjusted([*p, *[1.0] * more])[: len(p)]
    assert all(a <= b for a, b in zip(alone, among, strict=True))


@given(chances, st.data())
def test_a_smaller_chance_never_makes_any_pair_less_sure(
    p: list[float], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(p) - 1))
    lower = [each * (0.5 if n == place else 1) for n, each in enumerate(p)]
    assert all(a <= b for a, b in zip(adjusted(lower), adjusted(p), strict=True))


months = st.lists(st.integers(0, 40), min_size=39, max_size=39)


@given(st.lists(months, min_size=2, max_size=5), st.integers(-500, 500))
def test_a_shift_in_time_shifts_what_is_found(worlds: list[list[int]], shift: int) -> None:
    here = [Series(("SYR", str(n)), START, tuple(told), str(n)) for n, told in enumerate(worlds)]
    there = [replace(each, start=each.start + shift) for each in here]
    assert pairs(displacements(here, NOW)) == pairs(displacements(there, NOW + shift))


@given(st.integers(2, 6), st.sampled_from([0.0, NOISE]))
def test_nothing_is_never_displaced(countries: int, noise: float) -> None:
    series = [Series(("SYR", str(n)), START, (0,) * 39, str(n), noise) for n in range(countries)]
    assert displacements(series, NOW) == []
