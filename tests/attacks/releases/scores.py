"""Scores with their 95 % intervals, and whether they keep to their gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta, norm

Z = float(norm.ppf(0.975))
OURS = "release"


@dataclass(frozen=True)
class Score:
    """A measured number.

    Attributes:
        scheme: `OURS`, perhaps with a word on what of it; or the name of a control.
        what: What was measured.
        value: The estimate.
        low: Lower end of the interval.
        high: Upper end.
        size: Trials.
    """

    scheme: str
    what: str
    value: float
    low: float
    high: float
    size: int

    @property
    def ours(self) -> bool:
        return self.scheme.startswith(OURS)


def share(scheme: str, what: str, hits: ArrayLike) -> Score:
    """Of yes or no; the interval of Clopper and Pearson."""
    found = np.asarray(hits, dtype=bool)
    n, k = len(found), int(found.sum())
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Score(scheme, what, k / max(n, 1), low, high, n)


def mean(scheme: str, what: str, values: ArrayLike, clusters: ArrayLike | None = None) -> Score:
    """Of numbers; where they come in clusters that are not independent, by clusters."""
    found = np.asarray(values, dtype=float)
    groups = np.arange(len(found)) if clusters is None else np.asarray(clusters)
    _, place = np.unique(groups, return_inverse=True)
    centre = float(found.mean())
    sums = np.bincount(place, found - centre)
    count = len(sums)
    spread = np.sqrt((sums**2).sum() * count / max(count - 1, 1)) / len(found)
    return Score(scheme, what, centre, centre - Z * spread, centre + Z * spread, len(found))


def difference(scheme: str, what: str, one: ArrayLike, other: ArrayLike) -> Score:
    """Of two shares in independent trials (Newcombe's interval from those of Wilson)."""
    (p, low_p, high_p), (q, low_q, high_q) = _wilson(one), _wilson(other)
    gap = p - q
    low = gap - np.sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    high = gap + np.sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    size = len(np.asarray(one)) + len(np.asarray(other))
    return Score(scheme, what, gap, float(low), float(high), size)


def _wilson(values: ArrayLike) -> tuple[float, float, float]:
    """Halves (ties) count as half."""
    found = np.asarray(values, dtype=float)
    n, p = len(found), float(found.mean())
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return p, middle - half, middle + half


@dataclass(frozen=True)
class Verdict:
    """A gate held against a score.

    Attributes:
        rule: What had to hold, in words.
        score: What was measured.
        kept: Whether it held.
    """

    rule: str
    score: Score
    kept: bool


def at_most(score: Score, limit: float) -> Verdict:
    """For releases: the upper end of the interval is within the gate."""
    return Verdict(f"at most {limit:g}", score, bool(score.high <= limit))


def none(score: Score) -> Verdict:
    """For releases: it never happened; the interval tells how sure that is."""
    return Verdict("never", score, bool(score.value == 0 and score.size > 0))


def breaks(score: Score, limit: float) -> Verdict:
    """For controls: the lower end of the interval is beyond the gate."""
    return Verdict(f"a control, beyond {limit:g}", score, bool(score.low > limit))


@dataclass(frozen=True)
class Outcome:
    """What an attack came to."""

    attack: str
    title: str
    main: str
    """Which score is held against the gate."""
    scores: list[Score]
    verdicts: list[Verdict]
    notes: Mapping[str, Any]

    @property
    def kept(self) -> bool:
        return bool(self.verdicts) and all(verdict.kept for verdict in self.verdicts)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "kept": self.kept}


def judged(
    attack: str,
    title: str,
    gate: Mapping[str, Any],
    scores: list[Score],
    more: list[Verdict] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Outcome:
    """Holds the main scores of an attack against its gate: ours within, named controls beyond.

    Args:
        attack: ``A1`` to ``A8``.
        title: For people.
        gate: Of ``gates.json``.
        scores: Of which those named `gate["score"]` are the main ones.
        more: Further verdicts.
        notes: What pictures need beside.
    """
    main = [score for score in scores if score.what == gate["score"]]
    limit = gate["most"]
    ours = [at_most(score, limit) if limit else none(score) for score in main if score.ours]
    by_name = {
        name: [s for s in main if s.scheme == name or s.scheme.startswith(f"{name}, L")]
        for name in gate["must_break"]
    }
    if not ours or not all(by_name.values()):
        raise ValueError(f"{attack}: a scheme was not run")
    needed = [breaks(score, limit) for found in by_name.values() for score in found]
    return Outcome(
        attack, title, gate["score"], scores, [*ours, *(more or []), *needed], notes or {}
    )
