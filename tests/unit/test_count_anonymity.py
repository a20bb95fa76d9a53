"""The platform's own count of k and l, and what is said where it is not as attested or agreed.

Persons of the tables are written ``sex age form`` and a number of them; all are identified victims
of one quarter, told at a node where only sex and age are told finer than nothing.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.anonymity import verdict_of
from deploy.doctor.anonymity import ADVICE, judge
from deploy.doctor.findings import State
from deploy.quarters import LEVELS, in_words
from processors.intake.anonymity import Counted, Finding, Verdict, compare, count
from processors.intake.attested import Kept
from processors.intake.records import subject_key
from schemas.anonymity import HEIGHTS, TOP, Node, nodes
from schemas.trust import Anonymity
from tests.samples import TUNISIA, Fields, ref
from tests.told import an_event_at, attested
from tests.world import a_world

NODE = Node(sex=0, age=0, citizenship=3, route=3, region=2, period=1)
MONTHLY = NODE._replace(period=0)
QUARTER = (TUNISIA, "2023-Q2")


def persons(
    number: int, sex: str = "F", form: str = "BEG", *, node: Node = NODE, **more: Any
) -> list[Fields]:
    """So many victims of whom the same is told."""
    return [
        an_event_at(
            node,
            sex=sex,
            exploitation=form.split(),
            victim_ref=ref(f"{sex} {form} {node} {more} {n}"),
            fact_ref=ref(f"fact {sex} {form} {node} {more} {n}"),
            **more,
        )
        for n in range(number)
    ]


def hidden(number: int, form: str = "BEG", **more: Any) -> list[Fields]:
    """So many victims of whom nothing is told."""
    return persons(number, form=form, node=TOP, **more)


def told(k: int, l: int, suppressed: int = 0) -> Counted:  # noqa: E741
    """A count of a quarter in which something is told of somebody."""
    return Counted(k, l, suppressed, hidden=False)


def subjects(events: list[Fields]) -> list[tuple[bytes, list[Fields]]]:
    found: dict[bytes, list[Fields]] = {}
    for event in events:
        found.setdefault(subject_key(event), []).append(event)
    return list(found.items())


SUSPECT = "justice.person_stage"


def suspects(number: int, sex: str = "M", **more: Any) -> list[Fields]:
    return [
        an_event_at(
            NODE, SUSPECT, sex=sex, suspect_ref=ref(f"{sex}{n}"), fact_ref=ref(f"{n}"), **more
        )
        for n in range(number)
    ]


COUNTS: list[tuple[str, list[Fields], Counted]] = [
    ("one class", persons(3) + persons(2, form="SEX"), told(5, 2)),
    ("the smallest class", persons(7) + persons(2, "M"), told(2, 1)),
    (
        "the class with the fewest forms need not be the smallest",
        persons(9) + persons(1, "M") + persons(1, "M", "SEX"),
        told(2, 1),
    ),
    (
        "two forms at once are a set of their own, in whatever order",
        persons(1) + persons(1, form="SEX BEG") + persons(1, form="BEG SEX"),
        told(3, 2),
    ),
    ("those of whom nothing is told are left out", persons(6) + hidden(2), told(6, 1, 2)),
    ("unless there are no others", hidden(2) + hidden(1, "SEX"), Counted(3, 2, 0, hidden=True)),
    (
        "a sub-region alone is something that is told",
        persons(6) + hidden(1) + persons(2, node=TOP._replace(route=2), citizenship="_U"),
        told(2, 1, 1),
    ),
    ("a month is a class of its own",
        persons(2, node=MONTHLY) + persons(3, node=MONTHLY, period="2023-04"), told(2, 1)),
    ("months that are hidden are one", persons(2) + persons(3, period="2023-04"),
        told(5, 1)),
    ("what is said to be hidden tells apart who had something to hide",
        persons(3) + persons(2, but={"suppressed_fields": ["period", "region"]}), told(2, 1)),
    ("what was withdrawn", persons(5) + persons(1, "M", validation="WITHDRAWN"),
        told(5, 1)),
    ("one person twice in a class",
        [*persons(1), {**persons(1)[0], "fact_ref": ref("again")}], told(1, 1)),
    ("suspects of one stage and offence", suspects(4), told(4, 1)),
    ("suspects of two stages", suspects(2) + suspects(3, "F")
        + suspects(1, stage="CONV1") + suspects(1, "F", stage="CONV1"), told(2, 2)),
    ("each type for itself", persons(5) + suspects(3), told(3, 1)),
    ("reports hold no persons", [an_event_at(NODE, "report.received")], Counted()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "expected"), [c[1:] for c in COUNTS], ids=[c[0] for c in COUNTS]
)
def test_what_is_counted(events: list[Fields], expected: Counted) -> None:
    assert count(subjects(events)).get(QUARTER, Counted()) == expected


def test_quarters_and_authorities_are_counted_each_for_itself() -> None:
    events = persons(3) + persons(2, period="2023-07") + persons(1, producer="tn.other")
    assert {quarter: counted.k for quarter, counted in count(subjects(events)).items()} == {
        QUARTER: 3,
        (TUNISIA, "2023-Q3"): 2,
        ("tn.other", "2023-Q2"): 1,
    }


def test_the_count_knows_nothing_of_gate_and_ladders() -> None:
    """Whoever wrote the gate may have misread a rule; a count that shares it would agree."""
    script = (
        "import sys, processors.intake.anonymity as a;"
        "print(sorted(vars(a).keys() & {'ladder', 'conforms', 'GATED', 'told_too_fine'}));"
        "print([m for m in sys.modules if m.startswith(('country_adapters', 'producers'))])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.split("\n") == ["[]", "[]", ""]


GROUPS = st.dictionaries(
    st.tuples(st.sampled_from("FM"), st.sampled_from(["BEG", "SEX", "LAB_DOM"])), st.integers(1, 4)
)


@settings(max_examples=60, deadline=None)
@given(GROUPS)
def test_a_coarser_node_never_makes_a_class_smaller(groups: dict[tuple[str, str], int]) -> None:
    def at(node: Node) -> Counted:
        found = [persons(n, sex, form, node=node) for (sex, form), n in groups.items()]
        return count(subjects([*chain(*found)])).get(QUARTER, Counted())

    fine, coarse = at(NODE), at(NODE._replace(sex=1))
    assert coarse.k >= fine.k
    assert (coarse.l or 0) >= (fine.l or 0)


# --- Verdicts ------------------------------------------------------------------------------------

AGREED = Anonymity(k=5, l=2)
SOUND = told(5, 2, 3)


def kept(k: int = 5, l: int = 2, *, finer: bool = False) -> Kept:  # noqa: E741
    return Kept(attested(NODE, k=k, l=l), 0, finer)


VERDICTS: list[tuple[str, Anonymity | None, Kept | None, Counted, str]] = [
    ("as it should be", AGREED, kept(), SOUND, "as attested"),
    ("more than attested", AGREED, kept(), told(9, 4), "as attested"),
    ("nobody is left", AGREED, kept(), Counted(), "as attested"),
    ("nothing is told of anyone", AGREED, kept(2, 1), Counted(2, 1, 0, hidden=True), "as attested"),
    ("k shrank", AGREED, kept(9), told(7, 2), "smaller than attested (k by 2)"),
    ("l shrank", AGREED, kept(9, 4), told(9, 3), "smaller than attested (l by 1)"),
    ("both below what is agreed", AGREED, kept(), told(3, 1),
        "less than agreed; smaller than attested (k by 2, l by 1)"),
    ("attested less than agreed", AGREED, kept(3), told(3, 2), "less than agreed"),
    ("too few forms", AGREED, kept(5, 1), told(5, 1), "less than agreed"),
    ("finer than before", AGREED, kept(finer=True), SOUND, "finer than before"),
    ("attested by nobody", AGREED, None, SOUND, "not attested"),
    ("attested by nobody, and few", AGREED, None, told(1, 1),
        "not attested; less than agreed"),
    ("agreed on nothing, attests", None, kept(), told(1, 2),
        "smaller than attested (k by 4)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "said", "counted", "verdict"),
    [v[1:] for v in VERDICTS],
    ids=[v[0] for v in VERDICTS],
)
def test_what_the_numbers_come_to(
    agreed: Anonymity | None, said: Kept | None, counted: Counted, verdict: str
) -> None:
    finding = Finding(*QUARTER, agreed, said, counted)
    assert verdict_of(finding) == verdict
    assert bool(finding.verdicts) == (verdict != "as attested")


def test_compared_is_what_is_attested_or_was_to_be() -> None:
    counted = {QUARTER: SOUND, ("ma.cnclt", "2023-Q2"): SOUND}
    trust = a_world().agreed().trust
    assert [(f.authority, f.window) for f in compare(counted, {}, trust)] == [QUARTER]
    attests = {("ma.cnclt", "2023-Q4"): kept()}
    found = compare(counted, attests, trust)
    assert [(f.authority, f.window) for f in found] == [("ma.cnclt", "2023-Q4"), QUARTER]
    assert found[0].counted == Counted()


# --- Told ----------------------------------------------------------------------------------------


def test_every_level_has_a_word_and_the_top_tells_the_quarter_only() -> None:
    assert {name: len(words) - 1 for name, words in LEVELS.items()} == HEIGHTS._asdict()
    assert in_words(TOP) == "quarter"
    assert len({in_words(node) for node in nodes()}) == len(list(nodes()))


@pytest.mark.parametrize("verdict", Verdict)
def test_the_doctor_says_what_to_do_about_every_verdict(verdict: Verdict) -> None:
    shown = {v[4].partition(" (")[0]: Finding(*QUARTER, *v[1:4]) for v in VERDICTS}
    (found,) = judge([shown[verdict]])
    assert found.state is (State.FAIL if verdict is Verdict.LESS_THAN_AGREED else State.WARN)
    assert found.subject == "tn.inltp 2023-Q2"
    assert found.advice == ADVICE[verdict]


def test_the_doctor_counts_the_quarters_that_are_well() -> None:
    (found,) = judge([Finding(*QUARTER, AGREED, kept(), SOUND)] * 3)
    assert (found.state, found.what) == (State.OK, "3 quarters are as attested")
    assert list(judge([])) == []
