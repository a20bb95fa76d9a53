"""A few worlds of the attacks on releases; all of them by ``make attacks``.

Seeds are fixed and sizes such that what is asserted holds by a wide margin: a failure is a change
of the code, not chance.
"""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from processors.release.accountant import Accountant
from processors.release.sampler import Sampler
from processors.release.snapshot import count, of_period
from processors.release.tables import quarters_of, shipped
from tests.attacks.releases import a2_membership, a5_claims, a7_averaging, a8_sampler, accuracy
from tests.attacks.releases.__main__ import GATES
from tests.attacks.releases.controls import cell_keys, perturbation, rounding, suppression
from tests.attacks.releases.published import (
    ERRATUM,
    FINAL,
    PROVISIONAL,
    a_world,
    calendar,
    story,
    truth,
)
from tests.attacks.releases.scores import OURS, Z, at_most, breaks, none, share
from tests.attacks.releases.worlds import a_year, histogram, key_sums, population

FROZEN = json.loads(GATES.read_text(encoding="utf-8"))
SEED = FROZEN["seed_while_developing"]
GATE = FROZEN["attacks"]


@pytest.fixture(scope="module")
def years():
    """The two years of each of two worlds, published."""
    return [year for number in range(2) for year in a_world(SEED, number)]


def failed(outcome):
    return [verdict for verdict in outcome.verdicts if not verdict.kept]


# --- What is attacked is what is published -------------------------------------------------------


def test_the_counts_of_the_core_are_those_that_the_attacks_compare_with() -> None:
    people = a_year(np.random.default_rng(1))
    records = population(people, "2023")["VICTIMS"]
    exact = truth(people)
    for table in (*PROVISIONAL, *FINAL):
        periods = quarters_of("2023") if table in PROVISIONAL else ("2023",)
        found = [
            list(count(of_period(records, period), shipped(), table, period).values())
            for period in periods
        ]
        assert np.array_equal(np.ravel(found), exact[table].ravel()), table


def test_a_year_costs_the_budget_and_the_reserve_and_not_more(years) -> None:
    assert {year.published.spent for year in years} == {Fraction(1, 2) + Fraction(1, 16)}


def test_the_calendar_of_a_year_is_eight_tables_and_one_erratum() -> None:
    rng = np.random.default_rng(1)
    names = [name for name, _, _ in calendar(story(rng, a_year(rng), 0), "2023")]
    assert sorted(set(names)) == sorted({*PROVISIONAL, *FINAL, ERRATUM})
    assert len(names) == 4 * len(PROVISIONAL) + len(FINAL) + 1


def test_what_is_published_differs_from_the_counts_by_noise_alone(years) -> None:
    off = np.concatenate(
        [
            (year.published.measured[name] - year.exact[name]).ravel()
            for year in years
            for name in year.exact
        ]
    )
    assert a8_sampler.chance(off) > 0.001


# --- Attacks -------------------------------------------------------------------------------------


def test_a2_membership(years) -> None:
    assert failed(a2_membership.run(years, SEED, 4, GATE["A2"], trials=10_000)) == []


def test_a5_claims_from_zeros_hold_for_cell_keys_and_not_for_releases(years) -> None:
    outcome = a5_claims.run(years, SEED, 40, GATE["A5"])
    assert failed(outcome) == []


def test_a7_averaging() -> None:
    assert failed(a7_averaging.run(SEED, 2, GATE["A7"], trials=1_000)) == []


def test_a8_sampler() -> None:
    assert failed(a8_sampler.run(SEED, GATE["A8"], draws=40_000)) == []


def test_noise_that_is_not_drawn_anew_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite fails where the core is broken: here noise depends on the cell alone."""
    real = Sampler.__init__

    def careless(self: Sampler, noise_key: bytes, release: str, snapshot: bytes) -> None:
        real(self, noise_key, release.partition("|")[0] + "|2023|FINAL", bytes(len(snapshot)))

    monkeypatch.setattr(Sampler, "__init__", careless)
    outcome = a8_sampler.run(SEED, GATE["A8"], draws=20_000)
    ties = {verdict.score.what for verdict in failed(outcome)}
    assert ties == {"correlation of a table and its erratum", "correlation when one record changes"}


def test_noise_of_too_little_spread_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Sampler.noise
    monkeypatch.setattr(Sampler, "noise", lambda self, cell: round(real(self, cell) * 0.8))
    rules = {verdict.rule for verdict in failed(a8_sampler.run(SEED, GATE["A8"], draws=20_000))}
    assert {"not below -0.01", "above 0.001"} <= rules


def test_half_the_noise_would_fail_membership(years, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Sampler.noise
    monkeypatch.setattr(Sampler, "noise", lambda self, cell: round(real(self, cell) / 2))
    outcome = a2_membership.run(years, SEED, 4, GATE["A2"], trials=4_000)
    assert "at most 0.413" in {verdict.rule for verdict in failed(outcome)}


def test_a_ledger_that_refuses_nothing_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Accountant, "admit", lambda _self, _release: None)
    outcome = a7_averaging.run(SEED, 2, GATE["A7"], trials=1_000)
    assert [verdict.rule for verdict in failed(outcome)] == ["all of 11 in every world"]


# --- What the noise costs ------------------------------------------------------------------------


def test_published_totals_are_off_as_far_as_is_told() -> None:
    """In units of the deviation that is told, over all reference figures and some keys."""
    off = np.array(
        [
            (each.published_rate - each.rate) / (each.half_width / Z)
            for seed in range(5)
            for each in accuracy.sdg_rates(seed)
        ]
    )
    assert len(off) == 5 * 17
    assert abs(off.mean()) < 4 / len(off) ** 0.5
    assert 0.7 < off.std() < 1.3


# --- Controls are what they say ------------------------------------------------------------------


def test_suppression_hides_small_cells_and_nothing_else() -> None:
    assert suppression(5).protect(np.arange(8), None).tolist() == [0, -1, -1, -1, -1, 5, 6, 7]


def test_rounding_is_to_the_nearest() -> None:
    assert rounding(5).protect(np.arange(9), None).tolist() == [0, 0, 0, 5, 5, 5, 5, 5, 10]


@pytest.mark.parametrize(("step", "variance", "js"), [(2, 1, 0), (5, 3, 2)])
def test_a_perturbation_table_has_no_bias_its_variance_and_no_small_value(
    step: int, variance: float, js: int
) -> None:
    steps = np.arange(-step, step + 1)
    for n, row in enumerate(perturbation(step, variance, js)):
        assert row.sum() == pytest.approx(1)
        assert row @ steps == pytest.approx(0, abs=0.02)
        assert not any(row[(n + steps < 0) | ((n + steps > 0) & (n + steps <= js))])
        if n >= 2 * step:
            assert row @ steps**2 == pytest.approx(variance, rel=0.02)


def test_cell_keys_give_the_same_persons_the_same_noise() -> None:
    people = a_year(np.random.default_rng(2))
    once, again = (cell_keys(5, 3, 2).tables(histogram(people), key_sums(people)) for _ in range(2))
    assert all(np.array_equal(once[name], again[name]) for name in once)


# --- Scores --------------------------------------------------------------------------------------


def test_gates_are_held_against_the_ends_of_intervals() -> None:
    few, many = share(OURS, "", [True] + [False] * 19), share(OURS, "", [True] * 50 + [False] * 950)
    assert few.value == many.value == 0.05
    assert not at_most(few, 0.1).kept
    assert at_most(many, 0.1).kept
    assert not breaks(few, 0.03).kept
    assert breaks(many, 0.03).kept
    assert not none(many).kept
    assert none(share(OURS, "", [False] * 10)).kept
