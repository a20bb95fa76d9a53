"""A5: "all of this group are so": claims from zeros.

A group is all victims of one form in one country, told by sex (F1) and by stage (F4). Where only
one value of the row is not zero and it equals the margin, the attacker claims that everybody in the
group has it. A claim is right if somebody is in the group and all are so. The score is the share of
right claims less the share that people of such groups have it anyway (the modal share).

Of releases another attacker is told too, without a gate: who knows the model and the noise, and
claims only what is likelier than `SURE` to be right, given what was measured. Such claims are right
as often as they say under any noise, because they mostly repeat the model; what noise decides is
how rarely one can be made. That is the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import poisson

from tests.attacks.releases.controls import controls, margin
from tests.attacks.releases.published import SIGMA2, Year
from tests.attacks.releases.scores import OURS, Outcome, Score, judged, share
from tests.attacks.releases.worlds import (
    CASES,
    FORMS,
    SEXES,
    STAGES,
    Floats,
    Ints,
    a_year,
    histogram,
    key_sums,
    model,
)

TITLE = "Claims from zeros"
SURE = 0.8
Claim = tuple[bool, float]
"""Whether it is right, and the modal share."""


def run(years: Sequence[Year], seed: int, size: int, gate: Mapping[str, Any]) -> Outcome:
    """By values for reading and by raw measurements; and of the controls."""
    scores: list[Score] = []
    for name in ("values", "measurements"):
        claims = [claim for year in years for claim in _released(year, name)]
        scores += _scores(f"{OURS}, by {name}", gate["score"], claims)
    scores += _sure(years)
    for place, scheme in enumerate(controls()):
        rng, claims = np.random.default_rng([seed, 5, place]), []
        for _ in range(size):
            cells = histogram(people := a_year(rng))
            keys = key_sums(people)
            total = scheme.protect(margin(cells, "cf"), margin(keys, "cf"))
            for table in ("cfs", "cft"):
                exact = margin(cells, table)
                shown = scheme.protect(exact, margin(keys, table))
                claims += list(_claims(shown, total, exact, margin(model(), table)))
        scores += _scores(scheme.name, gate["score"], claims)
    return judged("A5", TITLE, gate, scores)


def _scores(scheme: str, what: str, claims: Sequence[Claim]) -> list[Score]:
    if not claims:
        return []
    right = np.array([right for right, _ in claims], dtype=float)
    modal = np.array([share_ for _, share_ in claims])
    precision = share(scheme, "precision of claims", right)
    usual = float(modal.mean())
    low, high = precision.low - usual, precision.high - usual
    above = Score(scheme, what, precision.value - usual, low, high, len(claims))
    return [above, precision]


def _sure(years: Sequence[Year]) -> list[Score]:
    claims = [claim for year in years for claim in _likely(year)]
    groups = [len(FORMS) * year.final.shape[0] * 2 for year in years]
    made = np.arange(sum(groups)) < len(claims)
    name = f"{OURS}, by what is likely"
    scores = [share(name, f"groups with a claim likelier than {SURE:g} (a limit, no gate)", made)]
    if claims:
        right = [right for right, _ in claims]
        scores.append(share(name, "precision of such claims (a limit, no gate)", right))
    return scores


def _released(year: Year, field: str) -> Iterator[Claim]:
    told = year.published.values if field == "values" else year.published.measured
    for cells, table in _groups(told):
        shown = np.maximum(0, cells)
        exact = margin(year.final, table)
        yield from _claims(shown, shown.sum(axis=-1), exact, margin(model(), table))


def _groups(told: Mapping[str, Ints]) -> Iterator[tuple[Ints, str]]:
    """Country and form by sex, and by stage."""
    yield told["F1"][:, : len(FORMS), : len(SEXES)], "cfs"
    yield np.swapaxes(told["F4"][:, : len(STAGES), : len(FORMS)], 1, 2), "cft"


def _likely(year: Year) -> Iterator[Claim]:
    """For each group and value: the chance that everybody has it, given the measurements."""
    for cells, table in _groups(year.published.measured):
        exact, share_of = margin(year.final, table), margin(model(), table)
        expected = share_of * np.array(CASES)[:, None, None]
        empty = _empty(cells, expected)
        for place in np.ndindex(cells.shape[:2]):
            none = empty[place]
            for value in range(len(none)):
                others = np.delete(none, value).prod()
                if others * (1 - none[value]) > SURE:
                    truth = exact[place]
                    right = bool(truth.sum() > 0 and truth[value] == truth.sum())
                    yield right, float(share_of[place].max() / share_of[place].sum())


def _empty(cells: Ints, expected: Floats) -> Floats:
    """The chance that a cell is empty, by Bayes: a Poisson count and the noise."""
    counts = np.arange(0, 400)
    logs = poisson.logpmf(counts, expected[..., None])
    logs = logs - (cells[..., None] - counts) ** 2 / (2 * SIGMA2)
    logs -= logs.max(axis=-1, keepdims=True)
    weights = np.exp(logs)
    found: Floats = weights[..., 0] / weights.sum(axis=-1)
    return found


def _claims(
    shown: Floats | Ints, total: Floats | Ints, exact: Ints, share_of: Floats
) -> Iterator[Claim]:
    for place in np.ndindex(shown.shape[:2]):
        row = shown[place]
        (some,) = np.nonzero(row)
        if len(some) == 1 and row[some[0]] == total[place]:
            truth = exact[place]
            right = bool(truth.sum() > 0 and truth[some[0]] == truth.sum())
            yield right, float(share_of[place].max() / share_of[place].sum())
