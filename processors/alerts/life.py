"""The life of an alert: which state may follow which, by whose hand.

The rules:

1. Readers see, assess, dismiss and confirm, and may change their mind among the last three. What
   was seen cannot become unseen, and a closed alert is not answered any more.
2. The platform raises, and closes: it **merges** an alert into the older one when what they are
   about has grown together, **retracts** it when the evidence is withdrawn or no longer found by
   the rules, and lets it **expire** when the evidence is too old.
3. A dismissed alert is raised again only by markedly more evidence than it was dismissed on: cases
   of a country more, twice as many cases, another kind of identifier, or a component or chain that
   grew by a level (`markedly_more`). Anything less stays dismissed, in silence.
4. A retracted or expired alert whose evidence stands again is raised again under the same id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from processors.alerts.basis import Strength
from schemas.alerts import CLOSED, MOST_STEPS, Actor, Alert, Assessment, State, Step

_READERS: frozenset[Actor] = frozenset({"CONTACT", "ANALYST"})
_PLATFORM: frozenset[Actor] = frozenset({"PLATFORM"})
_JUDGED: tuple[State, ...] = ("ASSESSED", "DISMISSED", "CONFIRMED")

MAY_FOLLOW: Mapping[State, Mapping[State, frozenset[Actor]]] = {
    "NEW": {
        "SEEN": _READERS,
        **dict.fromkeys(_JUDGED, _READERS),
        **dict.fromkeys(sorted(CLOSED), _PLATFORM),
    },
    "SEEN": {**dict.fromkeys(_JUDGED, _READERS), **dict.fromkeys(sorted(CLOSED), _PLATFORM)},
    "ASSESSED": {**dict.fromkeys(_JUDGED, _READERS), **dict.fromkeys(sorted(CLOSED), _PLATFORM)},
    "DISMISSED": {
        **dict.fromkeys(_JUDGED, _READERS),
        **dict.fromkeys(sorted(CLOSED), _PLATFORM),
        "NEW": _PLATFORM,
    },
    "CONFIRMED": {**dict.fromkeys(_JUDGED, _READERS), **dict.fromkeys(sorted(CLOSED), _PLATFORM)},
    "MERGED": {},
    "RETRACTED": {"NEW": _PLATFORM},
    "EXPIRED": {"NEW": _PLATFORM},
}
"""For each state those that may follow, and by whom. A judgement may be given another reason."""


def may_follow(before: State, after: State, by: Actor) -> bool:
    """Whether somebody may bring an alert from one state to another."""
    return by in MAY_FOLLOW[before].get(after, frozenset())


def markedly_more(then: Strength, now: Strength) -> bool:
    """Whether there is enough more to raise what was dismissed."""
    return (
        now.countries > then.countries
        or now.cases >= 2 * then.cases
        or now.types > then.types
        or now.level > then.level
    )


def answers(alert: Alert, assessment: Assessment) -> bool:
    """Whether an assessment changes an alert: it may, it is of this raising, and it is news."""
    last = alert.history[-1]
    news = (assessment.state, assessment.reason) != (last.state, last.reason)
    of_this_raising = (
        alert.state not in CLOSED and alert.raised.revision <= assessment.revision <= alert.revision
    )
    return news and of_this_raising and may_follow(alert.state, assessment.state, assessment.role)


@dataclass
class Draft:
    """An alert that is being changed: all changes of one plan come to one revision.

    Attributes:
        before: What is out; None for one that was never raised.
        fields: Fields of the alert, without its life.
        history: Its steps so far.
    """

    before: Alert | None
    fields: dict[str, Any]
    history: list[Step]
    into: str | None = None

    @classmethod
    def of(cls, alert: Alert) -> Draft:
        """The draft of an alert that is out."""
        mine = {name: getattr(alert, name) for name in type(alert).model_fields}
        for name in ("revision", "state", "into", "history", "format"):
            del mine[name]
        return cls(alert, mine, list(alert.history), alert.into)

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def state(self) -> State | None:
        return self.history[-1].state if self.history else None

    @property
    def revision(self) -> int:
        """The revision that this would be."""
        return 1 if self.before is None else self.before.revision + 1

    def step(self, state: State, by: Actor, reason: str | None, on: date) -> None:
        """Takes a step.

        Raises:
            ValueError: It may not follow; a fault of the caller.
        """
        if self.state is not None and not may_follow(self.state, state, by):
            raise ValueError(f"{state} may not follow {self.state}")
        taken = Step(state=state, on=on, by=by, reason=reason, revision=self.revision)
        self.history = [*self.history[:1], *self.history[1:][2 - MOST_STEPS :], taken]

    def finished(self, model: type[Alert]) -> Alert | None:
        """The new revision, or None if nothing has changed."""
        made = model(
            **self.fields,
            revision=self.revision,
            state=self.history[-1].state,
            history=self.history,
            into=self.into,
        )
        if self.before is None:
            return made
        same = made.model_copy(update={"revision": self.before.revision}) == self.before
        return None if same else made
