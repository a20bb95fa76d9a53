"""D3: what is a surge, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts import ears
from processors.alerts.cusum import (
    normal_cusum,
    poisson_cusum,
    profiled_cusum,
    standardised_cusum,
)
from processors.alerts.glr import normal_glr, poisson_glr
from processors.alerts.series import (
    MONTHS,
    QUARTERS,
    Array,
    Series,
    by_quarter,
    dispersion,
    normal_of,
)
from processors.alerts.surge import Surge, surge, surges
from processors.alerts.thresholds import (
    ARL0,
    ARLS,
    MEANS,
    NOISE,
    PACES,
    RUNS,
    STATISTICS,
    simulated,
    threshold,
)

START = 2020 * 12
YEARS = 3
USUAL = (5, 4, 6, 5, 7, 3, 5, 6, 4, 5, 6, 4)
"""A year of about five a month."""


def told(*counts: int, country: str = "LBN", origin: str = "SYR", **fields: object) -> Series:
    """Three usual years, then what is given."""
    series = Series((origin, country), START, USUAL * YEARS + counts, country)
    return replace(series, **fields)  # type: ignore[arg-type]


def last(series: Series) -> int:
    return series.month(len(series.counts) - 1)


def now(series: Series, *rest: Series) -> Surge | None:
    return surge(series, last(series), rest)


def test_a_doubling_is_a_surge_since_the_month_in_which_it_began() -> None:
    found = now(told(5, 4, 10, 12, 11))
    assert found is not None
    assert found.began == START + YEARS * 12 + 2
    assert found.began <= found.raised <= found.month
    assert (found.observed, found.expected) == (33, 15)
    assert found.decided.detector == "CUSUM"
    assert found.decided.alarm
    assert not found.noisy


def test_the_month_in_which_the_alarm_was_raised_stays_the_same_while_the_surge_lasts() -> None:
    series = told(5, 4, 10, 12, 11, 10, 12)
    found = [surge(series, START + YEARS * 12 + n) for n in range(4, 7)]
    assert len({each.raised for each in found if each}) == 1
    assert None not in found


def test_other_detectors_stand_beside_and_decide_nothing() -> None:
    found = now(told(5, 4, 10, 12, 11))
    assert found is not None
    assert [each.detector for each in found.opinions] == ["GLR", "C1", "C2", "C3", "FARRINGTON"]
    assert {each.alarm for each in found.opinions} == {True, False}


def test_with_two_years_of_history_farrington_has_no_opinion() -> None:
    found = surge(Series(("SYR", "LBN"), START, (*USUAL, *USUAL, 5, 4, 12, 12, 11)), START + 24 + 4)
    assert found is not None
    assert "FARRINGTON" not in [each.detector for each in found.opinions]


def test_less_than_two_years_of_history_are_no_ground_for_an_alarm() -> None:
    series = Series(("SYR", "LBN"), START, (*USUAL, *USUAL, 50, 50))
    assert surge(series, last(series)) is None


def test_fewer_than_five_cases_in_three_months_are_no_surge() -> None:
    nothing = Series(("SYR", "LBN"), START, (0,) * 60 + (0, 2, 2))
    assert now(nothing) is None
    assert now(replace(nothing, counts=(*nothing.counts[:-1], 12))) is not None


def test_what_has_not_changed_is_no_surge() -> None:
    assert now(told(*USUAL)) is None


def test_a_fall_is_no_surge() -> None:
    assert now(told(1, 0, 1, 0)) is None


def test_a_month_outside_the_series_tells_nothing() -> None:
    series = told(12, 12, 12)
    assert surge(series, last(series) + 1) is None
    assert surge(series, START - 1) is None


def test_a_year_told_at_once_after_silence_is_no_surge() -> None:
    silent = frozenset(range(START + 36, START + 47))
    caught_up = told(*[0] * 11, 60, unheard=silent)
    assert now(caught_up) is None
    assert now(replace(caught_up, unheard=frozenset())) is not None


def test_more_than_silence_explains_is_a_surge() -> None:
    silent = frozenset(range(START + 36, START + 38))
    assert now(told(0, 0, 15, unheard=silent)) is None
    assert now(told(0, 0, 40, unheard=silent)) is not None


def test_a_country_that_tells_more_of_everything_has_no_surge_in_any_corridor() -> None:
    corridors = [told(11, 12, 13, origin=origin) for origin in ("SYR", "IRQ", "SDN", "NGA")]
    assert all(now(each) for each in corridors)
    assert surges(corridors, last(corridors[0])) == []


def test_a_corridor_that_rises_far_more_than_its_country_is_a_surge() -> None:
    corridors = [told(11, 12, 13, origin=origin) for origin in ("IRQ", "SDN", "NGA")]
    surging = told(50, 55, 60, origin="SYR")
    found = surges([surging, *corridors], last(surging))
    assert [each.key for each in found] == [surging.key]


def test_a_rise_elsewhere_excuses_no_corridor() -> None:
    elsewhere = [told(11, 12, 13, country="TUN", origin=origin) for origin in ("SYR", "IRQ")]
    surging = told(11, 12, 13)
    found = surges([surging, *elsewhere], last(surging))
    assert surging.key in [each.key for each in found]


def test_the_more_series_are_watched_the_more_each_must_show() -> None:
    series = told(11, 11, 11)
    assert surge(series, last(series)) is not None
    assert surge(series, last(series), arl0=ARL0 * 1_000) is None


def test_quarters_surge_as_months_do() -> None:
    quarters = (14, 16, 15, 17, 13, 15, 16, 14, 15, 16, 14, 15)
    series = Series(("SYR", "LBN"), START, (*quarters, 30, 33), "LBN", NOISE, QUARTERS)
    found = now(series)
    assert found is not None
    assert found.noisy
    assert found.month == START + 13 * QUARTERS
    assert now(replace(series, counts=(*quarters, 15, 16))) is None


counts = st.lists(st.integers(0, 30), min_size=40, max_size=60)


@given(counts, st.integers(-500, 500), st.sampled_from([0.0, NOISE]))
def test_a_shift_in_time_shifts_what_is_found_and_nothing_else(
    values: list[int], months: int, noise: float
) -> None:
    series = Series(("SYR", "LBN"), START, tuple(values), "LBN", noise)
    here, there = now(series), now(replace(series, start=START + months))
    assert (here is None) == (there is None)
    if here and there:
        moved = (here.month + months, here.raised + months, here.began + months)
        assert (there.month, there.raised, there.began) == moved
        assert there.decided == here.decided
        assert there.opinions == here.opinions


@given(
    st.integers(26, 90),
    st.sets(st.integers(0, 90)),
    st.sampled_from([0.0, NOISE, 32.0]),
    st.sampled_from([MONTHS, QUARTERS]),
)
def test_a_series_of_zeros_never_raises_an_alarm(
    length: int, unheard: set[int], noise: float, step: int
) -> None:
    silent = frozenset(START + step * n for n in unheard)
    series = Series(("SYR", "LBN"), START, (0,) * length, "LBN", noise, step, silent)
    assert all(surge(series, series.month(at)) is None for at in range(length))


@given(st.integers(1, 40), st.sets(st.integers(30, 65), max_size=20), st.booleans())
def test_a_series_with_missing_months_does_not_fire_on_the_gap(
    mean: int, missing: set[int], caught_up: bool
) -> None:
    """Whether what was missed is told in the first month heard again, or never."""
    values, owed = [], 0
    for position in range(66):
        if position in missing:
            owed += mean * caught_up
            values.append(0)
        else:
            values.append(mean + owed)
            owed = 0
    silent = frozenset(START + n for n in missing)
    series = Series(("SYR", "LBN"), START, tuple(values), "LBN", unheard=silent)
    assert all(surge(series, series.month(at)) is None for at in range(66))


@given(counts, st.integers(0, 20))
def test_more_cases_in_the_last_month_are_never_less_evidence(values: list[int], more: int) -> None:
    window, ones = np.array(values[-4:], dtype=float), np.ones(4)
    before = float(sum(values[:-4]))
    evidence = profiled_cusum(before, len(values) - 4, window, ones).max()
    window[-1] += more
    assert profiled_cusum(before, len(values) - 4, window, ones).max() >= evidence - 1e-9


@given(counts, st.integers(2, 9))
def test_evidence_of_exact_counts_grows_with_their_scale(values: list[int], scale: int) -> None:
    window, before = np.array(values[-4:], dtype=float), float(sum(values[:-4]))
    once = profiled_cusum(before, 36, window, np.ones(4))
    scaled = profiled_cusum(before * scale, 36, window * scale, np.ones(4))
    assert scaled == pytest.approx(once * scale, abs=1e-6)
    mean = before / 36 + 1
    assert poisson_glr(window * scale, mean * scale) == pytest.approx(
        float(poisson_glr(window, mean)) * scale, abs=1e-6
    )


@given(counts, st.integers(2, 9))
def test_ears_knows_no_scale(values: list[int], scale: int) -> None:
    told_once = np.array(values, dtype=float)
    for score in (ears.c1, ears.c2, ears.c3):
        scaled = score(told_once * scale, 0.5 * scale)
        assert scaled == pytest.approx(score(told_once, 0.5), nan_ok=True)


@pytest.mark.parametrize("noise", [0.0, NOISE])
def test_with_an_endless_history_the_profiled_cusum_is_the_cusum_of_a_known_mean(
    noise: float,
) -> None:
    window, mean, periods = np.array([4.0, 9.0, 11.0, 12.0]), 5.0, 1e9
    profiled = profiled_cusum(mean * periods, periods, window, np.ones(4), noise=noise).max()
    path = normal_cusum(window, mean, noise) if noise else poisson_cusum(window, mean)
    assert profiled == pytest.approx(float(path[-1]), rel=1e-3)


def test_a_cusum_forgets_what_spoke_against_a_rise() -> None:
    path = poisson_cusum(np.array([0.0, 0.0, 10.0, 0.0]), 5.0)
    assert path == pytest.approx([0, 0, 10 * log(2) - 5, 0])
    assert standardised_cusum(np.array([0.0, 9.0]), 4.0, 0.5) == pytest.approx([0.0, 2.0])


def test_glr_is_the_likelihood_ratio_of_the_best_window() -> None:
    assert poisson_glr(np.array([5.0, 5.0, 10.0]), 5.0) == pytest.approx(10 * log(2) - 5)
    assert normal_glr(np.array([5.0, 13.0]), 5.0, 8.0) == pytest.approx(8**2 / (2 * 13))
    assert poisson_glr(np.array([1.0, 2.0]), 5.0) == 0


def test_dispersion_is_taken_only_where_a_history_shows_it() -> None:
    assert dispersion(np.array(USUAL * 3, dtype=float), 0.0) == 1
    wide: Array = np.array([0.0, 20.0] * 18)
    assert dispersion(wide, 0.0) == pytest.approx(wide.var(ddof=1) / 10)
    assert dispersion(np.array([1.0]), 0.0) == 1


def test_silence_counts_for_nothing_and_what_follows_it_for_what_it_may_cover() -> None:
    silent = frozenset({START + 1, START + 2})
    series = Series(("SYR", "LBN"), START, (5, 0, 0, 15, 5), "LBN", unheard=silent)
    assert list(series.exposure) == [1, 0, 0, 3, 1]
    normal = normal_of(series, 5, 60)
    assert (normal.total, normal.periods) == (10, 2)


def test_a_quarter_is_its_months_and_what_told_no_month() -> None:
    monthly = Series(("TUN",), START + 1, (9, 9, 1, 2, 3, 4, 5, 6, 7), "TUN", NOISE)
    untold = Series(("TUN",), START + 3, (10, 20), "TUN", NOISE, QUARTERS)
    quarters = by_quarter(monthly, untold)
    assert quarters.start == START + 3
    assert quarters.counts == (1 + 2 + 3 + 10, 4 + 5 + 6 + 20)
    assert (quarters.noise, quarters.step) == (4 * NOISE, QUARTERS)
    assert by_quarter(monthly).noise == 3 * NOISE


def test_a_quarter_with_a_month_unheard_is_unheard() -> None:
    silent = frozenset({START + 4})
    monthly = Series(("TUN",), START, (1,) * 9, "TUN", unheard=silent)
    assert by_quarter(monthly).unheard == {START + 3}


ENTRIES = [(MONTHS, 24, 5.0, NOISE), (QUARTERS, 8, 10.0, 0.0)]


@pytest.mark.parametrize(("step", "history", "mean", "noise"), ENTRIES)
def test_the_shipped_thresholds_are_those_that_the_procedure_gives(
    step: int, history: int, mean: float, noise: float
) -> None:
    made = simulated(step, history, mean, noise, RUNS)
    for name in STATISTICS:
        shipped = [
            threshold(name, step=step, history=history, mean=mean, noise=noise, arl0=arl0)
            for arl0 in ARLS
        ]
        assert shipped == pytest.approx([max(3.0, each) for each in made[name]], abs=1e-9)


@given(
    st.sampled_from(sorted(STATISTICS)),
    st.sampled_from([(step, n) for step, pace in PACES.items() for n in pace.histories]),
    st.floats(0.1, 200),
    st.sampled_from([0.0, NOISE, 4 * NOISE]),
    st.floats(ARL0, 1e7),
    st.floats(1, 100),
)
def test_rarer_false_alarms_need_thresholds_at_least_as_high(
    name: str, pace: tuple[int, int], mean: float, noise: float, arl0: float, factor: float
) -> None:
    step, history = pace
    lower, higher = (
        threshold(name, step=step, history=history, mean=mean, noise=noise, arl0=each)
        for each in (arl0, arl0 * factor)
    )
    assert 3 <= lower <= higher + 1e-9 < inf


def test_a_mean_between_those_of_the_table_lies_between() -> None:
    ends = [
        threshold("cusum", step=1, history=36, mean=mean, noise=0.0, arl0=ARL0)
        for mean in (MEANS[2], 2.6, MEANS[3])
    ]
    assert min(ends[0], ends[2]) <= ends[1] <= max(ends[0], ends[2])
