"""What can be said of how data come in: what each means, what to do about it, whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from deploy.console.i18n import noop


class Level(StrEnum):
    """How bad something is; its sign stands beside it, for no colour may carry a meaning alone."""

    WELL = "well"
    LOOK = "look"
    WRONG = "wrong"
    UNTOLD = "untold"


SIGNS: Mapping[Level, str] = {
    Level.WELL: "✓",
    Level.LOOK: "!",
    Level.WRONG: "✕",
    Level.UNTOLD: "·",
}
SEVERITY = (Level.WRONG, Level.LOOK, Level.UNTOLD, Level.WELL)

AUTHORITY = noop("the authority, by its country's contact point")
OPERATOR = noop("the platform's operator")


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble.

    Attributes:
        level: How bad it is.
        title: What it is.
        means: What it means for who reads tables.
        todo: What to do about it.
        ask: Whom to ask.
    """

    level: Level
    title: str
    means: str
    todo: str
    ask: str


WRONG, LOOK = Level.WRONG, Level.LOOK
TROUBLES: Mapping[str, Trouble] = {
    "NEVER": Trouble(
        WRONG,
        noop("Nothing was ever accepted"),
        noop("No table counts anything of this authority. That is no zero."),
        noop("Ask whether its adapter runs. An authority that joins is shown here from the start."),
        AUTHORITY,
    ),
    "SILENT": Trouble(
        WRONG,
        noop("Silent"),
        noop("Nothing has come for so long that its newest periods count too little."),
        noop("Do not compare its newest periods. Ask whether its adapter runs."),
        AUTHORITY,
    ),
    "LATE": Trouble(
        LOOK,
        noop("Late"),
        noop("Nothing has come for longer than is expected of it."),
        noop("Ask whether its adapter runs with --follow: then even a quiet month is not silent."),
        AUTHORITY,
    ),
    "CLOCK": Trouble(
        LOOK,
        noop("Its clock is ahead"),
        noop("Its batches claim days that are yet to come; how long it is silent cannot be told."),
        noop("Have the clock of the adapter's machine set, and look again after its next batch."),
        AUTHORITY,
    ),
    "SUSPENDED": Trouble(
        WRONG,
        noop("A stream is suspended"),
        noop("Two histories were signed with its key. Nothing of the stream is counted any more."),
        noop("Find out who signed the second one; then announce a new epoch."),
        OPERATOR,
    ),
    "GAP": Trouble(
        WRONG,
        noop("A batch is missing"),
        noop("What came after it is not counted until it comes again."),
        noop("The adapter sends it again by itself; if this stays, see `southmed adapter status`."),
        AUTHORITY,
    ),
    "WAITING": Trouble(
        LOOK,
        noop("A new epoch waits"),
        noop("It was announced and has not begun: the stream stands still."),
        noop("Have the adapter begin the epoch that the trust document announces."),
        AUTHORITY,
    ),
    "REFUSED": Trouble(
        LOOK,
        noop("Batches were refused"),
        noop("They count nowhere. The authority was told the code in its receipts."),
        noop("Look the code up in docs/errors.md and do what it advises."),
        AUTHORITY,
    ),
    "EVENTS": Trouble(
        LOOK,
        noop("Events were refused"),
        noop("Batches came in, and events in them count nowhere until they are told rightly."),
        noop("Have the adapter's declaration checked with `southmed adapter lint` and `check`."),
        AUTHORITY,
    ),
    "BELOW_AGREED": Trouble(
        WRONG,
        noop("Less anonymity than agreed"),
        noop("It attests less for a quarter than it agreed. Nothing of it may be passed on."),
        noop("See `southmed intake anonymity`, and tell the authority before its next batch."),
        OPERATOR,
    ),
    "TAKEN_BACK": Trouble(
        WRONG,
        noop("Told finer than before"),
        noop("A quarter was told finer than it was once attested: what was hidden may be seen."),
        noop("See `southmed intake anonymity`. Ask why its gate forgot what it attested."),
        OPERATOR,
    ),
    "SLOW": Trouble(
        LOOK,
        noop("Facts come late"),
        noop("Half of them take longer than a quarter. They count in the first month still open."),
        noop("Read trends with care: a rise may be a register that caught up."),
        AUTHORITY,
    ),
    "UNKNOWN": Trouble(
        LOOK,
        noop("Much is unknown"),
        noop("A fifth or more of the values of a dimension are unknown or hidden."),
        noop("Do not compare shares along it. Ask whether the register asks for it."),
        AUTHORITY,
    ),
    "IMPOSSIBLE": Trouble(
        LOOK,
        noop("Told as it cannot have been"),
        noop("Events of one person do not fit together. They count as they are told."),
        noop("Only the authority knows which is wrong. It corrects or withdraws one of them."),
        AUTHORITY,
    ),
    "CELLS": Trouble(
        WRONG,
        noop("Cells do not add up"),
        noop("A ledger of the platform is damaged or a rule is wrong; it is not the authority."),
        noop("Run `southmed verify` and fold the log again before the next release."),
        OPERATOR,
    ),
    "STALE": Trouble(
        LOOK,
        noop("Not looked at lately"),
        noop("What stands here is older than two weeks."),
        noop("Does the timer run `southmed quality run`?"),
        OPERATOR,
    ),
}
ORDER = tuple(TROUBLES)

DIMENSIONS: Mapping[str, str] = {
    "MONTH": noop("Month"),
    "SEX": noop("Sex"),
    "AGE": noop("Age"),
    "CITIZ": noop("Citizenship"),
    "EXPLOITATION": noop("Form of exploitation"),
    "REGION": noop("Region of the country"),
    "GEOGRAPHY": noop("Within a country or across borders"),
    "ORIGIN": noop("Country of recruitment"),
    "DEST": noop("Country of exploitation"),
    "TRANSIT": noop("Countries of transit"),
    "RECRUIT_CHANNEL": noop("Way of recruitment"),
    "RECRUITER": noop("Relation to the recruiter"),
    "MEANS": noop("Means of control"),
    "ISIC": noop("Branch of the economy"),
    "REPORTER": noop("Who reported"),
    "CHANNEL": noop("Way of reporting"),
    "DUR_BAND": noop("Time between steps"),
    "SENTENCE": noop("Sentence"),
}
"""Dimensions whose unknown values are watched; one that a newer platform adds has its code."""

FINDINGS: Mapping[str, str] = {
    "WITHOUT": noop("a step without the one that it needs"),
    "BEFORE": noop("a step before the one that it follows"),
    "DIFFERS": noop("two descriptions of one person that differ"),
}
"""Kinds of findings, by the word that stands in their code."""

LAGS: Mapping[str, str] = {
    "D0T7": "0–7",
    "D8T30": "8–30",
    "D31T90": "31–90",
    "D91T180": "91–180",
    "D181T365": "181–365",
    "D_GT365": "> 365",
}
"""Bands of days, which are written alike in all languages."""
SLOW = frozenset({"D91T180", "D181T365", "D_GT365"})
MUCH = frozenset({"20-49", "50-100"})

GATES: Mapping[str, str] = {
    "NOT_AGREED": noop("Nothing agreed on anonymity"),
    "NOTHING_YET": noop("Agreed, and nothing attested yet"),
    "HOLDS": noop("Attested as agreed"),
    "BELOW_AGREED": noop("Attested below what is agreed"),
    "TAKEN_BACK": noop("Told finer than once attested"),
}
