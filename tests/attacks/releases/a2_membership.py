"""A2: is a person in the tables? The attacker knows everybody else and wants only that.

What a release adds to the known counts is noise, so nothing but the noise of the person's eight
cells tells: one in each table-release. The attacker takes the exact ratio of likelihoods and says
"present" where it is above 1. Trials draw with the keyed sampler of the core; the messages of the
worlds are asked the same. The controls print their seven tables once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from processors.release.sampler import REACH, Sampler, table
from tests.attacks.releases.controls import CUSTOMARY, Scheme, controls
from tests.attacks.releases.published import FINAL, PROVISIONAL, Year
from tests.attacks.releases.scores import (
    OURS,
    Outcome,
    Score,
    Verdict,
    at_most,
    difference,
    judged,
    none,
    share,
)
from tests.attacks.releases.worlds import AREAS, Floats, Ints, People, a_year, draw, histogram

TITLE = "Membership"
TRIALS = 16_000
RELEASES = [f"{name}|2023-Q2|PROVISIONAL" for name in PROVISIONAL] + [
    f"{name}|2023|FINAL" for name in FINAL
]
THEORY = float(2 * norm.cdf(0.5) - 1)
"""Two normal distributions whose means are one deviation apart: 8 tables of 1 / 8 each."""


def run(
    years: Sequence[Year], seed: int, size: int, gate: Mapping[str, Any], trials: int = TRIALS
) -> Outcome:
    """By trials, by the messages, and against the controls."""
    noise = keyed_noise(seed, 2 * trials)
    present, absent = _ratios(noise[:trials] + 1), _ratios(noise[trials:])
    scores = [_advantage(OURS, gate["score"], present, absent)]
    power = share(OURS, "found at 1 % false alarms", present > _one_percent())
    certain = share(OURS, "presence proved", np.isinf(present))
    which = _which(seed, trials)
    messages = _by_messages(years)
    scores += [power, certain, which, messages]
    rates = {OURS: (present, absent)}
    for place, scheme in enumerate(controls()):
        inside, outside = _trials(scheme, np.random.default_rng([seed, 2, place]), size)
        scores.append(_advantage(scheme.name, gate["score"], inside, outside))
        scores.append(share(scheme.name, "presence proved", np.isposinf(inside)))
        rates[scheme.name] = inside, outside
    more = [at_most(power, gate["most_power_at_1_percent"]), none(certain)]
    more.append(Verdict("not above theory", messages, messages.low <= THEORY))
    curves = {name: _curve(*pair) for name, pair in rates.items()}
    return judged("A2", TITLE, gate, scores, more, {"curves": curves, "theory": THEORY})


# --- Releases ------------------------------------------------------------------------------------


def keyed_noise(seed: int, trials: int) -> Ints:
    """Noise of the eight cells of a person, each trial with records of its own."""
    found = np.zeros((trials, len(RELEASES)), dtype=np.int64)
    secret = hashlib.sha256(b"membership %d" % seed).digest()
    for trial in range(trials):
        snapshot = hashlib.sha256(b"%d|%d" % (seed, trial)).digest()
        for place, release in enumerate(RELEASES):
            found[trial, place] = Sampler(secret, release, snapshot).noise("TUN|LAB")
    return found


def _pmf() -> Floats:
    """The chance of each value of the noise, as the sampler's table has it."""
    return np.diff(np.array([0, *table()], dtype=float)) / 2.0**64


def _ratios(seen: Ints) -> Floats:
    """Log likelihood ratio of presence, for what is seen beyond the known counts."""
    with np.errstate(divide="ignore"):
        logs = np.log(_pmf())
    return (logs[seen - 1 + REACH] - logs[seen + REACH]).sum(axis=1)


def _advantage(scheme: str, what: str, present: Floats, absent: Floats) -> Score:
    return difference(scheme, what, _says(present), _says(absent))


def _says(ratio: Floats) -> Floats:
    return (ratio > 0) + 0.5 * (ratio == 0)


def _one_percent() -> float:
    """The ratio above which one absent person in a hundred is."""
    return float(norm.ppf(0.99)) - 0.5


def _which(seed: int, trials: int) -> Score:
    """The limit that is told, not gated: who knows of the presence, and asks for the attributes."""
    noise = keyed_noise(seed + 1, 2 * trials)
    one, other = noise[:trials], noise[trials:]
    # In the first half the person is in the cells of `one`, in the second in those of `other`.
    half = trials // 2
    right = _ratios(one[:half] + 1) - _ratios(other[:half])
    wrong = _ratios(one[half:]) - _ratios(other[half:] + 1)
    return _advantage(OURS, "which of two sets of attributes (a limit, no gate)", right, wrong)


def _by_messages(years: Sequence[Year]) -> Score:
    """The same of the messages of the worlds: persons who are there, and persons who are not."""
    inside, outside = [], []
    for number, year in enumerate(years):
        known = {name: year.published.measured[name] - year.exact[name] for name in year.exact}
        for area in range(len(AREAS)):
            # One question for a country and year, so that no two share a cell.
            if (number + area) % 2:
                inside.append([noise + 1 for noise in _cells(known, year.present, area)])
            else:
                outside.append(_cells(known, year.absent, area))
    pair = _ratios(np.array(inside)), _ratios(np.array(outside))
    return _advantage(f"{OURS}, by the messages", "advantage, from messages", *pair)


def _cells(known: Mapping[str, Ints], who: People, area: int) -> list[int]:
    month = int(who.month[area]) - 1
    quarter = month // 3
    form, sex, age = int(who.form[area]), int(who.sex[area]), int(who.age[area])
    stage, origin = int(who.stage[area]), int(who.origin[area])
    where = {
        "P1": (quarter, area, month % 3),
        "P2": (quarter, area, form),
        "P3": (quarter, area, origin),
        "F1": (area, form, sex),
        "F2": (area, age, sex),
        "F3": (area, origin),
        "F4": (area, stage, form),
        "F5": (area, month + quarter),
    }
    return [int(known[name][place]) for name, place in where.items()]


# --- Controls ------------------------------------------------------------------------------------


def _trials(scheme: Scheme, rng: np.random.Generator, worlds: int) -> tuple[Floats, Floats]:
    """Ratios for persons that are there and that are not, twenty of each in every world."""
    inside, outside = [], []
    for _ in range(worlds):
        cells = histogram(a_year(rng))
        for area in range(len(AREAS)):
            who = draw(rng, area, 5)
            for n in range(5):
                at = {"c": area, "f": who.form[n], "s": who.sex[n], "a": who.age[n]}
                others = [_count(cells, name, at) for name in CUSTOMARY]
                inside.append(sum(_one(scheme, n, True, rng) for n in others))
                outside.append(sum(_one(scheme, n, False, rng) for n in others))
    return np.array(inside), np.array(outside)


def _count(cells: Ints, name: str, at: Mapping[str, int]) -> int:
    index = tuple(at[axis] if axis in name else slice(None) for axis in "cfsat")
    return int(cells[index].sum())


def _one(scheme: Scheme, others: int, present: bool, rng: np.random.Generator) -> float:
    """Log likelihood ratio of presence by one printed cell; infinite where it proves."""
    shown = scheme.outcomes(others + present)
    values = list(shown)
    value = values[rng.choice(len(values), p=np.array(list(shown.values())) / sum(shown.values()))]
    with_person = scheme.outcomes(others + 1).get(value, 0.0)
    without = scheme.outcomes(others).get(value, 0.0)
    if not without:
        return float("inf")
    return float(np.log(with_person / without)) if with_person else float("-inf")


def _curve(present: Floats, absent: Floats) -> tuple[list[float], list[float]]:
    """False and true alarms at every threshold."""
    steps = np.unique(np.concatenate([present, absent]))[::-1]
    if len(steps) > 400:
        steps = steps[:: len(steps) // 400]
    false = [0.0, *((absent >= step).mean() for step in steps), 1.0]
    true = [0.0, *((present >= step).mean() for step in steps), 1.0]
    return false, true
