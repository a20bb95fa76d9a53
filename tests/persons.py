"""Persons of a quarter: facts under the gate, told through an outbox as a run tells them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from country_adapters.kit.anonymity import Policy
from country_adapters.kit.gate import Gate
from producers.outbox import Outbox
from producers.rows import Draft, MappedRow, Recorded
from schemas.anonymity import FIELDS, PERSONS, TOP, Attestation, Node, conforms
from schemas.codec import decode
from schemas.envelope import Place, Sealed
from tests.register import draft, row
from tests.samples import ref

Fields = dict[str, Any]
Q1, Q2, Q3, Q4 = (f"2023-Q{n}" for n in (1, 2, 3, 4))
POLICY = Policy()


def person(name: str, event_type: str = "victim.identified", **changes: Any) -> MappedRow:
    """A row about a person, in a case of its own, of February 2023."""
    return row(name, person_fact(name, event_type, **changes))


def person_fact(name: str, event_type: str = "victim.identified", **changes: Any) -> Draft:
    refs = {"case_ref": ref(f"case {name}")}
    if event_type in ("victim.identified", "victim.presumed"):
        refs["victim_ref"] = ref(f"person {name}")
    if event_type == "justice.person_stage":
        refs["suspect_ref"] = ref(f"person {name}")
    return draft(name, event_type, **{"period": "2023-02", **refs, **changes})


def people(prefix: str, number: int, **changes: Any) -> list[MappedRow]:
    """So many persons who are alike, of two forms."""
    forms = [["LAB_DOM"], ["SEX"]]
    return [
        person(f"{prefix}{n}", **{"exploitation": forms[n % 2], **changes}) for n in range(number)
    ]


def state(outbox: Outbox, rows: Iterable[MappedRow], now: str) -> Recorded:
    """Records rows and settles what is over, as a run does."""
    recorded = outbox.record("victims", list(rows), "1", now=now)
    settle(outbox, now)
    return recorded


def settle(outbox: Outbox, now: str, policy: Policy = POLICY) -> None:
    for window in outbox.to_settle(now):
        outbox.settle(window, now, partial(Gate, policy))


def sealed(outbox: Outbox, most: int = 1_000) -> list[tuple[list[Fields], list[Attestation]]]:
    """What leaves, batch by batch, with what is attested."""
    batches: list[tuple[list[Fields], list[Attestation]]] = []

    def seal(events: Sequence[bytes], place: Place, attested: Sequence[Attestation]) -> Sealed:
        told = [decode(event) for event in events]
        batches.append(([{**e.fields, "event_type": e.subject} for e in told], list(attested)))
        return Sealed(b"", place.sequence.to_bytes(32, "big"))

    while outbox.seal_next(0, seal, even_empty=False, most=most):
        pass
    return batches


def leaving(outbox: Outbox) -> list[Fields]:
    """The events that leave next."""
    return [event for events, _ in sealed(outbox) for event in events]


def node_of(outbox: Outbox, window: str) -> Node | None:
    return next((q.node for q in outbox.quarters() if q.window == window), None)


# --- Another count --------------------------------------------------------------------------------


class Published:
    """What stands of what was published, counted from the events alone."""

    def __init__(self) -> None:
        self.standing: dict[bytes, Fields] = {}
        self.before: defaultdict[bytes, list[Fields]] = defaultdict(list)

    def take(self, events: Iterable[Fields]) -> None:
        for event in events:
            self.before[event["fact_ref"]].append(event)
            if event["validation"] == "WITHDRAWN":
                self.standing.pop(event["fact_ref"], None)
            else:
                self.standing[event["fact_ref"]] = event

    def classes(self, window: str) -> dict[tuple[str, ...], list[Fields]]:
        """The persons of a quarter by all that is told of them, those at the top left out."""
        found: defaultdict[tuple[str, ...], list[Fields]] = defaultdict(list)
        for event in self.standing.values():
            if event["event_type"] in PERSONS and quarter(event) == window:
                fields = FIELDS[event["event_type"]]
                hidden = str(sorted(event["suppressed_fields"]))
                said = (*(repr(event[name]) for name in fields), event["period"], hidden)
                if not conforms(event, TOP):
                    found[(event["event_type"], *said)].append(event)
        return found


def quarter(event: Fields) -> str:
    return f"{event['period'][:4]}-Q{(int(event['period'][5:]) - 1) // 3 + 1}"
