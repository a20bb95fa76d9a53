"""From what the ledgers hold of an authority to the message that is published of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import date, timedelta
from typing import cast, get_args

from processors.indicators.query import median_band
from processors.quality.facts import ANYTHING, Facts, of_measure
from schemas.anonymity import TOP
from schemas.quality import (
    ENOUGH,
    LEAST,
    WINDOWS,
    Batches,
    Chains,
    Crowd,
    Days,
    Expected,
    Gate,
    Quality,
    ShareBand,
    Window,
    monday,
)
from schemas.trust import Authority

_BATCHES = (1, 10, 100)
_CROWD = (10 * LEAST,)
_SHARES = (5, 20, 50)
"""Where each band but the first begins; the bands themselves are those of the message."""


def judge(
    authority: Authority, facts: Facts, expected: Expected, today: date, *, adds_up: bool
) -> Quality:
    """The message of an authority.

    Args:
        authority: Who it is, and what it agreed.
        facts: What the ledgers hold of it, counted of the quarters that `ended_quarters` gives.
        expected: What is expected of it.
        today: The day to go by; an argument, not a clock.
        adds_up: Whether the cells of its country add up.
    """
    return Quality(
        authority=authority.id,
        country=authority.country,
        looked=monday(today),
        expected=expected,
        last_accepted=_last(facts, today),
        clock_ahead=_is_ahead(facts, today),
        windows=[_window(facts, today, days) for days in WINDOWS],
        chains=_chains(authority, facts),
        gate=_gate(authority, facts),
        quarters=ended_quarters(today),
        lag=_lag(facts),
        unknown=_unknown(facts),
        impossible=_crowds(of_measure(facts.subjects, "DQ_SEQ")),
        adds_up=adds_up,
    )


def ended_quarters(today: date) -> list[str]:
    """The last four quarters that have ended, the oldest first.

    Example:
        >>> ended_quarters(date(2026, 3, 31))
        ['2025-Q1', '2025-Q2', '2025-Q3', '2025-Q4']
    """
    present = today.year * 4 + (today.month - 1) // 3
    return [f"{number // 4}-Q{number % 4 + 1}" for number in range(present - 4, present)]


# --- Batches -------------------------------------------------------------------------------------


def _last(facts: Facts, today: date) -> date | None:
    """The week of the newest accepted batch; one from the future came today at the latest."""
    newest = max(facts.last.values(), default=None)
    return None if newest is None else monday(min(date.fromisoformat(newest), today))


def _is_ahead(facts: Facts, today: date) -> bool:
    """Whether a stream's newest batch is from a later day than it can be anywhere on earth."""
    tomorrow = (today + timedelta(days=1)).isoformat()
    return any(day > tomorrow for day in facts.last.values())


def _window(facts: Facts, today: date, days: Days) -> Window:
    after = (today - timedelta(days=days)).isoformat()
    batches = [batch for batch in facts.batches if batch.day > after]
    events: Counter[str] = Counter()
    for batch in batches:
        events += batch.refused
    refused = Counter(batch.code for batch in batches if batch.code)
    return Window(
        days=days,
        accepted=_batches(sum(1 for batch in batches if not batch.code)),
        refused={code: _batches(refused[code]) for code in sorted(refused)},
        events_refused=_crowds(events),
    )


def _chains(authority: Authority, facts: Facts) -> Chains:
    heads = sorted(facts.heads.items())
    return Chains(
        suspended=[stream for stream, head in heads if head.suspended],
        gaps=sorted(facts.gaps),
        waiting=[stream for stream, head in heads if head.epoch < authority.epoch_of(stream)],
    )


def _gate(authority: Authority, facts: Facts) -> Gate:
    """By what is attested alone: the platform's own count moves with every person."""
    agreed, attested = authority.anonymity, facts.attested.values()
    if agreed is None:
        return "NOT_AGREED"
    if not attested:
        return "NOTHING_YET"
    # At the top nothing is told of anyone: below that nothing can be hidden, however few they are.
    telling = [kept.attested for kept in attested if kept.attested.node != TOP]
    if any(told.k < agreed.k or told.l < agreed.l for told in telling):
        return "BELOW_AGREED"
    return "TAKEN_BACK" if any(kept.finer for kept in attested) else "HOLDS"


# --- What follows from persons -------------------------------------------------------------------


def _lag(facts: Facts) -> str | None:
    if facts.subjects["DQ_LATE", ANYTHING] < ENOUGH:
        return None
    return median_band(of_measure(facts.events, "DQ_LATE"))


def _unknown(facts: Facts) -> dict[str, ShareBand]:
    unknown = of_measure(facts.events, "DQ_UNK_NUM")
    return {
        name: _share(100 * unknown[name] / number)
        for name, number in sorted(of_measure(facts.events, "DQ_UNK_DEN").items())
        if facts.subjects["DQ_UNK_DEN", name] >= ENOUGH
    }


# --- Bands ---------------------------------------------------------------------------------------


def _batches(number: int) -> Batches:
    return cast("Batches", get_args(Batches)[bisect_right(_BATCHES, number)])


def _share(per_cent: float) -> ShareBand:
    return cast("ShareBand", get_args(ShareBand)[bisect_right(_SHARES, per_cent)])


def _crowds(numbers: Counter[str]) -> dict[str, Crowd]:
    """Numbers by code; what is fewer than may be told is left out."""
    return {
        code: cast("Crowd", get_args(Crowd)[bisect_right(_CROWD, number)])
        for code, number in sorted(numbers.items())
        if number >= LEAST
    }
