"""A1: comparing what was published before and after a person was added.

The attacker knows the person's country and that one person came, with L others, and wants to name
sex, age and form: one of 48. Of releases there are two things to compare: final with provisional
tables of the same year, which have form, origin and month in common; and an erratum with the table
it corrects. Controls print their seven tables before and after.

Against releases the attacker has the exact likelihood of the noise. Against the controls it learns
how printed numbers change, where the person is and where not, from half the worlds (naive Bayes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.attacks.releases.controls import HIDDEN, Scheme, controls
from tests.attacks.releases.published import ERRATUM, LATE, SIGMA2, Year
from tests.attacks.releases.scores import OURS, Outcome, Score, judged, mean
from tests.attacks.releases.worlds import (
    AREAS,
    FORMS,
    SEXES,
    STAGES,
    Floats,
    Ints,
    People,
    a_year,
    histogram,
    inner,
    key_sums,
    late,
)

TITLE = "Differencing"
MOST = 6
"""Changes beyond this are taken as this."""
CODES = 2 * MOST + 4
FEATURES = ("s", "a", "f", "sa", "fs", "fa")
"""Of the inner cells (form, sex, age): what the tables of the controls tell of them."""
PRINTED = {"s": "cs", "a": "ca", "f": "cf", "sa": "csa", "fs": "csf", "fa": "caf"}


def run(years: Sequence[Year], seed: int, size: int, gate: Mapping[str, Any]) -> Outcome:
    """Against releases, and against controls in as many worlds of their own."""
    scores = [*_against_releases(years, gate["score"])]
    for place, scheme in enumerate(controls()):
        for size_late in LATE:
            rng = np.random.default_rng([seed, 1, place, size_late])
            scores.append(_against(scheme, rng, size_late, size, gate["score"]))
    # With 50 others the controls hide one person too: they break where the person comes alone.
    kept = [s for s in scores if s.ours or s.scheme.endswith(", L=0")]
    outcome = judged("A1", TITLE, gate, kept)
    return replace(outcome, scores=scores)


# --- Releases ------------------------------------------------------------------------------------


def _against_releases(years: Sequence[Year], what: str) -> list[Score]:
    found = []
    for size in LATE:
        some = [year for year in years if year.late == size]
        final = [_final(year, area) for year in some for area in range(len(AREAS))]
        found.append(mean(f"{OURS}, final after provisional, L={size}", what, final))
        again = [_erratum(year, area) for year in some for area in range(len(AREAS))]
        found.append(mean(f"{OURS}, erratum, L={size}", what, again))
    return found


def _final(year: Year, area: int) -> float:
    """The change of each form, from the tables that tell it: F1 and F4 against P2."""
    told = year.published.measured
    # The attacker knows the model: whatever stands in _O and _U is noise, and is left out.
    forms, sexes, stages = len(FORMS), len(SEXES), len(STAGES)
    of_f1 = told["F1"][area, :forms, :sexes].sum(axis=1)
    of_f4 = told["F4"][area, :stages, :forms].sum(axis=0)
    before = told["P2"][:, area, :forms].sum(axis=0)
    weight = stages / (sexes + stages)
    change = weight * of_f1 + (1 - weight) * of_f4 - before
    variance = SIGMA2 * (weight**2 * sexes + (1 - weight) ** 2 * stages + 4)
    share = inner()[area].sum(axis=(1, 2))
    ratio = _ratio(change, variance, share, year.late)
    return _gain(ratio[:, None, None], area, year.targets)


def _erratum(year: Year, area: int) -> float:
    """The change of each form and sex, of the one table that is published twice."""
    told = year.published.measured
    forms, sexes = len(FORMS), len(SEXES)
    change = (told[ERRATUM] - told["F1"])[area, :forms, :sexes]
    share = inner()[area].sum(axis=2)
    ratio = _ratio(change.astype(float), 2 * SIGMA2, share, year.late)
    return _gain(ratio[:, :, None], area, year.second)


def _ratio(change: Floats, variance: float, share: Floats, others: int) -> Floats:
    """Log of how much likelier a change is where the person is than where not."""
    expected = share * others
    return (change - expected - 0.5) / (variance + expected)


def _gain(ratio: Floats, area: int, targets: People) -> float:
    """1 where the likelihood names the person, less 1 where the prior alone does."""
    prior = np.log(inner()[area])
    person = targets.form[area], targets.sex[area], targets.age[area]
    return _names(ratio + prior, person) - _names(prior, person)


def _names(score: Floats, person: tuple[int, int, int]) -> float:
    best = score == score.max()
    return float(best[person] / best.sum())


# --- Controls ------------------------------------------------------------------------------------


def _against(scheme: Scheme, rng: np.random.Generator, others: int, size: int, what: str) -> Score:
    seen: dict[str, list[Ints]] = {name: [] for name in FEATURES}
    persons = []
    for _ in range(size):
        before = a_year(rng)
        targets, more = late(rng, others)
        cells, keys = histogram(before), key_sums(before)
        old = scheme.tables(cells, keys)
        added = targets + more
        new = scheme.tables(cells + histogram(added), keys + key_sums(added))
        for name in FEATURES:
            seen[name].append(_codes(old[PRINTED[name]], new[PRINTED[name]]))
        persons.append(np.stack([targets.form, targets.sex, targets.age]))
    half = size // 2
    codes = {name: np.stack(rows) for name, rows in seen.items()}
    who = np.stack(persons)
    ratios = {name: _learnt(codes[name][:half], name, who[:half]) for name in FEATURES}
    gains = []
    for world in range(half, size):
        for area in range(len(AREAS)):
            score = np.zeros(inner().shape[1:])
            for name in FEATURES:
                score += _spread(ratios[name][codes[name][world, area]], name)
            prior = np.log(inner()[area])
            person = tuple(who[world][:, area])
            gains.append(_names(score + prior, person) - _names(prior, person))
    return mean(f"{scheme.name}, L={others}", what, gains)


def _codes(old: Floats, new: Floats) -> Ints:
    """A change as one of `CODES`: by how much, or that a number came, went or stayed hidden."""
    change = np.clip(new - old, -MOST, MOST).astype(np.int64) + MOST
    hidden = 2 * MOST + 1
    gone, came = old == HIDDEN, new == HIDDEN
    return np.where(
        gone & came, hidden, np.where(came, hidden + 1, np.where(gone, hidden + 2, change))
    )


def _learnt(codes: Ints, name: str, who: Ints) -> Floats:
    """For every code, the log of how much likelier it is where the person is."""
    shape = codes.shape[2:]
    inside = np.zeros(codes.shape, dtype=bool)
    worlds, areas = np.indices(codes.shape[:2])
    form, sex, age = (who[:, place, :] for place in range(3))
    columns = {"f": form, "s": sex, "a": age}
    inside[(worlds, areas, *(columns[axis] for axis in name))] = True
    assert len(shape) == len(name)
    with_person = np.bincount(codes[inside], minlength=CODES) + 0.05
    without = np.bincount(codes[~inside], minlength=CODES) + 0.05
    found: Floats = np.log(with_person / with_person.sum()) - np.log(without / without.sum())
    return found


def _spread(values: Floats, name: str) -> Floats:
    """From the cells of a table to the inner cells (form, sex, age)."""
    order = [axis for axis in "fsa" if axis in name]
    turned = np.transpose(values, [name.index(axis) for axis in order])
    index = tuple(slice(None) if axis in name else None for axis in "fsa")
    return turned[index]
