"""Measured: a process that runs every detector on tokens over invented sightings."""

from __future__ import annotations

from dataclasses import asdict

from deploy.bench.children import Job, tell
from deploy.bench.tokens import NOW, Steps, TokensCost, invent
from deploy.processes import peak_resident, resident
from processors.alerts.chains import find_chains
from processors.alerts.chance import seed_of
from processors.alerts.growth import find_growth
from processors.alerts.hubs import NO_STOPS, Stop, candidates, part
from processors.alerts.identify import identifiers
from processors.alerts.shared import find_shared
from processors.alerts.streaming import Growth

MIB = 2**20


def main() -> None:
    """Invents, detects, tells."""
    job = Job.from_arguments()
    seen = list(invent(job.records, job.size))
    held = resident("self")
    steps = Steps(len(seen))
    seed = seed_of((sighting.fact for sighting in seen), NOW)
    steps.done("seed")
    free, blocked = part(identifiers(seen), NO_STOPS)
    steps.done("identify, hubs")
    suspected = candidates(free, {}, seed)
    steps.done("hub candidates")
    shared = find_shared(free)
    steps.done("D1")
    growth = find_growth(free, NOW, seed)
    steps.done("D2")
    chains = find_chains(free, seed)
    steps.done("D5")
    peak = peak_resident()
    # What is blocked by now would be on the list; a hub found on the way costs a rebuild.
    listed = {token: Stop("tn.inltp", "HOTLINE", NOW) for hub in blocked for token in hub.tokens}
    steps.done("list")
    kept = Growth(NOW, listed)
    news = [size for sighting in seen if (size := kept.add(sighting))]
    steps.done("D2, one by one")
    found = {
        "hubs": len(blocked) + len(suspected),
        "D1": len(shared),
        "D2": len(growth),
        "D5": len(chains),
        "D2, one by one": len(news),
    }
    del steps.rates["list"]
    cost = TokensCost(len(seen), job.size, steps.rates, peak / MIB, held / MIB, found)
    tell(asdict(cost))


if __name__ == "__main__":
    main()
