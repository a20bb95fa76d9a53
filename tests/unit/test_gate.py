"""The gate itself: telling at a node, choosing one, and what the declaration may say of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from country_adapters.kit.anonymity import Count, Policy, choose, divide, finest, form, generalise
from country_adapters.kit.errors import DeclarationInvalid
from country_adapters.kit.register import load_register
from schemas.anonymity import BOTTOM, FIELDS, HEIGHTS, PERSONS, TOP, Node, conforms, nodes
from schemas.case_events import validate
from tests.samples import an_event
from tests.unit.small_register import REGISTER, declare

Fields = dict[str, Any]
ANY_NODE = st.sampled_from(list(nodes()))

# --- Telling at a node ---------------------------------------------------------------------------


@given(st.sampled_from(sorted(FIELDS)), ANY_NODE)
def test_what_is_told_at_a_node_conforms_to_it_and_to_the_contract(
    event_type: str, node: Node
) -> None:
    told = generalise(an_event(event_type), node)
    assert conforms(told, node)
    validate(told)


@given(st.sampled_from(sorted(FIELDS)), ANY_NODE, ANY_NODE)
def test_telling_twice_is_telling_at_the_coarser_levels(
    event_type: str, one: Node, other: Node
) -> None:
    event = an_event(event_type)
    both = Node(*map(max, one, other))
    told = generalise(generalise(event, one), other)
    once = generalise(event, both)
    hidden = "suppressed_fields"
    assert sorted(told.pop(hidden)) == sorted(once.pop(hidden))
    assert told == once


def test_what_was_made_coarser_is_named() -> None:
    event = {**an_event("victim.identified"), "suppressed_fields": ["recruit_channel"]}
    told = generalise(event, BOTTOM._replace(citizenship=2, route=2, period=1))
    assert told["suppressed_fields"] == [
        *("recruit_channel", "citizenship", "country_of_recruitment"),
        *("country_of_exploitation", "transit_countries", "period"),
    ]
    assert (told["citizenship"], told["citizenship_level"]) == ("FOREIGN", "NATFOR")
    assert (told["period"], told["sex"], told["region"]) == ("2023-06", "F", "TN-R1")


def test_what_is_hidden_does_not_tell_whether_there_was_anything_to_hide() -> None:
    nothing = {**an_event("victim.identified"), **NOTHING, "region_level": "NATIONAL"}
    for node in (TOP, BOTTOM._replace(citizenship=1, route=1)):
        known, unknown = generalise(an_event("victim.identified"), node), generalise(nothing, node)
        assert known["suppressed_fields"] == unknown["suppressed_fields"]


def test_the_last_month_of_a_quarter_does_not_pass_for_itself() -> None:
    event = {**an_event("report.received"), "period": "2023-06"}
    assert generalise(event, TOP)["suppressed_fields"] == ["region", "period"]


def test_at_the_bottom_an_event_is_as_it_was() -> None:
    for event_type in FIELDS:
        assert generalise(an_event(event_type), BOTTOM) == an_event(event_type)


# --- Choosing a node -----------------------------------------------------------------------------

FORMS = [["LAB_DOM"], ["SEX"]]
ALIKE = {"sex": "F", "period": "2023-02"}


def crowd(*groups: tuple[int, Fields]) -> list[Fields]:
    """Groups of persons who are alike within each, of two forms."""
    return [
        {**an_event("victim.identified"), "exploitation": FORMS[n % 2], **ALIKE, **changes}
        for number, changes in groups
        for n in range(number)
    ]


def counts(events: list[Fields]) -> dict[Any, Count]:
    bits: dict[Any, int] = {}
    found: dict[Any, Count] = defaultdict(Count)
    for event in events:
        bit = bits.setdefault(form(event), 1 << len(bits))
        found[finest(event)] = found[finest(event)].plus(Count(1, bit))
    return found


M, MARCH, CHILD = {"sex": "M"}, {"period": "2023-03"}, {"age_band": "Y9T17"}
NOTHING: Fields = dict.fromkeys(("sex", "age_band", "citizenship", "region"), "_U")
NOTHING |= {"country_of_recruitment": "_U", "country_of_exploitation": "_U"}
NOTHING |= {"transit_countries": []}
NORTH, SOUTH = ({"region": r, "region_level": "L1"} for r in ("TN-11", "TN-12"))
GHANA, FRANCE = ({"citizenship": c} for c in ("GHA", "FRA"))
FROM_GHANA = {"country_of_recruitment": "GHA"}


@pytest.mark.parametrize(
    ("events", "node"),
    [
        (crowd((5, {})), BOTTOM),
        (crowd((5, {}), (5, M)), BOTTOM),
        (crowd((5, {}), (3, M)), BOTTOM._replace(sex=1)),
        (crowd((5, {}), (4, MARCH)), BOTTOM._replace(period=1)),
        (crowd((5, {}), (3, GHANA)), BOTTOM._replace(citizenship=1)),
        (crowd((5, {}), (3, FRANCE)), BOTTOM._replace(citizenship=2)),
        (crowd((5, {}), (3, FROM_GHANA)), BOTTOM._replace(route=1)),
        (crowd((3, NORTH), (3, SOUTH)), BOTTOM._replace(region=1)),
        # At most 5 % are told at the top: 5 of 100, who are a class of their own there.
        (crowd((60, {}), (35, M), (3, {**M, **CHILD}), (2, CHILD)), BOTTOM),
        (crowd((59, {}), (35, M), (3, {**M, **CHILD}), (3, CHILD)), BOTTOM._replace(age=2)),
        # Fewer than k may not stand alone at the top: the smallest class goes along.
        (crowd((195, {}), (6, M), (4, CHILD)), BOTTOM),
        (crowd((100, {}), (6, M), (4, CHILD)), BOTTOM._replace(age=2)),
        # Those of whom nothing is known stand at the top without being suppressed.
        (crowd((92, {}), (4, MARCH), (3, {**M, **CHILD}), (3, NOTHING)), BOTTOM._replace(period=1)),
        # All of one form: known of one, known of all.
        (crowd((6, {}), (6, {**M, "exploitation": ["SEX"]})), BOTTOM._replace(sex=1)),
        (crowd((4, {})), None),
        (crowd((20, {"exploitation": ["SEX"]})), None),
        ([], None),
    ],
)
def test_the_node_of_smallest_loss_is_chosen(events: list[Fields], node: Node | None) -> None:
    assert choose(counts(events), Policy()) == node


@pytest.mark.parametrize(
    ("events", "policy", "node"),
    [
        # Month before sex, region before sex.
        (crowd((3, {}), (2, MARCH), (3, {**M, **MARCH}), (2, M)), {}, {"period": 1}),
        (
            crowd((4, NORTH), (4, SOUTH), (3, {**NORTH, **M}), (3, {**SOUTH, **M})),
            {"k": 6},
            {"region": 1},
        ),
        (
            crowd((3, {}), (2, MARCH), (3, {**M, **MARCH}), (2, M)),
            {"weights": {"period": 9}},
            {"sex": 1},
        ),
        (crowd((5, {}), (3, {**M, **MARCH})), {}, {"sex": 1, "period": 1}),
    ],
)
def test_what_counts_less_is_given_up_first(
    events: list[Fields], policy: Fields, node: dict[str, int]
) -> None:
    assert choose(counts(events), Policy.model_validate(policy)) == BOTTOM._replace(**node)


def test_whoever_tells_nothing_anyway_is_company_at_the_top() -> None:
    events = crowd((100, {}), (3, {**M, **CHILD}), (6, NOTHING), (6, M))
    parted = divide(counts(events), BOTTOM._replace(period=1), Policy(), {}, take_along=True)
    assert (parted.suppressed, parted.residue["victim.identified"].persons) == (3, 9)


def test_a_type_with_too_few_has_no_say() -> None:
    suspects = [an_event("justice.person_stage")] * 2
    assert choose(counts([*crowd((5, {})), *suspects]), Policy()) == BOTTOM


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(PERSONS),
        st.sampled_from(["F", "M"]),
        st.sampled_from(["CIV", "GHA", "FRA", "TUN"]),
        st.sampled_from(["TN-11", "TN-12", "TN-51"]),
        st.sampled_from(["2023-01", "2023-03"]),
        st.sampled_from(FORMS),
    ),
    max_size=60,
)


def events_of(people: list[tuple[Any, ...]]) -> list[Fields]:
    events = []
    for event_type, sex, citizenship, region, period, exploitation in people:
        event = an_event(event_type)
        level = {"region_level": "L1", "citizenship_level": "ISO3"}
        event |= {"sex": sex, "citizenship": citizenship, "region": region, "period": period}
        event |= {**level, "stage": "SUSPECT" if exploitation == ["SEX"] else "PROSEC"}
        if "exploitation" in event:
            event["exploitation"] = exploitation
        events.append(event)
    return events


def suppressed(events: list[Fields], node: Node) -> int:
    """Counted by telling every event: who must be told at the top so that all classes are large."""
    top = {id(e): str(generalise(e, TOP) | DROPPED) for e in events}
    classes: defaultdict[tuple[str, str], list[Fields]] = defaultdict(list)
    for event in events:
        classes[event["event_type"], str(generalise(event, node) | DROPPED)].append(event)
    lost = 0
    for event_type in PERSONS:
        mine = sorted(
            (members for (of, _), members in classes.items() if of == event_type),
            key=lambda members: (len(members), repr(finest(members[0]).at(node))),
        )
        blank = [m for m in mine if str(generalise(m[0], node) | DROPPED) == top[id(m[0])]]
        small = [m for m in mine if m not in blank and not large(m)]
        residue = [e for members in (*small, *blank) for e in members]
        rest = [m for m in mine if m not in blank and m not in small]
        residue += [e for m in blank if m not in small for e in m if e not in residue]
        while residue and not large(residue) and rest:
            small.append(rest.pop(0))
            residue += small[-1]
        lost += sum(map(len, small))
    return lost


DROPPED = dict.fromkeys(("exploitation", "stage", "offence_basis", "suppressed_fields"))


def large(members: list[Fields]) -> bool:
    return len(members) >= 5 and len({str(form(e)) for e in members}) >= 2


def loss(node: Node) -> float:
    return sum(w * n / h for w, n, h in zip((3, 3, 2, 2, 1, 2), node, HEIGHTS, strict=True))


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_no_finer_node_would_have_done(people: list[tuple[Any, ...]]) -> None:
    """Against all nodes, each tried by telling every event."""
    events = events_of(people)
    by_type = {t: [e for e in events if e["event_type"] == t] for t in PERSONS}
    counted = [e for of in by_type.values() if large(of) for e in of]
    every = (Node(*levels) for levels in product(*(range(h + 1) for h in HEIGHTS)))
    good = [n for n in every if n == TOP or suppressed(counted, n) * 100 <= 5 * len(counted)]
    due = min(good, key=lambda node: (round(loss(node), 9), node)) if counted else None
    assert choose(counts(events), Policy()) == due


# --- Declared -------------------------------------------------------------------------------------


def test_a_register_may_be_stricter_than_agreed(tmp_path: Path) -> None:
    declared = "anonymity: {k: 11, l: 3, most_suppressed_percent: 2, weights: {region: 9}}\n"
    policy = load_register(declare(tmp_path, declared + REGISTER)).declaration.anonymity
    assert (policy.k, policy.l, policy.most_suppressed_percent) == (11, 3, 2)
    assert (policy.weights.region, policy.weights.route) == (9, 2)


@pytest.mark.parametrize(
    "said", ["{k: 4}", "{l: 1}", "{most_suppressed_percent: 6}", "{weights: {sex: 0}}", "{off: y}"]
)
def test_but_not_laxer(tmp_path: Path, said: str) -> None:
    with pytest.raises(DeclarationInvalid):
        load_register(declare(tmp_path, f"anonymity: {said}\n{REGISTER}"))


def test_by_default_it_is_as_agreed() -> None:
    assert Policy() == Policy(k=5, l=2, most_suppressed_percent=5)
    assert Counter(Policy().weights.model_dump()) == Counter(
        sex=3, age=3, citizenship=2, route=2, period=2, region=1
    )
