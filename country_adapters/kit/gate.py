"""The k-anonymity gate: how much an authority tells of the facts of a quarter, and which wait.

Pure: facts go in, a node and what each fact tells at it come out; the outbox keeps both. The rules:

1. A quarter that is over is told at the node that is chosen then (``anonymity``), for ever. Whoever
   is in too small a class is told at the top.
2. What comes late joins its class if that is large enough then, or the residue if that is; else it
   waits, two further quarters at most, and then goes out at the top. What was told at the top
   stays there. If a class has shrunk by corrections or withdrawals, the rest of it follows.
3. A correction does not wait, because what it corrects is known to be wrong.
4. An event type with too few persons in all waits likewise. A quarter in which every type has too
   few is undecided until then, and is then told at the top.
5. Events that describe nobody are told at the node as well. In a case with a person of the residue,
   or one that waits, their region is not told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from country_adapters.kit.anonymity import (
    NOBODY,
    Class,
    Count,
    Finest,
    Policy,
    choose,
    divide,
    finest,
    form,
    generalise,
)
from producers.rows import Fact, Told
from schemas.anonymity import PERSONS, TOP, Node
from schemas.case_events import EVENT_TYPES

LONGEST_WAIT = 2
"""Quarters that a fact waits for others after it could have been told."""


@dataclass
class _Cell:
    """A finest class as it is gathered, or those of an event type who are at the top."""

    forms: int = 0
    cases: set[bytes] = field(default_factory=set)


class Gate:
    """The gate of one quarter: it is shown every fact, decides, and says what each may tell.

    Args:
        policy: What is agreed.
        node: The node of the quarter, if it was decided before.
        over: Quarters that have ended after it.
    """

    def __init__(self, policy: Policy, node: Node | None, over: int) -> None:
        self.policy = policy
        self.node = node
        self._over = over
        self._cells: dict[Finest | str, _Cell] = {}
        self._home: dict[tuple[str, bytes], Finest | str] = {}
        self._several: dict[tuple[str, bytes], set[Finest | str]] = {}
        self._forms: dict[tuple[str, ...], int] = {}
        self._small: frozenset[Class] = frozenset()
        self._residue: Mapping[str, Count] = {}
        self._cases: set[bytes] = set()

    def see(self, fact: Fact) -> None:
        """Counts a fact."""
        fields, event_type = fact.fields, fact.fields["event_type"]
        if event_type not in PERSONS:
            return
        key = event_type if fact.top else finest(fields)
        cell = self._cells.setdefault(key, _Cell())
        cell.forms |= self._forms.setdefault(form(fields), 1 << len(self._forms))
        cell.cases.add(fields["case_ref"])
        person = (event_type, fields[EVENT_TYPES[event_type].subject])
        home = self._home.setdefault(person, key)
        if home != key:
            self._several.setdefault(person, {home}).add(key)

    def decide(self) -> Node | None:
        """The node of the quarter, None if it stays undecided."""
        counted = self._counted()
        counts = {key: count for key, count in counted.items() if isinstance(key, Finest)}
        at_top = {key: count for key, count in counted.items() if isinstance(key, str)}
        first = self.node is None
        if self.node is None:
            self.node = choose(counts, self.policy)
        if self.node is None and self._over >= LONGEST_WAIT:
            self.node = TOP
        if self.node is not None:
            parted = divide(counts, self.node, self.policy, at_top, take_along=first)
            self._small, self._residue = parted.small, parted.residue
            for key, cell in self._cells.items():
                if isinstance(key, str) or key.at(self.node) in self._small:
                    self._cases |= cell.cases
        return self.node

    def _counted(self) -> dict[Finest | str, Count]:
        single = Counter(key for person, key in self._home.items() if person not in self._several)
        several = defaultdict(set)
        for person, keys in self._several.items():
            for key in keys:
                several[key].add(person[1])
        return {
            key: Count(single[key], cell.forms, frozenset(several[key]))
            for key, cell in self._cells.items()
        }

    def told(self, fact: Fact) -> Told | None:
        """What may be told of a fact, None if it waits or stays as it is."""
        if self.node is None:
            return None
        fields = fact.fields
        if fields["event_type"] not in PERSONS:
            hidden = fact.top or fields["case_ref"] in self._cases
            node = self.node._replace(region=TOP.region) if hidden else self.node
            return Told(generalise(fields, node), top=hidden)
        if not fact.top and finest(fields).at(self.node) not in self._small:
            return Told(generalise(fields, self.node), top=False)
        if self._waits(fact):
            return None
        return Told(generalise(fields, TOP), top=True)

    def _waits(self, fact: Fact) -> bool:
        """Whether a fact that is to be told at the top waits for others."""
        residue = self._residue.get(fact.fields["event_type"], NOBODY)
        settled = fact.top or fact.published or fact.waited >= LONGEST_WAIT
        return not settled and not self.policy.large(residue)
