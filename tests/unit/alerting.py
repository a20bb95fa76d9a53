"""What tests of alerts share: a platform that plans on what it wrote, without Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from processors.alerts.basis import Secrets
from processors.alerts.detect import process
from processors.alerts.disclose import Standing, disclose
from processors.alerts.facts import CaseProfile, Finding, Month, Sighting
from processors.alerts.plan import Answer, Now, Plan, plan
from processors.alerts.surging import Rise
from schemas.alerts import ANALYSTS, CHANNELS, CONTACTS, Alert, Assessment, Channel
from tests.unit.detection import NOW

SECRETS = Secrets(b"a secret of tests, of 32 bytes..")


def day_of(month: Month, day: int = 15) -> date:
    return date(month // 12, month % 12 + 1, day)


TODAY = day_of(NOW)


@dataclass
class Platform:
    """One that tells what is found and remembers by what is out alone."""

    out: dict[Channel, dict[str, Alert]] = field(
        default_factory=lambda: {channel: {} for channel in CHANNELS}
    )
    heard: dict[Channel, dict[str, Answer]] = field(
        default_factory=lambda: {channel: {} for channel in CHANNELS}
    )

    def plan(
        self,
        seen: Sequence[Sighting],
        profiles: Sequence[CaseProfile] = (),
        *,
        month: Month = NOW,
        rises: Sequence[Rise] = (),
        findings: Iterable[Finding] | None = None,
    ) -> Plan:
        found = process(seen, profiles, month) if findings is None else findings
        oughts = disclose(found, seen, profiles, SECRETS)
        now = Now(oughts, Standing(seen, profiles, SECRETS), rises, day_of(month))
        return plan(now, self.out, self.heard, SECRETS)

    def tell(
        self,
        seen: Sequence[Sighting],
        profiles: Sequence[CaseProfile] = (),
        *,
        month: Month = NOW,
        rises: Sequence[Rise] = (),
    ) -> Plan:
        """Plans, and writes what is planned."""
        made = self.plan(seen, profiles, month=month, rises=rises)
        self.write(made)
        return made

    def write(self, made: Plan) -> None:
        for channel, alert in made.alerts:
            before = self.out[channel].get(alert.id)
            assert alert.revision == (before.revision + 1 if before else 1)
            self.out[channel][alert.id] = type(alert).model_validate_json(alert.dump())

    def answer(self, channel: Channel, alert: Alert, state: str, reason: str | None = None) -> None:
        """A reader answers the alert as it is out now."""
        assessment = Assessment.model_validate(
            {
                "alert": alert.id,
                "revision": self.out[channel][alert.id].revision,
                "state": state,
                "reason": reason,
                "role": channel.role,
            }
        )
        self.heard[channel][alert.id] = Answer(assessment, TODAY)

    def of(self, where: str) -> list[Alert]:
        """What is out for a country, or for analysts, in the order of ids."""
        channel = ANALYSTS if where == "analysts" else CONTACTS[where]
        return [self.out[channel][name] for name in sorted(self.out[channel])]

    def only(self, where: str, detector: str = "D1") -> Alert:
        """The one alert of a detector that is open."""
        (alert,) = [a for a in self.of(where) if a.evidence and a.evidence.detector == detector]
        return alert

    def states(self, where: str) -> list[str]:
        return sorted(alert.state for alert in self.of(where))
