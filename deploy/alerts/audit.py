"""What the operator looks at: who is told of hits that nothing backs, and how readers judge.

Against poisoning with guessed identifiers (T7, `processors.alerts.plan`): a country whose hits are
never backed, or mostly dismissed by others, is one to ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from processors.alerts.plan import Held, Out
from schemas.alerts import ANALYSTS, CLOSED, CONTACTS, Channel, ContactAlert


@dataclass(frozen=True)
class Audited:
    """One audience.

    Attributes:
        audience: Country of a contact point, or ``analysts``.
        told: Alerts that were ever raised.
        open: Those that are not closed.
        unbacked: Of the open ones, how many nothing backs on this country's side.
        never_backed: Closed without ever having been backed.
        dismissed: Dismissed by this reader, at present or before it was closed.
        confirmed: Confirmed likewise.
        held: Hits that are not told, because this country's unbacked ones are too many.
    """

    audience: str
    told: int
    open: int
    unbacked: int
    never_backed: int
    dismissed: int
    confirmed: int
    held: int

    @property
    def dismissed_share(self) -> float | None:
        """Of what was judged, how much was dismissed; None if nothing was."""
        judged = self.dismissed + self.confirmed
        return self.dismissed / judged if judged else None


def audit(out: Out, held: Sequence[Held]) -> list[Audited]:
    """One line for each audience.

    Args:
        out: What is out.
        held: What a plan of now holds.
    """
    by_country = Counter(hit.country for hit in held)
    lines = [_line(country, c, out, by_country[country]) for country, c in CONTACTS.items()]
    return [*lines, _line("analysts", ANALYSTS, out, 0)]


def _line(audience: str, channel: Channel, out: Out, held: int) -> Audited:
    alerts = list(out.get(channel, {}).values())
    bare = [alert for alert in alerts if isinstance(alert, ContactAlert) and not alert.backed]
    judged = Counter(
        next(
            (s.state for s in reversed(alert.history) if s.state in ("DISMISSED", "CONFIRMED")), ""
        )
        for alert in alerts
    )
    return Audited(
        audience=audience,
        told=len(alerts),
        open=sum(alert.state not in CLOSED for alert in alerts),
        unbacked=sum(alert.state not in CLOSED for alert in bare),
        never_backed=sum(alert.state in CLOSED for alert in bare),
        dismissed=judged["DISMISSED"],
        confirmed=judged["CONFIRMED"],
        held=held,
    )
