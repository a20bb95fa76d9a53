"""How cases were done, from the events that stand: input of D6, of typologies and of hubs.

The rule: a case's codes are those of all its events together; what is unknown is no code. Its month
is that of its newest coded event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from processors.alerts.facts import CaseKey, CaseProfile, Month

CODED: Mapping[str, str] = {
    "acts": "ACT",
    "means_of_control": "MEANS",
    "legal_means": "LEGAL",
    "recruit_channel": "CHANNEL",
    "recruit_channels": "CHANNEL",
    "exploitation": "FORM",
    "route_modes": "ROUTE",
}
"""Fields of events that say how a case was done, and the list that their codes are of."""
UNKNOWN = "_U"


def month_of(period: str) -> Month:
    """``2026-05`` as a number; of a quarter the last month.

    Example:
        >>> month_of("2026-05") == month_of("2026-Q2") - 1 == 2026 * 12 + 4
        True
    """
    year, _, part = period.partition("-")
    number = 3 * int(part[1:]) if part.startswith("Q") else int(part or 12)
    return int(year) * 12 + number - 1


def profiles(subjects: Iterable[Sequence[Mapping[str, Any]]]) -> list[CaseProfile]:
    """One profile for each case of which anything coded stands.

    Args:
        subjects: For each subject of a ledger its events.
    """
    codes: dict[CaseKey, set[str]] = {}
    months: dict[CaseKey, Month] = {}
    for subject in subjects:
        for event in subject:
            if event["validation"] == "WITHDRAWN" or not (found := _codes(event)):
                continue
            case = CaseKey(event["country"], event["producer"], event["case_ref"])
            codes.setdefault(case, set()).update(found)
            months[case] = max(months.get(case, 0), month_of(event["period"]))
    return [CaseProfile(*case, months[case], frozenset(codes[case])) for case in sorted(codes)]


def _codes(event: Mapping[str, Any]) -> set[str]:
    return {
        f"{prefix}:{code}"
        for name, prefix in CODED.items()
        for code in _listed(event.get(name))
        if code != UNKNOWN
    }


def _listed(value: str | Sequence[str] | None) -> Sequence[str]:
    return [value] if isinstance(value, str) else value or ()
