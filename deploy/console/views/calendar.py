"""Releases: what is due and what is out, what the budget still holds, and one release whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from deploy.console.i18n import Tongue, noop
from deploy.console.store import Kept, Snapshot
from deploy.console.views import words
from deploy.exports.labels import REASONS, VINTAGE_LABELS
from deploy.exports.method import note
from processors.release.accountant import Accountant, epsilon
from processors.release.calendar import Item, items
from processors.release.check import OK, WRONG, check
from processors.release.tables import Tables
from schemas.errors import SouthmedError
from schemas.releases import Release, open_release
from schemas.trust import TrustDocument

AHEAD = timedelta(days=200)
State = Literal["published", "withdrawn", "due", "to come"]
STATES: Mapping[State, str] = {
    "published": noop("Published"),
    "withdrawn": noop("Withdrawn"),
    "due": noop("Due"),
    "to come": noop("To come"),
}


@dataclass(frozen=True)
class Due:
    """A line of the calendar."""

    due: date
    key: str
    title: str
    state: str
    name: str
    vintage: str
    period: str


@dataclass(frozen=True)
class Spent:
    """What the persons of a quarter cost so far.

    Attributes:
        quarter: When they were identified.
        regular: Of the budget, as a share of it.
        errata: Of the reserve, likewise.
        epsilon: What both together mean, in the usual measure.
    """

    quarter: str
    regular: float
    errata: float
    epsilon: str


@dataclass(frozen=True)
class Calendar:
    """The page of releases."""

    today: date
    lines: Sequence[Due]
    spent: Sequence[Spent]
    rho: str
    reserve: str
    delta: str
    refused: Sequence[tuple[int, str, str]]


def calendar(snapshot: Snapshot, tables: Tables, today: date, tongue: Tongue) -> Calendar:
    """What is due and out, the newest first; what comes next stands at the top."""
    budget = tables.budget
    account = Accountant.of(snapshot.releases(), budget)
    lines = [
        _due(item.due, item.key, snapshot, tables, today, tongue)
        for item in shown(snapshot, tables, today)
    ]
    return Calendar(
        today,
        lines,
        [_spent(account, quarter) for quarter in reversed(account.quarters())],
        str(budget.rho),
        str(budget.reserve),
        f"{float(budget.delta):g}",
        [(one.offset, one.key, one.error.code) for one in snapshot.refused],
    )


_SEEN = timedelta(days=400)
"""What was due longer ago and never came out is history, not news."""


def shown(snapshot: Snapshot, tables: Tables, today: date) -> list[Item]:
    """What the calendar tells of, what comes last first."""
    return [
        item
        for item in reversed(items(tables, today + AHEAD))
        if item.due > today - _SEEN or item.key in snapshot
    ]


def state(day: date, key: str, snapshot: Snapshot, today: date) -> State:
    """How a release stands that is due on a day."""
    if key in snapshot:
        return "withdrawn" if snapshot[key].release.withdrawn else "published"
    return "to come" if day > today else "due"


def _due(
    day: date, key: str, snapshot: Snapshot, tables: Tables, today: date, tongue: Tongue
) -> Due:
    table, period, vintage = key.split("|")
    stands = state(day, key, snapshot, today)
    name = tables.tables[table].title.model_dump()[tongue.language]
    kind = VINTAGE_LABELS[vintage][tongue.language]
    return Due(day, key, name, stands, tongue.gettext(STATES[stands]), kind, tongue.period(period))


def _spent(account: Accountant, quarter: str) -> Spent:
    spent, budget = account.spent(quarter), account.budget
    told = epsilon(float(spent.total), float(budget.delta))
    return Spent(
        quarter,
        _share(spent.regular, budget.rho),
        _share(spent.errata, budget.reserve),
        f"{told:.2f}",
    )


def _share(part: Fraction, whole: Fraction) -> float:
    return float(part / whole) if whole else 0.0


# --- One release ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing that was verified.

    Attributes:
        name: What.
        says: What it came to, for people.
        verdict: ``ok``, ``wrong`` or ``not checked``.
        shown: What was compared.
    """

    name: str
    says: str
    verdict: str
    shown: Sequence[str]


@dataclass(frozen=True)
class Whole:
    """The page of one release."""

    release: Release
    title: str
    vintage: str
    period: str
    reason: str
    note: Sequence[str]
    steps: Sequence[Step]


def whole(
    kept: Kept,
    tongue: Tongue,
    steps: Sequence[Step] = (),
) -> Whole:
    """One release with its statement, and what verifying it came to."""
    release = kept.release
    withdrawn = release.withdrawn
    return Whole(
        release,
        words.title(release, tongue),
        words.vintage(release, tongue),
        tongue.period(release.period),
        REASONS[withdrawn.reason][tongue.language] if withdrawn else "",
        note(release, tongue.language),
        steps,
    )


def verify(
    kept: Kept, snapshot: Snapshot, tables: Tables, trust: TrustDocument, tongue: Tongue
) -> list[Step]:
    """Verifies a release anew, from the bytes that travelled.

    Args:
        kept: The release and its message.
        snapshot: All that is known, for the budget.
        tables: The file of tables at hand.
        trust: The trust document at hand.
        tongue: Language of the words.
    """
    message, release = kept.message, kept.release
    refusal: SouthmedError | None = None
    try:
        release = open_release(message.key, message.value or b"", message.headers, trust)
    except SouthmedError as error:
        refusal = error
    verdict = check(release, tables)
    over = Accountant.of(snapshot.releases(), tables.budget).overspent()
    others = [one for one in snapshot.refused if one.key == release.key]
    say = tongue.gettext
    keys = [value.partition(b":")[0].decode("ascii", "replace") for _, value in message.headers]
    return [
        Step(
            say("Signature and schema"),
            say("The platform's key signed exactly these bytes, and they are a whole release."),
            WRONG if refusal else OK,
            [
                say("%(num)s bytes", num=tongue.number(len(message.value or b""))),
                *keys,
                *([refusal.code] if refusal else []),
            ],
        ),
        Step(
            say("Digest"),
            say("The rows are those that the statement speaks of."),
            WRONG if refusal else OK,
            [release.statement.output],
        ),
        Step(
            say("Cells"),
            say("Every cell is there, and the values for reading follow from the measurements."),
            verdict.cells,
            [say("%(num)s rows", num=tongue.number(len(release.observations)))],
        ),
        Step(
            say("Cost"),
            say("It cost what the signed file of tables says."),
            verdict.budget,
            [f"rho {release.statement.rho:g}", release.statement.parameters],
        ),
        Step(
            say("Ledger"),
            say("Nobody ever published other numbers under the same name."),
            WRONG if others else OK,
            [one.error.code for one in others],
        ),
        Step(
            say("Budget"),
            say("Nobody who is counted in any release costs more than the budget."),
            WRONG if over else OK,
            over,
        ),
    ]


Verify = Callable[[Kept], list[Step]]
