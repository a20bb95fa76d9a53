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

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

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
_REF = 16


Key = Finest | str
"""A finest class, or the event type of those who are at the top."""


class _Cell:
    """A finest class as it is gathered: its forms, and its cases one after the other."""

    def __init__(self) -> None:
        self.forms = 0
        self._cases = bytearray()

    def add(self, form_bit: int, case: bytes) -> None:
        self.forms |= form_bit
        self._cases += case

    def cases(self) -> Iterator[bytes]:
        for start in range(0, len(self._cases), _REF):
            yield bytes(self._cases[start : start + _REF])


class Gate:
    """The gate of one quarter: it is shown every fact, decides, and says what each may tell.

    It holds some hundred bytes for each person, so that a quarter may be large.

    Args:
        policy: What is agreed.
        node: The node of the quarter, if it was decided before.
        over: Quarters that have ended after it.
    """

    def __init__(self, policy: Policy, node: Node | None, over: int) -> None:
        self.policy = policy
        self.node = node
        self._over = over
        self._cells: dict[Key, _Cell] = {}
        self._keys: dict[Key, Key] = {}
        self._homes: dict[str, dict[bytes, Key]] = {name: {} for name in PERSONS}
        self._elsewhere: dict[str, list[tuple[bytes, Key]]] = {name: [] for name in PERSONS}
        self._forms: dict[tuple[str, ...], int] = {}
        self._small: frozenset[Class] = frozenset()
        self._residue: Mapping[str, Count] = {}
        self._cases: set[bytes] = set()

    def see(self, fact: Fact) -> None:
        """Counts a fact."""
        fields, event_type = fact.fields, fact.fields["event_type"]
        if event_type not in PERSONS:
            return
        found: Key = event_type if fact.top else finest(fields)
        key = self._keys.setdefault(found, found)
        cell = self._cells.setdefault(key, _Cell())
        cell.add(self._forms.setdefault(form(fields), 1 << len(self._forms)), fields["case_ref"])
        person = fields[EVENT_TYPES[event_type].subject]
        if self._homes[event_type].setdefault(person, key) is not key:
            self._elsewhere[event_type].append((person, key))

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
                    self._cases.update(cell.cases())
        return self.node

    def _counted(self) -> dict[Key, Count]:
        single: Counter[Key] = Counter()
        several: dict[Key, set[bytes]] = {key: set() for key in self._cells}
        for event_type, homes in self._homes.items():
            away = self._elsewhere[event_type]
            moving = {person for person, _ in away}
            single.update(key for person, key in homes.items() if person not in moving)
            for person, key in chain(away, ((person, homes[person]) for person in moving)):
                several[key].add(person)
        return {
            key: Count(single[key], cell.forms).plus(Count(several=frozenset(several[key])))
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
