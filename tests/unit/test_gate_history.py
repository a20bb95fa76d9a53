"""For any history of a register, what stands published is k-anonymous and nothing is lost.

The count is made from the events that left, by other code than the gate's and the outbox's.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from producers.outbox import Outbox
from schemas.anonymity import FIELDS, TOP, Attestation, Node, conforms, quarters
from tests.persons import Q1, Published, node_of, person, person_fact, quarter, sealed, settle
from tests.register import draft, open_outbox, row

Fields = dict[str, Any]
Says = tuple[str, str, str, str, str, bool]
"""What the register says of a person: type, sex, age, form, month, and whether with a report."""

PERSON = st.tuples(
    st.sampled_from(["victim.identified", "victim.identified", "victim.presumed"]),
    st.sampled_from(["F", "M"]),
    st.sampled_from(["Y18T29", "Y9T17"]),
    st.sampled_from(["LAB_DOM", "SEX"]),
    st.sampled_from(["2023-01", "2023-02", "2023-05"]),
    st.booleans(),
)
STEP = st.one_of(
    st.tuples(
        st.just("state"), st.dictionaries(st.integers(0, 29), PERSON, min_size=1, max_size=25)
    ),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 29), min_size=1, max_size=8)),
    st.tuples(st.sampled_from(["pass", "seal", "restart"]), st.none()),
)


def rows_of(number: int, says: Says | None) -> Any:
    if says is None:
        return row(str(number))
    event_type, sex, age, form, month, reported = says
    changes = {"sex": sex, "age_band": age, "exploitation": [form], "period": month}
    if not reported:
        return person(str(number), event_type, **changes)
    fact = person_fact(str(number), event_type, **changes)
    case, place = fact.fields["case_ref"], {"region": "TN-11", "region_level": "L1"}
    return row(str(number), fact, draft(f"r{number}", period=month, case_ref=case, **place))


class History:
    """A register, its outbox, and all that left."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "outbox.sqlite"
        self.register: dict[int, Says] = {}
        self.outbox = self.open()
        self.now = Q1
        self.published = Published()
        self.attested: dict[str, Attestation] = {}
        self.nodes: dict[str, Node] = {}

    def open(self) -> Outbox:
        return open_outbox(self.path)

    def state(self, says: dict[int, Says]) -> None:
        self.register |= says
        self._run([rows_of(number, said) for number, said in says.items()])

    def remove(self, numbers: set[int]) -> None:
        for number in numbers:
            self.register.pop(number, None)
        self._run([rows_of(number, None) for number in numbers])

    def restart(self, _: None) -> None:
        self.outbox.close()
        self.outbox = self.open()

    def seal(self, _: None) -> None:
        for events, attested in sealed(self.outbox):
            self.published.take(events)
            self.attested |= {a.window: a for a in attested}

    def _run(self, rows: list[Any]) -> None:
        self.outbox.record("victims", rows, "1", now=self.now)
        settle(self.outbox, self.now)
        for q in self.outbox.quarters():
            if q.node is not None:
                assert self.nodes.setdefault(q.window, q.node) == q.node, "decided once"

    def after(self) -> None:
        """A quarter passes."""
        year, number = divmod(quarters(self.now) + 1, 4)
        self.now = f"{year}-Q{number + 1}"
        self._run([])

    def run(self, steps: list[tuple[str, Any]]) -> None:
        for what, argument in steps:
            if what == "pass":
                self.after()
            else:
                getattr(self, what)(argument)
        self.seal(None)


BOTH = ["LAB_DOM", "SEX"]


def alike(first: int, number: int, *, sex: str = "F", age: str = "Y18T29") -> dict[int, Says]:
    return {
        n: ("victim.identified", sex, age, BOTH[n % 2], "2023-01", True)
        for n in range(first, first + number)
    }


MANY = [("state", alike(0, 6)), ("state", alike(6, 6, sex="M")), ("pass", None), ("seal", None)]


def after_any_history(
    check: Any,
) -> Any:
    """Runs a check at the end of histories that Hypothesis invents, and of some that went wrong."""

    @settings(max_examples=60, deadline=None)
    @given(st.lists(STEP, max_size=10))
    @example([*MANY, ("remove", {0, 1}), ("state", alike(20, 6))])
    @example([*MANY, ("state", alike(20, 3, age="Y9T17")), ("pass", None), ("pass", None)])
    @example([*MANY, ("state", alike(0, 2, age="Y9T17")), ("state", alike(0, 2))])
    def checked(steps: list[tuple[str, Any]]) -> None:
        with TemporaryDirectory() as folder:
            history = History(Path(folder))
            history.run(steps)
            check(history)
            history.outbox.close()

    return checked


@after_any_history
def test_no_class_that_stands_is_small(history: History) -> None:
    for window in history.nodes:
        for members in history.published.classes(window).values():
            assert len({event["victim_ref"] for event in members}) >= 5
            assert len({str(event["exploitation"]) for event in members}) >= 2


@after_any_history
def test_everything_conforms_to_the_node_of_its_quarter(history: History) -> None:
    for told in history.published.before.values():
        for event in told:
            assert conforms(event, history.nodes[quarter(event)])


@after_any_history
def test_nothing_is_lost(history: History) -> None:
    """What is published and what waits is what the register says."""
    standing = len(history.published.standing)
    waiting = sum(q.waiting for q in history.outbox.quarters())
    said = sum(1 + reported for *_, reported in history.register.values())
    assert standing + waiting == said
    assert standing == sum(q.published for q in history.outbox.quarters())
    for _ in range(4):
        history.after()
    history.seal(None)
    assert len(history.published.standing) == said, "nothing waits for ever"


@after_any_history
def test_what_was_told_coarser_is_never_told_finer(history: History) -> None:
    """A fact that was told at the top in its quarter is told there ever after."""
    for told in history.published.before.values():
        for earlier, later in pairwise(told):
            if quarter(earlier) == quarter(later) and earlier["event_type"] == later["event_type"]:
                assert conforms(later, TOP) or not conforms(earlier, TOP)


@after_any_history
def test_what_is_attested_is_what_stands(history: History) -> None:
    """At the end all is sealed, so the newest attestation of a quarter is of what stands now."""
    for window, attested in history.attested.items():
        assert attested.node == node_of(history.outbox, window)
        classes = history.published.classes(window)
        if classes:
            assert attested.k == min(len({e["victim_ref"] for e in c}) for c in classes.values())
            assert attested.l == min(
                len({str(e["exploitation"]) for e in c}) for c in classes.values()
            )
            at_top = [
                event["victim_ref"]
                for event in history.published.standing.values()
                if quarter(event) == window
                and event["event_type"].startswith("victim.")
                and conforms(event, TOP)
            ]
            assert attested.suppressed == (
                0 if attested.node == TOP else 5 * round(len(at_top) / 5)
            )


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(0, 99), PERSON, min_size=5, max_size=100))
def test_at_most_one_in_twenty_is_told_at_the_top(says: dict[int, Says]) -> None:
    """When a quarter is told first, and if its node is not the top."""
    with TemporaryDirectory() as folder:
        history = History(Path(folder))
        history.run([("state", says), *[("pass", None)] * 2])
        persons = [
            e for e in history.published.standing.values() if "sex" in FIELDS[e["event_type"]]
        ]
        for window, node in history.nodes.items():
            mine = [event for event in persons if quarter(event) == window]
            top = sum(conforms(event, TOP) for event in mine)
            assert node == TOP or 20 * top <= len(mine)
        history.outbox.close()
