"""The noise: the discrete Gaussian that was promised, and the same for the same records."""

from __future__ import annotations

import hashlib
import importlib.util
import math
from collections import Counter
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.release import sampler
from processors.release.sampler import (
    REACH,
    Sampler,
    coverage,
    distribution,
    noise_at,
    render,
    table,
    table_digest,
)

VARIANCE = 8
DRAWS = 40_000


def probability(value: int) -> float:
    """Of the discrete Gaussian, by its definition and in floating point."""
    norm = sum(math.exp(-k * k / (2 * VARIANCE)) for k in range(-200, 201))
    return math.exp(-value * value / (2 * VARIANCE)) / norm


def draws(key: bytes, size: int = DRAWS) -> list[int]:
    source = Sampler(key, "F1|2023|FINAL", hashlib.sha256(key).digest())
    return [source.noise(str(cell)) for cell in range(size)]


def chi_square(found: Counter[int], size: int, most: int = 9) -> tuple[float, int]:
    """Against the distribution, values beyond `most` put together; statistic and freedom."""
    inside = {value: probability(value) for value in range(-most, most + 1)}
    tail = (1 - sum(inside.values())) / 2
    expected = {**inside, most + 1: tail, -most - 1: tail}
    seen = Counter({max(-most - 1, min(most + 1, v)): 0 for v in found})
    for value, number in found.items():
        seen[max(-most - 1, min(most + 1, value))] += number
    statistic = sum((seen[v] - size * p) ** 2 / (size * p) for v, p in expected.items())
    return statistic, len(expected) - 1


def upper_tail(statistic: float, freedom: int) -> float:
    """Chance of a chi-square at least so large (Wilson and Hilferty)."""
    spread = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return 0.5 * math.erfc(z / math.sqrt(2))


def test_the_shipped_table_is_what_exact_arithmetic_gives() -> None:
    content = (files("processors.release") / "gaussian.json").read_bytes()
    assert content == render(VARIANCE)
    assert hashlib.sha256(content).hexdigest() == table_digest()


def test_the_table_does_not_depend_on_the_digits_it_was_made_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler, "_DIGITS", 200)
    assert tuple(distribution(VARIANCE)) == table()


def test_every_value_has_its_share_of_the_uniform_numbers() -> None:
    """To the last of 64 bits, and as much below zero as above."""
    shares = [high - low for low, high in zip((0, *table()), table(), strict=False)]
    for value in range(-20, 21):
        share = float(Fraction(shares[value + REACH], 2**64))
        assert share == pytest.approx(probability(value), rel=1e-7, abs=2**-64)
        assert abs(shares[REACH + value] - shares[REACH - value]) <= 1
    assert sum(shares) == 2**64


@given(st.integers(0, 2**64 - 1))
def test_every_uniform_number_gives_a_value_that_the_table_has_room_for(uniform: int) -> None:
    value = noise_at(uniform)
    below = table()[value + REACH - 1]
    assert below <= uniform < table()[value + REACH]


@pytest.mark.parametrize("seed", range(6))
def test_draws_have_the_distribution_and_spread_of_the_discrete_gaussian(seed: int) -> None:
    found = draws(hashlib.sha256(f"key {seed}".encode()).digest())
    statistic, freedom = chi_square(Counter(found), DRAWS)
    assert upper_tail(statistic, freedom) > 0.001
    spread = math.sqrt(sum(v * v for v in found) / DRAWS)
    assert spread == pytest.approx(math.sqrt(VARIANCE), rel=0.015)
    assert sum(found) / DRAWS == pytest.approx(0, abs=4 * math.sqrt(VARIANCE / DRAWS))


def test_the_chi_square_test_would_notice_a_spread_that_is_a_tenth_off() -> None:
    wrong = distribution(10)
    uniform = [int.from_bytes(hashlib.sha256(b"%d" % n).digest()[:8], "big") for n in range(DRAWS)]
    found = Counter(next(k for k, c in enumerate(wrong) if u < c) - REACH for u in uniform[:8000])
    statistic, freedom = chi_square(found, 8000)
    assert upper_tail(statistic, freedom) < 0.001


def test_the_band_holds_what_is_promised() -> None:
    assert coverage(6) == pytest.approx(sum(probability(v) for v in range(-6, 7)), abs=1e-9)


@pytest.mark.parametrize("other", ["key", "table", "period", "vintage", "snapshot"])
def test_noise_is_drawn_anew_for_whatever_is_another_release(other: str) -> None:
    key, release, snapshot = bytes(32), ["F1", "2023", "FINAL"], bytes(32)
    before = Sampler(key, "|".join(release), snapshot)
    if other == "key":
        key = b"\1" * 32
    elif other == "snapshot":
        snapshot = b"\1" * 32
    else:
        release[("table", "period", "vintage").index(other)] = "F2"
    after = Sampler(key, "|".join(release), snapshot)
    same = sum(before.noise(str(n)) == after.noise(str(n)) for n in range(2000))
    by_chance = sum(probability(v) ** 2 for v in range(-20, 21))
    assert same / 2000 == pytest.approx(by_chance, abs=0.03)


@pytest.mark.skipif(not importlib.util.find_spec("opendp"), reason="opendp is not installed")
def test_opendp_draws_from_the_same_distribution() -> None:
    """Two samples, ours and that of an independent implementation, by a chi-square of both."""
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.atom_domain(T=int), dp.absolute_distance(T=int)
    gaussian = dp.m.make_gaussian(*space, scale=math.sqrt(VARIANCE))
    theirs = Counter(gaussian(0) for _ in range(DRAWS))
    ours = Counter(draws(b"against opendp".ljust(32)))
    values = range(-10, 11)
    statistic = sum((ours[v] - theirs[v]) ** 2 / (ours[v] + theirs[v]) for v in values)
    assert upper_tail(statistic, len(values)) > 0.001
    assert upper_tail(chi_square(theirs, DRAWS)[0], 20) > 0.001
