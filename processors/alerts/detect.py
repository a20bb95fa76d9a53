"""All detectors on tokens, one after the other: `process`.

The rules:

1. The result is a function of what stands, of the month, of the stop list and of the seed; in which
   order things came is nothing to it. So what is withdrawn is as if it had never been there.
2. Hubs are taken out first, and told of. What is only suspected to be one goes on alerting, marked.
3. D1 looks at every sighting; D2 and D5, which analysts are told of, at backed cases alone.
4. Nothing older than the look-back is looked at, and nothing that is dated ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from processors.alerts.chains import find_chains
from processors.alerts.chance import seed_of
from processors.alerts.facts import CaseProfile, Finding, Month, Profiles, Sighting, is_recent
from processors.alerts.growth import find_growth
from processors.alerts.hubs import NO_STOPS, Hub, Stops, candidates, part
from processors.alerts.identify import identifiers
from processors.alerts.means import find_means
from processors.alerts.shared import find_shared
from processors.alerts.typology import named_hubs, with_typologies


@dataclass(frozen=True, slots=True)
class Findings:
    """What the detectors on tokens found.

    Attributes:
        shared: D1.
        growth: D2.
        chains: D5.
        leads: D6; leads, no alerts.
        hubs: What was blocked or is suspected to be a shared line, for the operator.
    """

    shared: tuple[Finding, ...] = ()
    growth: tuple[Finding, ...] = ()
    chains: tuple[Finding, ...] = ()
    leads: tuple[Finding, ...] = ()
    hubs: tuple[Hub, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        """All findings, without the hubs."""
        return iter((*self.shared, *self.growth, *self.chains, *self.leads))


def process(
    sightings: Iterable[Sighting],
    profiles: Iterable[CaseProfile],
    now: Month,
    stops: Stops = NO_STOPS,
    seed: bytes | None = None,
) -> Findings:
    """Runs every detector on tokens.

    Args:
        sightings: What stands, one for each fact.
        profiles: How cases were done, one for each case.
        now: The present month.
        stops: The stop list.
        seed: Seed of the shuffles; that of the facts if not given.
    """
    recent = [s for s in sightings if is_recent(s.month, now)]
    listed = list(profiles)
    by_case = {p.holder: p for p in listed}
    seed = seed_of((s.fact for s in recent), now) if seed is None else seed
    free, blocked = part(identifiers(recent), stops)
    suspected = candidates(free, by_case, seed)
    doubtful = {token for hub in suspected for token in hub.tokens}
    finish = partial(_finish, sightings=recent, profiles=by_case, doubtful=doubtful)
    return Findings(
        shared=finish(find_shared(free)),
        growth=finish(find_growth(free, now, seed)),
        chains=finish(find_chains(free, seed)),
        leads=finish(find_means(listed, now)),
        hubs=tuple(named_hubs([*blocked, *suspected])),
    )


def _finish(
    findings: Iterable[Finding],
    *,
    sightings: Iterable[Sighting],
    profiles: Profiles,
    doubtful: set[bytes],
) -> tuple[Finding, ...]:
    """Findings with what they resemble and whether they are doubtful, in a fixed order."""
    named = with_typologies(findings, sightings, profiles)
    marked = (replace(f, doubtful=not doubtful.isdisjoint(f.tokens)) for f in named)
    return tuple(sorted(marked, key=lambda f: (f.tokens, f.cases)))
