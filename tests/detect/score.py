"""How well networks are found: precision, recall, months until found, with intervals.

The rules:

1. A stream is lived through month by month, as a platform would: what had come by then, and was not
   taken back by then, is what detectors see.
2. An alert is one message: a finding that is about something not told of before (none of its
   identifiers were), or whose level has risen since.
3. An alert of D1 is **true** if its identifier belongs to a network. One of D2 or D5 is true if at
   least half of its cases are of one network (for D5: a chain), in two countries.
4. A network is **found** if an alert about it is true. A network that nobody could see, because too
   little of it was ever noted, counts as missed.
5. Intervals are Wilson's (1927), at 95 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt
from statistics import median

from processors.alerts.detect import process
from processors.alerts.facts import Finding, Month
from tests.detect.stream import MONTHS, START, Network, Stream

Z95 = 1.959964


@dataclass(frozen=True)
class Share:
    """A share with its interval."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.whole:
            return 0.0, 1.0
        n, p, z2 = self.whole, self.value, Z95**2
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return middle - half, middle + half

    def __add__(self, other: Share) -> Share:
        return Share(self.part + other.part, self.whole + other.whole)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.2f} ({low:.2f}-{high:.2f}, {self.part}/{self.whole})"


@dataclass(frozen=True)
class Score:
    """How a detector did.

    Attributes:
        precision: True alerts among all.
        recall: Networks found among all.
        waits: Months from the first case of each network that was found.
        foreign: Cases that do not belong, among all cases of true alerts.
    """

    precision: Share = Share(0, 0)
    recall: Share = Share(0, 0)
    waits: tuple[int, ...] = ()
    foreign: Share = Share(0, 0)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.precision + other.precision,
            self.recall + other.recall,
            self.waits + other.waits,
            self.foreign + other.foreign,
        )

    def __str__(self) -> str:
        wait = f"{median(self.waits):.1f}" if self.waits else "-"
        return (
            f"precision {self.precision}  recall {self.recall}  "
            f"months {wait}  foreign cases {self.foreign.value:.2f}"
        )


@dataclass
class _Tally:
    """What was told by one detector so far."""

    told: dict[bytes, int] = field(default_factory=dict)
    true: int = 0
    false: int = 0
    found: dict[str, Month] = field(default_factory=dict)
    foreign: int = 0
    cases: int = 0

    def is_news(self, finding: Finding) -> bool:
        """Whether to tell of a finding; D5 is told once."""
        level = finding.level if finding.detector == "D2" else 0
        known = max((self.told.get(token, -1) for token in finding.tokens), default=-1)
        self.told.update(dict.fromkeys(finding.tokens, max(known, level)))
        return level > known

    def take(self, finding: Finding, network: Network | None, now: Month) -> None:
        if network is None:
            self.false += 1
            return
        self.true += 1
        self.found.setdefault(network.name, now)
        self.cases += len(finding.cases)
        self.foreign += len(set(finding.cases) - network.cases)


def score(stream: Stream, every: int = 1) -> dict[str, Score]:
    """Scores D1, D2 and D5 over a stream.

    Args:
        stream: What came, and the truth.
        every: Months from one look to the next.
    """
    tallies = {"D1": _Tally(), "D2": _Tally(), "D5": _Tally()}
    for now in range(START + every - 1, START + MONTHS, every):
        found = process(stream.standing(now), (), now, stream.stops)
        for finding in found:
            tally = tallies[finding.detector]
            if tally.is_news(finding):
                tally.take(finding, _network_of(finding, stream), now)
    return {name: _score(name, tally, stream) for name, tally in tallies.items()}


def _network_of(finding: Finding, stream: Stream) -> Network | None:
    """The network that a finding is rightly about."""
    if finding.detector == "D1":
        names = {stream.names[token] for token in finding.tokens}
        return next((n for n in stream.networks if names & n.identifiers), None)
    wanted = [n for n in stream.networks if n.is_chain or finding.detector != "D5"]
    return _mostly_of(finding, wanted)


def _mostly_of(finding: Finding, networks: Iterable[Network]) -> Network | None:
    for network in networks:
        own = network.cases & set(finding.cases)
        if 2 * len(own) >= len(finding.cases) and len({case.country for case in own}) > 1:
            return network
    return None


def _score(detector: str, tally: _Tally, stream: Stream) -> Score:
    wanted = [n for n in stream.networks if n.is_chain or detector != "D5"]
    return Score(
        precision=Share(tally.true, tally.true + tally.false),
        recall=Share(len(tally.found), len(wanted)),
        waits=tuple(
            tally.found[n.name] - _begin(n, stream) for n in wanted if n.name in tally.found
        ),
        foreign=Share(tally.foreign, tally.cases),
    )


def _begin(network: Network, stream: Stream) -> Month:
    return min(p.month for p in stream.profiles if p.holder in network.cases)


def by_type(stream: Stream) -> Counter[str]:
    """How many sightings there are of each sort of identifier, to see that a stream is lifelike."""
    return Counter(
        stream.names[sighting.tokens[0]].partition("/")[0] for _, sighting in stream.arrivals
    )
