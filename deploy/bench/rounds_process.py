"""Measured: a process that plans a round of alerts over invented sightings, twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from random import Random

from deploy.bench.children import Job, tell
from deploy.bench.rounds import RoundCost
from deploy.bench.tokens import NOW, Steps, invent
from deploy.processes import peak_resident
from processors.alerts.basis import Secrets
from processors.alerts.detect import process
from processors.alerts.disclose import Standing, disclose
from processors.alerts.facts import CaseProfile, Sighting
from processors.alerts.plan import Now, plan
from schemas.alerts import CHANNELS, Alert, Channel

MIB = 2**20
TODAY = date(NOW // 12, NOW % 12 + 1, 15)
CODES = {
    "ACT": ("RECR", "TRANSP", "HARB"),
    "MEANS": ("DOCS", "DEBT", "THREAT", "_U"),
    "CHANNEL": ("SOCIAL", "JOBAD", "_U"),
    "FORM": ("LAB_DOM", "SEX", "LAB_AGR"),
}
"""Codes of a case are drawn from these, so that most cases differ from most others."""


def main() -> None:
    """Invents, plans, plans again, tells."""
    job = Job.from_arguments()
    seen = list(invent(job.records, job.size))
    profiles = list(invent_profiles(seen))
    secrets = Secrets(bytes(32))
    steps = Steps(len(seen))
    found = process(seen, profiles, NOW)
    steps.done("detecting")
    oughts = disclose(found, seen, profiles, secrets)
    steps.done("disclosing")
    now = Now(oughts, Standing(seen, profiles, secrets), (), TODAY)
    out: dict[Channel, dict[str, Alert]] = {channel: {} for channel in CHANNELS}
    raised = plan(now, out, {}, secrets).alerts
    steps.done("planning, nothing out")
    for channel, alert in raised:
        out[channel][alert.id] = alert
    steps.done("noting")
    again = plan(now, out, {}, secrets).alerts
    steps.done("planning, all out")
    del steps.rates["noting"]
    calm = [rate for step, rate in steps.rates.items() if step != "planning, nothing out"]
    cost = RoundCost(
        sightings=len(seen),
        cases=len(profiles),
        alerts=len(raised),
        again=len(again),
        sightings_per_second=steps.rates,
        a_round=1 / sum(1 / rate for rate in calm),
        peak_mib=peak_resident() / MIB,
    )
    tell(asdict(cost))


def invent_profiles(seen: Iterable[Sighting]) -> Iterable[CaseProfile]:
    """How the cases of some sightings were done; the same sightings give the same."""
    months: dict[tuple[str, str, bytes], int] = {}
    for one in seen:
        key = (one.country, one.authority, one.case)
        months[key] = max(months.get(key, one.month), one.month)
    random = Random(1)  # noqa: S311
    for (country, authority, case), month in months.items():
        codes = frozenset(f"{kind}:{random.choice(values)}" for kind, values in CODES.items())
        yield CaseProfile(country, authority, case, month, codes)


if __name__ == "__main__":
    main()
