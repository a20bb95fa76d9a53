"""A7: having the same table published again and again, and averaging the noise away.

The accountant must refuse every second publication made of other records, and a publication of the
same records must give the same bytes, so that there is nothing to average. The control publishes
without a ledger: every time a record more, every time new noise. The score is the advantage in
telling whether a person is in one cell, after twelve publications.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from scipy.stats import norm

from processors.release.accountant import Accountant
from processors.release.calendar import Item
from processors.release.errors import AlreadyReleased
from processors.release.sampler import Sampler
from processors.release.tables import shipped
from schemas.releases import Release
from tests.attacks.releases.published import SIGMA2, a_release, keys_of
from tests.attacks.releases.scores import OURS, Outcome, Score, Verdict, difference, judged, share
from tests.attacks.releases.worlds import Floats, a_year, late, population

TITLE = "Averaging"
TIMES = 12
TRIALS = 4_000
ITEM = Item(date(2024, 6, 30), "F1", "2023", "FINAL")


def run(seed: int, worlds: int, gate: Mapping[str, Any], trials: int = TRIALS) -> Outcome:
    """The ledger put to the test in some worlds, and the advantage with and without it."""
    refused, equal = [], []
    for number in range(worlds):
        others, same = forced(np.random.default_rng([seed, 7, number]), f"{seed} {number}")
        refused.append(others)
        equal.append(same)
    told = share(OURS, "second publications refused", np.array(refused).ravel())
    same = share(OURS, "same records, same bytes", np.array(equal).ravel())
    steps = (1, 2, 4, 8, TIMES)
    ours = {n: _advantage(seed, n, OURS, gate["score"], trials) for n in steps}
    free = {n: _advantage(seed, n, "without a ledger", gate["score"], trials) for n in steps}
    more = [
        Verdict(f"all of {gate['refused']} in every world", told, told.value == 1),
        Verdict("always", same, same.value == gate["equal"]),
    ]
    counts = {sum(row) for row in refused}
    more[0] = replace(more[0], kept=counts == {gate["refused"]})
    scores = [ours[TIMES], told, same, free[TIMES]]
    notes = {
        "publications": list(steps),
        "ours": [ours[n].value for n in steps],
        "without": [free[n].value for n in steps],
        "theory": [float(2 * norm.cdf((n / SIGMA2) ** 0.5 / 2) - 1) for n in steps],
    }
    return judged("A7", TITLE, gate, scores, more, notes)


def forced(rng: np.random.Generator, world: str) -> tuple[list[bool], list[bool]]:
    """Publishes a table and then forces it eleven times more, with and without other records.

    Returns:
        Whether each publication of other records was refused, and whether each of the same records
        gave the same bytes and was taken for the same release.
    """
    keys, people = keys_of(world), a_year(rng)
    first = a_release(ITEM, population(people, "2023"), keys)
    ledger = Accountant.of([first], shipped().budget)
    again = [a_release(ITEM, population(people, "2023"), keys) for _ in range(TIMES - 1)]
    same = [each.dump() == first.dump() and not _refuses(ledger, each) for each in again]
    refused = []
    for _ in range(TIMES - 1):
        one, _others = late(rng, 0)
        people += one.at(rng.integers(0, len(one), 1))
        refused.append(_refuses(ledger, a_release(ITEM, population(people, "2023"), keys)))
    return refused, same


def _refuses(ledger: Accountant, release: Release) -> bool:
    try:
        ledger.admit(release)
    except AlreadyReleased:
        return True
    return False


def _advantage(seed: int, times: int, scheme: str, what: str, trials: int) -> Score:
    """One cell of F1 in so many publications; with the ledger they are all of the same records."""
    present = _averaged(seed, times, scheme, 1, trials) > 0.5
    absent = _averaged(seed, times, scheme, 0, trials) > 0.5
    return difference(scheme, what, present, absent)


def _averaged(seed: int, times: int, scheme: str, person: int, trials: int) -> Floats:
    found = np.zeros(trials)
    secret = hashlib.sha256(b"averaging %d" % seed).digest()
    for trial in range(trials):
        seen = []
        for number in range(times):
            version = 0 if scheme == OURS else number
            snapshot = hashlib.sha256(b"%d|%d|%d" % (trial, person, version)).digest()
            seen.append(Sampler(secret, "F1|2023|FINAL", snapshot).noise("LBN|ORG|F") + person)
        found[trial] = np.mean(seen)
    return found
