"""What has to be written so that every audience is told what it ought to be told, and no more.

The rules:

1. An alert that is out goes on for as long as anything that it rests on is part of what is found
   now by the same detector. Of a finding that falls apart it goes on with the larger part.
2. Where two alerts turn out to be about one thing, one goes on (first the one that readers thought
   most of, then the older) and the others are merged into it.
3. What is found and told by no alert raises one. What an alert told of and is found no more closes
   it: **retracted** if something it rested on is gone before its time or the rules no longer find
   it, **expired** if it has only become too old.
4. Readers' answers are heard first (`processors.alerts.life`).
5. Poisoning with guessed identifiers (T7): a country of whose cases nothing else is known, an
   **unbacked** one, is told of at most `OPEN_UNBACKED` hits. Each takes its place for as long as it
   is out, and for a year at least: not by withdrawing, dismissing or confirming does it come free,
   only by an event that backs the case. Raised again within that year it takes no second one. Any
   more are held, for all countries concerned, and shown to the operator.
6. The order of what is found is nothing to the plan, and planning again on what was written writes
   nothing: that is what keeps alerts single through crashes and replays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

from processors.alerts.basis import Anchor, Basis, Secrets
from processors.alerts.disclose import LOOKS_BACK, Ought
from processors.alerts.facts import Month, is_recent
from processors.alerts.life import Draft, answers, markedly_more
from processors.alerts.surging import Rise, lasting
from schemas.alerts import (
    ANALYSTS,
    CLOSED,
    CONTACTS,
    EVERYBODY,
    Alert,
    Assessment,
    Channel,
    State,
)

OPEN_UNBACKED = 3
HELD_FOR = timedelta(days=365)
"""How long an unbacked hit takes its place at least."""
_THOUGHT_OF: tuple[State, ...] = ("CONFIRMED", "ASSESSED", "SEEN", "NEW", "DISMISSED")
"""Which of two alerts goes on."""

Out = Mapping[Channel, Mapping[str, Alert]]
"""What is out, by channel and id."""
Stand = Callable[[Channel, str], frozenset[bytes]]
"""The anchors of everything that stands, for an audience and a detector."""


class Answer(NamedTuple):
    """An assessment, and the broker's day on which it came."""

    assessment: Assessment
    on: date


Answers = Mapping[Channel, Mapping[str, Answer]]


class Held(NamedTuple):
    """A hit that is not told."""

    country: str
    """Whose unbacked hits are too many."""
    detector: str
    matter: str


@dataclass(frozen=True)
class Plan:
    """What to write, and what is held."""

    alerts: tuple[tuple[Channel, Alert], ...]
    held: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Now:
    """What a plan goes by.

    Attributes:
        oughts: What ought to be told of what was found.
        stand: What stands, found or not.
        rises: Surges that were found.
        today: The day.
    """

    oughts: Sequence[Ought]
    stand: Stand
    rises: Sequence[Rise]
    today: date

    @property
    def month(self) -> Month:
        return self.today.year * 12 + self.today.month - 1


def plan(now: Now, out: Out, heard: Answers, secrets: Secrets) -> Plan:
    """What has to be written.

    Args:
        now: What was found, and when.
        out: What is out.
        heard: The newest answer to each alert.
        secrets: The secret behind ids and bases.
    """
    books = {
        channel: _Book(channel, out.get(channel, {}), now, secrets)
        for channel in (*CONTACTS.values(), ANALYSTS)
    }
    fresh: list[Ought] = []
    for channel, book in books.items():
        book.hear(heard.get(channel, {}))
        fresh += book.match([ought for ought in now.oughts if ought.channel == channel])
    held, kept = _hold(fresh, books)
    for ought in fresh:
        if ought.matter not in kept:
            books[ought.channel].begin(ought)
    written = [(c, alert) for c, book in books.items() for alert in book.finished()]
    surges = _surges(now, out.get(EVERYBODY, {}))
    return Plan((*written, *((EVERYBODY, alert) for alert in surges)), tuple(sorted(held)))


class _Book:
    """The alerts of one audience, while a plan is made."""

    def __init__(
        self, channel: Channel, out: Mapping[str, Alert], now: Now, secrets: Secrets
    ) -> None:
        self.channel = channel
        self.drafts = {name: Draft.of(out[name]) for name in sorted(out)}
        self._now = now
        self._secrets = secrets
        self._bases = {
            name: secrets.open(name, draft.fields["basis"])
            for name, draft in self.drafts.items()
            if draft.state not in CLOSED
        }
        self._found: set[str] = set()
        self._just_dismissed: set[str] = set()
        self.told: set[bytes] = set()
        """Matters that an alert tells of."""

    def hear(self, heard: Mapping[str, Answer]) -> None:
        """Takes readers' steps."""
        for name, (assessment, on) in sorted(heard.items()):
            draft = self.drafts.get(name)
            if draft is None or draft.before is None or not answers(draft.before, assessment):
                continue
            draft.step(assessment.state, assessment.role, assessment.reason, on)
            if assessment.state == "DISMISSED":
                self._just_dismissed.add(name)

    def match(self, oughts: Sequence[Ought]) -> list[Ought]:
        """Lets alerts go on with what is found; returns what no alert tells of yet."""
        owners: dict[tuple[str, bytes], int] = {}
        for place, ought in enumerate(oughts):
            for digest in sorted(ought.anchors):
                owners.setdefault((ought.detector, digest), place)
        groups: dict[int, list[str]] = {}
        for name, basis in self._bases.items():
            detector = self.drafts[name].fields["about"].detector
            places = Counter(
                owners[(detector, digest)]
                for digest in basis.digests
                if (detector, digest) in owners
            )
            if places:
                most = min(places, key=lambda p: (-places[p], oughts[p].matter))
                groups.setdefault(most, []).append(name)
        for place, names in sorted(groups.items()):
            self._go_on(oughts[place], names)
        return [ought for place, ought in enumerate(oughts) if place not in groups]

    def _go_on(self, ought: Ought, names: Sequence[str]) -> None:
        first, *others = sorted(names, key=self._goes_first)
        self._update(self.drafts[first], ought)
        self.told.add(ought.matter)
        for name in others:
            self.drafts[name].into = first
            self._close(self.drafts[name], "MERGED", "SWALLOWED")
        self._found.update(names)

    def _goes_first(self, name: str) -> tuple[int, date, str]:
        draft = self.drafts[name]
        assert draft.state is not None  # noqa: S101 - it is out
        return _THOUGHT_OF.index(draft.state), draft.history[0].on, name

    def _update(self, draft: Draft, ought: Ought) -> None:
        basis, new = self._bases[draft.id], ought.basis
        seen_same = all(draft.fields[name] == value for name, value in ought.fields.items())
        draft.fields.update(ought.fields)
        if draft.state == "DISMISSED" and not (seen_same and draft.id in self._just_dismissed):
            if markedly_more(basis.strength, new.strength):
                draft.step("NEW", "PLATFORM", "NEW_EVIDENCE", self._now.today)
            else:
                new = Basis(basis.strength, new.anchors)
        worn = 2 * len(basis.digests & ought.anchors) < len(basis.anchors)
        if not seen_same or worn or draft.history != _history(draft):
            draft.fields["basis"] = self._secrets.seal(draft.id, new)

    def begin(self, ought: Ought) -> None:
        """Raises an alert, under an id that no other one has."""
        name = self._id_for(ought)
        draft = self.drafts.get(name)
        reason = "FOUND" if draft is None else "FOUND_AGAIN"
        draft = draft or Draft(None, {}, [])
        draft.step("NEW", "PLATFORM", reason, self._now.today)
        basis = self._secrets.seal(name, ought.basis)
        draft.fields.update({"id": name, **ought.fields, "basis": basis})
        self.drafts[name] = draft
        self._found.add(name)

    def _id_for(self, ought: Ought) -> str:
        """The id to raise it under: a new one, or that of an alert that may be raised again."""
        first = min(ought.anchors)
        names = (self._secrets.id_of(self.channel.topic, first, turn) for turn in count())
        return next(
            name
            for name in names
            if name not in self.drafts or self.drafts[name].state in ("RETRACTED", "EXPIRED")
        )

    def finished(self) -> Iterator[Alert]:
        """What has changed, what is found no more closed."""
        for name, draft in sorted(self.drafts.items()):
            if draft.state not in CLOSED and name not in self._found:
                self._close(draft, *self._why_gone(draft))
            if (alert := draft.finished(self.channel.model)) is not None:
                yield alert

    def _why_gone(self, draft: Draft) -> tuple[State, str]:
        detector = draft.fields["about"].detector
        stands = self._now.stand(self.channel, detector)
        anchors = self._bases[draft.id].anchors
        recent = [a for a in anchors if self._is_recent(a, detector)]
        if any(anchor.digest not in stands for anchor in recent):
            return "RETRACTED", "EVIDENCE_WITHDRAWN"
        if len(recent) < len(anchors):
            return "EXPIRED", "TOO_OLD"
        return "RETRACTED", "NO_LONGER_FOUND"

    def _is_recent(self, anchor: Anchor, detector: str) -> bool:
        return is_recent(anchor.month, self._now.month, LOOKS_BACK[detector])

    def _close(self, draft: Draft, state: State, reason: str) -> None:
        draft.step(state, "PLATFORM", reason, self._now.today)
        draft.fields.update({"about": None, "basis": ""})

    def unbacked(self) -> int:
        """How many places unbacked hits take."""
        return sum(map(self._takes_a_place, self.drafts.values()))

    def has_a_place_for(self, ought: Ought) -> bool:
        """Whether it would be raised again as an alert whose place is still taken."""
        draft = self.drafts.get(self._id_for(ought))
        return draft is not None and self._takes_a_place(draft)

    def _takes_a_place(self, draft: Draft) -> bool:
        if draft.fields["backed"]:
            return False
        return draft.state not in CLOSED or self._lately(draft)

    def _lately(self, draft: Draft) -> bool:
        raised = max(step.on for step in draft.history if step.state == "NEW")
        return self._now.today - raised < HELD_FOR


def _history(draft: Draft) -> list[Any]:
    return list(draft.before.history) if draft.before else []


def _hold(fresh: Iterable[Ought], books: Mapping[Channel, _Book]) -> tuple[list[Held], set[bytes]]:
    """What is held, and the names of those matters."""
    places = {country: books[channel].unbacked() for country, channel in CONTACTS.items()}
    asking = {
        (ought.matter, ought.channel): ought
        for ought in fresh
        if ought.channel is not ANALYSTS and ought.unbacked
    }
    unbacked = {matter: ought for (matter, _), ought in asking.items()}
    held: list[Held] = []
    kept: set[bytes] = set()
    for matter, ought in sorted(unbacked.items()):
        need = [
            country
            for country in sorted(ought.unbacked)
            if matter not in (book := books[CONTACTS[country]]).told
            and not ((own := asking.get((matter, book.channel))) and book.has_a_place_for(own))
        ]
        full = [country for country in need if places[country] >= OPEN_UNBACKED]
        if full:
            held += (Held(country, ought.detector, matter.hex()) for country in full)
            kept.add(matter)
        else:
            places.update({country: places[country] + 1 for country in need})
    return held, kept


def _surges(now: Now, out: Mapping[str, Alert]) -> Iterator[Alert]:
    quarter = f"{now.today.year}-Q{(now.today.month - 1) // 3 + 1}"
    found = lasting(now.rises, quarter)
    for name in sorted({*out, *found}):
        draft = Draft.of(out[name]) if name in out else Draft(None, {}, [])
        rise = found.get(name)
        if rise is not None:
            if draft.state is None or draft.state in CLOSED:
                reason = "FOUND" if draft.state is None else "FOUND_AGAIN"
                draft.step("NEW", "PLATFORM", reason, now.today)
            draft.fields.update(rise.fields())
        elif draft.state not in CLOSED:
            over = str(draft.fields["expires"]) < quarter
            state: State = "EXPIRED" if over else "RETRACTED"
            draft.step(state, "PLATFORM", "TOO_OLD" if over else "NO_LONGER_FOUND", now.today)
            draft.fields["about"] = None
        if (alert := draft.finished(EVERYBODY.model)) is not None:
            yield alert
